"""Intake for tests: its objects on a real archive, database and sandbox; or its whole process."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from sqlmodel import SQLModel, col, select

from services.console.ports import free_port
from services.intake import forms
from services.intake.accounts import MailAccount, accounts
from services.intake.fetcher import MailboxFetcher, fetcher_for
from services.intake.ledger import Arrival
from services.intake.read import Reader, ReaderSettings
from services.intake.receive import Receiver
from services.intake.sandbox.client import Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.settings import MailboxSettings, ReaderLimits
from services.intake.tables import LocationRow, MailRow
from shared import migrate
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import Event, InitiativeDefined, MailArchived, MailboxRole, MailRead
from shared.outbox import OutboxRow
from tests.dovecot import PASSWORD, Dovecot
from tests.forked import Forked

MIGRATIONS = Path("services/intake/migrations")
USER = "registratur@skr.example"
KEY = b"0123456789abcdef"
UNSUBSCRIBE_ADDRESS = "avsluta+{token}@skr.example"
E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=SQLModel)


def plain_mail(subject: str, body: str = "hej") -> bytes:
    """A mail of a few lines."""
    return (
        f"From: Kommunen <kommun@kommun.example>\r\nTo: {USER}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '-')}@kommun.example>\r\n\r\n{body}\r\n"
    ).encode()


def initiative(name: str = "kompetens-2024") -> InitiativeDefined:
    return InitiativeDefined(
        occurred_at=datetime.now(UTC),
        initiative=name,
        name="Kompetensgemenskaper",
        round="2024",
        options={"ja": "Ja", "nej": "Nej"},
        last_answer_day=date(2024, 9, 30),
    )


def mailbox(dovecot: Dovecot, **more: object) -> MailboxSettings:
    """The settings of the mailbox `USER` on a test's Dovecot."""
    given = {"address": USER, "imap": dovecot.url(USER), "password": PASSWORD, "poll_s": 1} | more
    return MailboxSettings.model_validate(given)


def wait_for(condition: Callable[[], object], timeout_s: float = 20) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def sandbox(**more: Any) -> Sandbox:
    """A sandbox with the real jobs; close it."""
    given = {"memory_mib": 400, "cpu_s": 20, "wall_s": 30.0, "scratch_mib": 64} | more
    return Sandbox(Bounds(**given), at_once=2)


class Intake:
    """Intake's objects on a real archive and database."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database = Database(database_url, schema="intake")
        migrate.upgrade(self.database, MIGRATIONS)
        self.archive = FolderArchive(folder / "archive")
        self.receiver = Receiver(self.archive, self.database, lambda: None)

    def define(self, event: InitiativeDefined) -> None:
        with self.database.write() as session:
            forms.define(session, event)

    def receive(self, data: bytes, **more: Any) -> MailArchived:
        """Take a mail in by a door; returns its announcement."""
        given: dict[str, Any] = {
            "mailbox": USER,
            "role": MailboxRole.ANSWERS,
            "door": "smtp",
            "received_at": datetime.now(UTC),
        }
        mail_id = self.receiver.receive(data, Arrival(**(given | more)))
        return next(one for one in self.told(MailArchived) if one.mail_id == mail_id)

    def reader(self, children: Sandbox, **limits: Any) -> Reader:
        return Reader(self.archive, self.database, children, self.reader_settings(**limits))

    def reader_settings(self, **limits: Any) -> ReaderSettings:
        return ReaderSettings(
            KEY,
            ReaderLimits(**limits),
            frozenset({USER}),
            "mx.skr.example",
            unsubscribe_address=UNSUBSCRIBE_ADDRESS,
        )

    async def read(self, children: Sandbox, data: bytes, **more: Any) -> MailRead:
        """Take a mail in, read it, and return what is told of it."""
        event = self.receive(data, **more)
        await self.reader(children).read(event)
        [read] = [one for one in self.told(MailRead) if one.mail_id == event.mail_id]
        return read

    def rows(self, table: type[R]) -> list[R]:
        with self.database.read() as session:
            return list(session.exec(select(table)))

    def mails(self) -> list[MailRow]:
        return self.rows(MailRow)

    def locations(self) -> list[LocationRow]:
        return self.rows(LocationRow)

    def told(self, event: type[E]) -> list[E]:
        """The events of one kind in the outbox, in their order."""
        with self.database.read() as session:
            rows = session.exec(select(OutboxRow).order_by(col(OutboxRow.number))).all()
        return [event.model_validate_json(row.body) for row in rows if row.subject == event.subject]

    def originals(self) -> list[bytes]:
        return [self.archive.get(row.digest) for row in self.mails()]

    def accounts(self) -> list[MailAccount]:
        return list(accounts(self.database, self.archive))

    def settled(self) -> bool:
        locations = self.locations()
        return bool(locations) and all(row.settled_at for row in locations)

    @contextmanager
    def fetching(self, box: MailboxSettings) -> Iterator[MailboxFetcher]:
        fetcher = fetcher_for(0, box, self.receiver, self.database, uuid4().hex)
        assert isinstance(fetcher, MailboxFetcher)
        fetcher.start()
        try:
            yield fetcher
        finally:
            fetcher.stop()
            assert fetcher.join(20)


class Process:
    """`python -m services.intake`, as in production."""

    def __init__(self, home: Path, *, impatient: bool = False, **environment: object) -> None:
        """`environment`: settings by their names, without HANDSLAG_; values become JSON."""
        self.home = home
        self._impatient = impatient
        self._environment = {
            "PATH": os.environ["PATH"],
            "HANDSLAG_HOME": str(home),
            "HANDSLAG_LOG_FORMAT": "text",
            "HANDSLAG_FORM_KEY": KEY.decode(),
            "HANDSLAG_NATS_URL": "nats://127.0.0.1:1",
            "HANDSLAG_INTAKE__LISTEN": f"127.0.0.1:{free_port()}",
            "HANDSLAG_INTAKE__WORKERS": "2",
            # It would take the processor from what is tested; it has tests of its own.
            "HANDSLAG_INTAKE__SEARCH__ENABLED": "false",
        }
        for name, value in environment.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self._environment[f"HANDSLAG_{name}"] = text
        self._process: Forked | None = None

    def start(self, failpoint: str = "") -> None:
        """Start it; with a failpoint, it will kill itself there."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "log").open("ab") as log:
            self._process = Forked(
                "services.intake",
                env=self._environment | {"HANDSLAG_FAILPOINT": failpoint},
                stdout=log,
                stderr=log,
                impatient=self._impatient,
            )

    def died_of(self, timeout_s: float = 120) -> int:
        """Wait for its end; returns the exit code, negative for a signal."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(40)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def health(self) -> tuple[int, dict[str, Any]]:
        """The health page, or (0, {}) while there is none."""
        return self._get("/health")

    def metrics(self) -> str:
        url = f"http://{self._environment['HANDSLAG_INTAKE__LISTEN']}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def log(self) -> str:
        return (self.home / "log").read_text()

    def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        url = f"http://{self._environment['HANDSLAG_INTAKE__LISTEN']}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}
