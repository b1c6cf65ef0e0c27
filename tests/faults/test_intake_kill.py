"""kill -9 at every step boundary of both flows, on real servers: nothing lost, nothing doubled."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.intake.accounts import MailState
from shared.delivery import ACK_WAIT_S
from shared.events import MailArchived, MailRead
from tests.databases import PostgresServer
from tests.dovecot import PASSWORD, Dovecot
from tests.intake import USER, Intake, Process, wait_for
from tests.letters import letter
from tests.nats import NatsServer

RECEIVING = (
    "receive.fetched",
    "receive.archived",
    "receive.recorded",
    "receive.moved",
    "receive.settled",
)
READING = ("read.opened", "read.measured", "read.derived", "read.concluded", "read.recorded")
CASES = tuple(
    f"{step} {database}" for step in (*RECEIVING, *READING) for database in ("sqlite", "postgresql")
)
AT_ONCE = 7  # most of each case is waiting, and all start processes
MAILS = 3


LETTERS = tuple(
    letter(("svar.pdf", b"%PDF-1.7\nrubbish " + str(number).encode()), subject=f"Svar {number}")
    for number in range(MAILS)
)


@dataclass
class Case:
    """One process that is killed at one step, with servers of its own."""

    failpoint: str
    home: Path
    dovecot: Dovecot
    nats: NatsServer
    process: Process
    database_url: str

    def run(self) -> None:
        """Have it killed, start it again, and wait until every mail is settled and read."""
        self.dovecot.add_user(USER)
        self.dovecot.append(USER, *LETTERS)
        # A batch is moved and settled in one step; the other steps are passed once a mail.
        once = self.failpoint in ("receive.moved", "receive.settled")
        self.process.start(f"{self.failpoint}:{1 if once else 2}")
        assert self.process.died_of() == -signal.SIGKILL
        intake = Intake(self.database_url, self.home)
        self.process.start()
        # What was being read is delivered again when its acknowledgement is overdue.
        wait_for(lambda: len(intake.told(MailRead)) >= MAILS and intake.settled(), ACK_WAIT_S + 60)
        wait_for(lambda: self.dovecot.uids(USER) == [])
        assert self.process.stop() == 0

    def close(self) -> None:
        self.process.kill()
        self.nats.kill()
        self.dovecot.close()


Cases = dict[str, tuple[Case, Future[None]]]


@pytest.fixture(scope="module")
def cases(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[Cases]:
    """All cases, several at a time."""
    started: Cases = {}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        try:
            for name in CASES:
                case = _case(name, tmp_path_factory.mktemp("case"), postgres_server)
                started[name] = case, threads.submit(case.run)
            yield started
        finally:
            for case, _ in started.values():
                case.close()


def _case(name: str, folder: Path, postgres: PostgresServer) -> Case:
    dovecot, nats = Dovecot(), NatsServer(folder / "nats")
    dovecot.start()
    nats.start()
    failpoint, database = name.split()
    home = folder / "home"
    box = {
        "address": USER,
        "imap": dovecot.url(USER),
        "password": PASSWORD,
        "done_folder": "Mottaget",
        "poll_s": 1,
    }
    settings: dict[str, object] = {"NATS_URL": nats.url, "INTAKE__MAILBOXES": [box]}
    database_url = f"sqlite:///{home}/db/intake.sqlite3"
    if database == "postgresql":
        of_its_own = "kill_" + failpoint.replace(".", "_")
        postgres.run(f"CREATE DATABASE {of_its_own} TEMPLATE template0")
        settings["DATABASE_URL"] = database_url = postgres.url(of_its_own)
    process = Process(home, impatient=True, **settings)
    return Case(failpoint, home, dovecot, nats, process, database_url)


@pytest.mark.parametrize("name", CASES)
def test_a_kill_between_two_steps_loses_and_doubles_nothing(name: str, cases: Cases) -> None:
    case, run = cases[name]
    run.result(ACK_WAIT_S + 400)
    intake = Intake(case.database_url, case.home)
    assert sorted(intake.originals()) == sorted(LETTERS)
    assert case.dovecot.uids(USER) == []
    assert len(case.dovecot.uids(USER, "Mottaget")) == MAILS
    for event in (MailArchived, MailRead):
        told = [one.mail_id for one in intake.told(event)]
        assert len(told) == len(set(told)) == MAILS
    for account in intake.accounts():
        assert account.state is MailState.READ
        assert account.faults == ()
        assert len(account.locations) == 1
