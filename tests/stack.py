"""The whole product as an operator runs it: `handslag up` on a folder, with real neighbours."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from services.console.ports import free_port
from shared.database import Database
from tests import forked
from tests.dovecot import PASSWORD, Dovecot

HANDSLAG = str(Path(sys.executable).with_name("handslag"))
MAILBOX = "registratur@skr.se"
FORM_KEY = "a key for tests, not a secret"


class RunningStack:
    """`handslag up`, which can be killed in parts and started again."""

    def __init__(self, home: Path, dovecot: Dovecot, relay_port: int, **more: str) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        mailbox = {
            "address": MAILBOX,
            "role": "answers",
            "imap": dovecot.url(MAILBOX.replace("@", "%40")),
            "password": PASSWORD,
            "folders": ["INBOX"],
            "poll_s": 1,
        }
        self.web_port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if "HANDSLAG" not in name},
            "HANDSLAG_HOME": str(home),
            "HANDSLAG_FORM_KEY": FORM_KEY,
            "HANDSLAG_INTAKE__MAILBOXES": json.dumps([mailbox]),
            "HANDSLAG_INTAKE__LISTEN": f"127.0.0.1:{free_port()}",
            # It would take the processor from what is tested; it has tests of its own.
            "HANDSLAG_INTAKE__SEARCH__ENABLED": "false",
            "HANDSLAG_NOTIFIER__RELAY": f"smtp://127.0.0.1:{relay_port}",
            "HANDSLAG_NOTIFIER__LISTEN": f"127.0.0.1:{free_port()}",
            "HANDSLAG_WEB__LISTEN": f"127.0.0.1:{self.web_port}",
            **more,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until the pages answer."""
        with (self.home / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [HANDSLAG, "up"], env=self.environment, stdout=log, stderr=log
            )
        self.until(self._pages_answer, 60)

    def stop(self) -> None:
        """Ctrl-C."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def kill_everything(self) -> None:
        """A power cut: every process of it at once."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # It must not start one while we count them.
        children = self.processes()
        for process in [*children, self._process]:
            process.kill()
        self._process.wait(timeout=30)
        psutil.wait_procs(children, timeout=30)
        self._process = None

    def processes(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def services(self) -> dict[str, psutil.Process]:
        """The processes that `up` watches, by name."""
        assert self._process is not None
        found = {}
        for child in psutil.Process(self._process.pid).children():
            try:
                command = " ".join(child.cmdline())
            except psutil.Error:
                continue
            for name in ("intake", "registry", "notifier"):
                if f"services.{name}" in command:
                    found[name] = child
            if "nats-server" in command:
                found["nats"] = child
        return found

    def handslag(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same folder."""
        return forked.run(*arguments, env=self.environment)

    def json(self, *arguments: str) -> Any:
        done = self.handslag(*arguments)
        return json.loads(done.stdout)

    def database(self, service: str) -> Database:
        """The database of one service; close it."""
        url = self.environment.get("HANDSLAG_DATABASE_URL")
        return Database(url or f"sqlite:///{self.home / 'db' / service}.sqlite3", schema=service)

    def log(self) -> str:
        return (self.home / "up.log").read_text()

    @staticmethod
    def until(condition: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.2)

    def _pages_answer(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/health", timeout=2):
                return True
        except OSError:
            return False
