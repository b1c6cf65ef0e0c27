"""Servers that go away, lie or break off, and settings that cannot be right."""

import contextlib
import json
import smtplib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.console.ports import free_port
from services.intake import lease
from services.intake.settings import IntakeSettings, MailboxSettings
from shared import outbox
from shared.archive import ArchiveUnavailable, FolderArchive
from shared.errors import WrongSetting
from shared.events import MailArchived
from tests.dovecot import PASSWORD, Dovecot
from tests.intake import USER, Intake, Process, mailbox, plain_mail, wait_for
from tests.nats import NatsServer


class CuttingProxy:
    """Stands before an IMAP server, and cuts the first connections after so many bytes."""

    def __init__(self, port: int, cut_after: list[int]) -> None:
        self._target = port
        self._cuts = cut_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            left = self._cuts.pop(0) if self._cuts else 10**12
            threading.Thread(target=self._pump, args=(client, server, 10**12), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, left), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, left: int) -> None:
        with contextlib.suppress(OSError):
            while left > 0 and (data := source.recv(min(65536, left))):
                sink.sendall(data)
                left -= len(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def test_a_connection_cut_in_the_middle_of_a_mail_is_made_again(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    big = plain_mail("stort", "x" * 3_000_000)
    dovecot.append(USER, big, plain_mail("litet"))
    proxy = CuttingProxy(dovecot.imap_port, [1_000_000, 2_500_000])
    try:
        with intake.fetching(mailbox(dovecot, imap=f"imap://{USER}@localhost:{proxy.port}")):
            wait_for(lambda: len(intake.mails()) == 2)
    finally:
        proxy.close()
    assert sorted(intake.originals(), key=len)[1] == big


def test_a_message_that_the_server_does_not_hand_out_stops_no_other(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("ett"), plain_mail("två"), plain_mail("tre"))
    inbox = dovecot.folder / "mail" / USER / "inbox"
    [*files] = [path for folder in ("new", "cur") for path in (inbox / folder).iterdir()]
    [second] = [path for path in files if b"Subject: tv" in path.read_bytes()]
    second.chmod(0)
    second.write_bytes(b"")  # its size no longer fits what Dovecot has noted
    with intake.fetching(mailbox(dovecot)) as fetcher:
        wait_for(lambda: len(intake.mails()) == 2, 30)
        wait_for(lambda: "1 messages that the server" in str(fetcher.check()))
    assert set(intake.originals()) == {plain_mail("ett"), plain_mail("tre")}


def test_a_full_disk_leaves_the_mailbox_untouched_and_raises_the_alarm(
    dovecot: Dovecot, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("svar"))

    def full(*_: object) -> str:
        raise ArchiveUnavailable("No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(FolderArchive, "put", full)
        with intake.fetching(mailbox(dovecot, done_folder="Mottaget")) as fetcher:
            wait_for(fetcher.check)
            assert "archive_unavailable" in str(fetcher.check())
            assert dovecot.uids(USER) == [1]
            disk.undo()
            wait_for(intake.settled)
            wait_for(lambda: fetcher.check() is None)
    assert dovecot.uids(USER, "Mottaget") == [1]


def test_a_lease_runs_out_when_its_holder_dies(intake: Intake) -> None:
    with intake.database.write() as session:
        assert lease.hold(session, USER, "one")
        assert not lease.hold(session, USER, "two")
        assert lease.hold(session, USER, "one")
        row = session.get_one(lease.LeaseRow, USER)
        row.until = outbox.now()
        session.add(row)
    with intake.database.write() as session:
        assert lease.hold(session, USER, "two")
        assert not lease.hold(session, USER, "one")


def test_a_dead_process_of_the_same_machine_holds_no_lease(intake: Intake) -> None:
    here, number, _ = lease.this_process().rsplit(":", 2)
    with intake.database.write() as session:
        assert lease.hold(session, USER, lease.this_process())
        assert not lease.hold(session, USER, "two")
        lease.release(session, USER, lease.this_process())
        assert lease.hold(session, USER, f"{here}:{number}:1")  # another that had our number
        assert lease.hold(session, USER, f"another-machine:{number}:1")
        assert not lease.hold(session, USER, "two")


def test_two_fetchers_at_once_after_a_clock_jump_still_keep_each_mail_once(
    dovecot: Dovecot, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, *(plain_mail(f"svar {number}") for number in range(40)))
    monkeypatch.setattr(lease, "hold", lambda *_: True)
    box = mailbox(dovecot, done_folder="Mottaget")
    with intake.fetching(box), intake.fetching(box):
        wait_for(lambda: len(intake.mails()) == 40 and intake.settled())
        wait_for(lambda: dovecot.uids(USER) == [])
    assert len(intake.told(MailArchived)) == 40
    assert len(intake.locations()) == 40


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()


def test_without_nats_mail_is_received_and_health_says_what_is_wrong(
    dovecot: Dovecot,
    database_url: str,
    tmp_path: Path,
    processes: list[Process],
    nats_server: NatsServer,
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("svar"))
    good = {"address": USER, "imap": dovecot.url(USER), "password": PASSWORD, "poll_s": 1}
    without = {"address": "handslaget@skr.example", "role": "needs", "imap": dovecot.url("x")}
    nats_server.stop()
    process = Process(
        tmp_path / "home",
        NATS_URL=nats_server.url,
        DATABASE_URL=database_url,
        INTAKE__MAILBOXES=[good, without],
    )
    processes.append(process)
    process.start()
    wait_for(lambda: process.health()[0] == 503)
    intake = Intake(database_url, tmp_path / "home")
    wait_for(intake.settled)
    faults = process.health()[1]["faults"]
    assert set(faults) == {"bus", "mailbox handslaget@skr.example"}
    assert "handslaget@skr.example (number 2) has neither password" in str(faults)
    nats_server.start()
    wait_for(lambda: set(process.health()[1]["faults"]) == {"mailbox handslaget@skr.example"})
    wait_for(lambda: any(row.read_at for row in intake.mails()))
    metrics = process.metrics()
    assert 'handslag_mails_received_total{door="imap",mailbox="registratur@skr.example"} 1.0' in (
        metrics
    )
    assert "handslag_mailbox_last_contact_timestamp_seconds" in metrics
    assert process.stop() == 0
    assert not [one for one in psutil.process_iter() if one.ppid() == process.pid]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("INTAKE__MAILBOXES", [{"address": "nobody"}], "not a mail address"),
        ("INTAKE__MAILBOXES", [{"address": USER, "imap": "pop3://x"}], "imaps://"),
        ("INTAKE__MAILBOXES", [{"address": USER, "imap": "imap://mail.example"}], "this machine"),
        ("INTAKE__MAILBOXES", [{"address": USER, "imap": "imaps://u:p@mail.example"}], "password"),
        ("INTAKE__MAILBOXES", [{"address": USER, "pasword": "x"}], "PASWORD"),
        ("INTAKE__MAILBOXES", [{"address": USER}] * 2, "more than once"),
        ("INTAKE__MAILBOXES", "[{", "INTAKE"),
        ("INTAKE__WORKERS", 0, "HANDSLAG_INTAKE__WORKERS"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: object, said: str
) -> None:
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))
    text = value if isinstance(value, str) else json.dumps(value)
    monkeypatch.setenv(f"HANDSLAG_{name}", text)
    with pytest.raises(WrongSetting) as wrong:
        IntakeSettings.load()
    assert said in str(wrong.value)
    assert "u:p@" not in str(wrong.value)


def test_a_port_that_is_taken_ends_intake_with_one_clear_line(
    tmp_path: Path, processes: list[Process]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = Process(
            tmp_path / "home",
            INTAKE__MAILBOXES=[{"address": USER}],
            INTAKE__SMTP_LISTEN=address,
        )
        processes.append(process)
        process.start()
        assert process.died_of() == 1
    assert f"HANDSLAG_INTAKE__SMTP_LISTEN: cannot listen on {address}" in process.log()


def test_the_original_is_on_disk_before_the_door_says_250(
    tmp_path: Path, processes: list[Process], database_url: str
) -> None:
    """The order of system calls, as the kernel saw them."""
    port = free_port()
    process = Process(
        tmp_path / "home",
        DATABASE_URL=database_url,
        INTAKE__MAILBOXES=[{"address": USER}],
        INTAKE__SMTP_LISTEN=f"127.0.0.1:{port}",
    )
    processes.append(process)
    process.start()
    wait_for(lambda: process.health()[0])
    trace = tmp_path / "trace"
    tracer = subprocess.Popen(
        ["strace", "-f", "-e", "trace=fsync,fdatasync,rename,sendto,write", "-s", "80", "-y",
         "-o", trace, "-p", str(process.pid)],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert tracer.stderr is not None
    tracer.stderr.readline()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("a@b.se", [USER], plain_mail("svar"))
    time.sleep(0.3)
    process.stop()
    tracer.wait(20)
    lines = trace.read_text().splitlines()
    # SQLite syncs its log itself; PostgreSQL is asked to.
    committed = ("sync(", ".sqlite3-wal") if "sqlite" in database_url else ("sendto(", "COMMIT")
    steps = {
        "content": _first(lines, "fsync(", "/archive/originals/", ".part>"),
        "name": _first(lines, "rename(", "/archive/originals/"),
        "folder": _first(lines, "fsync(", "/archive/originals/", after="rename("),
        "ledger": _first(lines, *committed, after="rename("),
        "250": _first(lines, '"250 2.0.0 Kept'),
    }
    assert list(steps.values()) == sorted(steps.values()), steps


def _first(lines: list[str], *wanted: str, after: str = "") -> int:
    start = _first(lines, after, "/archive/originals/") + 1 if after else 0
    for number, line in enumerate(lines[start:], start):
        if all(text in line for text in wanted):
            return number
    raise AssertionError(f"{wanted} is not in the trace")


def test_an_imap_address_tells_user_host_and_port() -> None:
    def place(imap: str) -> tuple[str, str, str, int]:
        found = MailboxSettings.model_validate({"address": USER, "imap": imap}).place
        return found.scheme, found.user, found.host, found.port

    assert place("imaps://mail.example") == ("imaps", USER, "mail.example", 993)
    assert place("imaps://a%40b.se@mail.example:1993") == (
        "imaps", "a@b.se", "mail.example", 1993,
    )  # fmt: skip
    assert place("imaps://a@b.se@mail.example")[1] == "a@b.se"
    assert place("imap+starttls://u@mail.example") == (
        "imap+starttls", "u", "mail.example", 143,
    )  # fmt: skip
