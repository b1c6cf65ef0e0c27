"""A real Dovecot for tests: IMAP with and without TLS, LMTP, passwords and OAuth2 bearer tokens.

It runs in a folder and on loopback ports of its own, as root or not. Bearer tokens are checked by
introspection (RFC 7662) against a small token server, which also gives them out.
"""

import contextlib
import getpass
import json
import os
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from imapclient import IMAPClient

from services.console.ports import free_port

START_TIMEOUT_S = 15.0
PASSWORD = "löse/n ord"
_MODULES = Path("/usr/lib/dovecot")


class TokenServer:
    """Gives out tokens for client credentials, and tells Dovecot whom they are for."""

    def __init__(self) -> None:
        self.client_id, self.client_secret = "intake", secrets.token_hex(8)
        self.user = ""
        self.lifetime_s = 3600.0
        self.refuses = False
        self.given: list[str] = []
        self._good_until: dict[str, float] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                fields = {name: values[0] for name, values in parse_qs(body).items()}
                status, answer = server._answer(self.path, fields)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, path: str, fields: dict[str, str]) -> tuple[int, dict[str, object]]:
        if path == "/introspect":
            good = time.monotonic() < self._good_until.get(fields.get("token", ""), 0)
            return 200, {"active": good, "username": self.user}
        right = (fields.get("client_id"), fields.get("client_secret"), fields.get("grant_type"))
        if self.refuses or right != (self.client_id, self.client_secret, "client_credentials"):
            return 401, {"error": "invalid_client", "error_description": "The secret is too old."}
        token = secrets.token_hex(16)
        self.given.append(token)
        self._good_until[token] = time.monotonic() + self.lifetime_s
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime_s}


class Dovecot:
    """One server, with its mail, that can be stopped, killed and started again."""

    def __init__(self, relay_port: int | None = None) -> None:
        """`relay_port`: users' Sieve scripts run, and what they send goes to that SMTP port."""
        self._relay_port = relay_port
        self.folder = Path(tempfile.mkdtemp(prefix="handslag-dovecot-"))
        self.folder.chmod(0o755)
        self.tokens = TokenServer()
        self.imap_port, self.imaps_port, self.lmtp_port = (free_port() for _ in range(3))
        self.certificate = self.folder / "certificate.pem"
        self._process: subprocess.Popen[bytes] | None = None
        self._users: dict[str, str] = {}
        self._prepare()

    def add_user(self, user: str, password: str = PASSWORD) -> str:
        """Make an account, with INBOX and a junk folder; returns its name."""
        self._users[user] = password
        lines = (f"{name}:{{PLAIN}}{word}::::::\n" for name, word in self._users.items())
        (self.folder / "users").write_text("".join(lines))
        return user

    def add_script(self, user: str, script: str) -> None:
        """Let a Sieve script see to what is delivered to an account."""
        (self.folder / f"{user}.sieve").write_text(script)

    def url(self, user: str, scheme: str = "imap") -> str:
        """The account's address, as the mailbox setting has it."""
        port = self.imaps_port if scheme == "imaps" else self.imap_port
        return f"{scheme}://{user}@localhost:{port}"

    @contextlib.contextmanager
    def client(self, user: str, folder: str | None = "INBOX") -> Iterator[IMAPClient]:
        """A mail program's connection, in a folder."""
        with IMAPClient("127.0.0.1", self.imap_port, ssl=False) as client:
            client.normalise_times = False
            client.plain_login(user, self._users[user])
            if folder is not None:
                client.select_folder(folder)
            yield client

    def append(
        self,
        user: str,
        *mails: bytes,
        folder: str = "INBOX",
        at: datetime | None = None,
    ) -> None:
        """Put mails into a folder, as they are, arrived at `at` or now."""
        with self.client(user, None) as client:
            for mail in mails:
                client.append(folder, mail, msg_time=at or datetime.now(UTC))

    def deliver(self, sender: str, recipient: str, mail: bytes) -> None:
        """Hand a mail to the server's own LMTP door, which adds Return-Path and Received."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [recipient], mail)

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        """The UIDs in a folder now; none if there is no such folder."""
        with self.client(user, None) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            return list(client.search("ALL"))

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        with self.client(user, folder) as client:
            return dict(client.get_flags(client.search("ALL")))

    def change_uidvalidity(self, user: str, uidvalidity: int, folder: str = "INBOX") -> None:
        """Do what a restored or rebuilt mailbox does to its clients."""
        self.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(uidvalidity), folder)

    def doveadm(self, *arguments: str) -> str:
        done = subprocess.run(
            ["doveadm", "-c", self._config, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it greets."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [_dovecot(), "-F", "-c", self._config],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self._process.poll() is None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.imap_port), 1) as connection,
            ):
                if connection.recv(4) == b"* OK":
                    return
            time.sleep(0.02)
        raise RuntimeError(f"Dovecot did not start:\n{self.log()}")

    def stop(self) -> None:
        """End the server at once, and every connection with it; the mail stays."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)
            self._process = None
            # Left by who was killed with it in hand. Were its PID given to another process before
            # the next start, that would wait two minutes for it.
            for lock in self.folder.rglob("*.lock"):
                lock.unlink(missing_ok=True)

    def close(self) -> None:
        self.stop()
        self.tokens.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        texts = (self.folder / name for name in ("output", "log"))
        return "".join(text.read_text() for text in texts if text.exists())

    @property
    def _config(self) -> Path:
        return self.folder / "dovecot.conf"

    def _prepare(self) -> None:
        root = os.geteuid() == 0
        me = getpass.getuser()
        mail_user = "nobody" if root else me
        key = self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key,
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        mail = self.folder / "mail"
        mail.mkdir()
        if root:
            shutil.chown(mail, mail_user)
        (self.folder / "users").touch()
        (self.folder / "oauth2.conf").write_text(
            f"introspection_mode = post\nintrospection_url = {self.tokens.url}/introspect\n"
            "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
        )
        internal = "" if root else (
            f"default_internal_user = {me}\ndefault_login_user = {me}\n"
            f"default_internal_group = {_group()}\n"
            "service anvil {\n chroot =\n}\n"
            "service imap-login {\n chroot =\n}\n"
        )  # fmt: skip
        self._config.write_text(
            f"""{internal}
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mail}/%u:INBOX={mail}/%u/inbox
mail_fsync = never
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {self.folder}/users
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  args = {self.folder}/oauth2.conf
  mechanisms = xoauth2 oauthbearer
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={_gid(mail_user)} home={mail}/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
service imap-login {{
  service_count = 0
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
service stats {{
  client_limit = 1000
}}
{self._scripts() if self._relay_port is not None else ""}
"""
        )

    def _scripts(self) -> str:
        return f"""
submission_host = 127.0.0.1:{self._relay_port}
postmaster_address = postmaster@localhost
protocol lmtp {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:{self.folder}/%u.sieve
  sieve_vacation_min_period = 0
}}
"""


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A running server without accounts."""
    server = Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.close()


def _dovecot() -> str:
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if found and (_MODULES / "lmtp").exists():
        return found
    message = "Dovecot with IMAP and LMTP is not installed; deploy/bootstrap.sh installs it."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def _gid(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _group() -> str:
    import grp

    return grp.getgrgid(os.getegid()).gr_name
