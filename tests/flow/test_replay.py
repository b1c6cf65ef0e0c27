"""Reading stored originals once more: to compare, and to register what was shunted."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from services.console import stores
from services.console.cli import app
from services.console.demo.mails import letters
from services.console.demo.offer import round_file
from services.console.demo.writer import Letter
from services.intake.sandbox.client import Sandbox
from services.intake.tables import ReadingRow
from services.registry.admin.initiatives import load_round
from services.registry.record import Recorder
from services.registry.settings import RegistrySection
from services.registry.tables import Answer, Document, Mail
from shared.database import Database
from shared.errors import UsageError
from shared.events import InitiativeDefined, MailArchived, MailRead, MailRegistered, Reason
from shared.outbox import OutboxRow, now
from tests.intake import KEY, Intake


@dataclass
class Office:
    """An office's databases and archive, its services played step by step."""

    home: Path
    intake: Intake
    registry: Database
    recorder: Recorder
    children: Sandbox

    def handslag(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == code, done.output
        return done.stdout

    def replay(self, *arguments: str, code: int = 0) -> tuple[list[dict[str, Any]], dict[str, int]]:
        lines = self.handslag("replay", "--json", *arguments, code=code).splitlines()
        *documents, counts = (json.loads(line) for line in lines)
        return documents, counts

    def read_announced(self) -> MailRead:
        """What intake and the registry do with the latest announcement."""
        asyncio.run(self.intake.reader(self.children).read(self.intake.told(MailArchived)[-1]))
        read = self.intake.told(MailRead)[-1]
        self.recorder.record(read)
        return read

    def registered(self) -> int:
        with self.registry.read() as session:
            told = session.exec(
                select(OutboxRow).where(OutboxRow.subject == MailRegistered.subject)
            ).all()
            return len(told)

    def stored(self) -> set[Path]:
        return {path for path in (self.home / "archive").rglob("*") if path.is_file()}


@pytest.fixture
def office(
    tmp_path: Path,
    database_settings: dict[str, str],
    children: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    home = tmp_path / "home"
    for name in [name for name in os.environ if "HANDSLAG" in name]:
        monkeypatch.delenv(name)
    for name, value in {
        "HANDSLAG_HOME": str(home),
        "HANDSLAG_FORM_KEY": KEY.decode(),
        "HANDSLAG_INTAKE__AUTHSERV_ID": "mx.skr.example",
        **database_settings,
    }.items():
        monkeypatch.setenv(name, value)
    _forget_settings()
    url = database_settings.get("HANDSLAG_DATABASE_URL")
    with stores.open_store("registry") as registry, stores.open_store("intake"):
        load_round(
            registry, round_file(now().date()).encode(), who="test", now=now(),
            zone=stores.office_zone(),
        )  # fmt: skip
        intake = Intake(url or f"sqlite:///{home / 'db' / 'intake.sqlite3'}", home)
        with registry.read() as session:
            rows = session.exec(
                select(OutboxRow).where(OutboxRow.subject == InitiativeDefined.subject)
            ).all()
        for row in rows:
            intake.define(InitiativeDefined.model_validate_json(row.body))
        recorder = Recorder(registry, RegistrySection(), now, lambda: None)
        yield Office(home, intake, registry, recorder, children)
        intake.database.close()
    _forget_settings()


def _forget_settings() -> None:
    for settings in (stores.intake_settings, stores.registry_settings, stores.notifier_settings):
        settings.cache_clear()


@pytest.fixture(scope="module")
def letter() -> Letter:
    return next(letters(1, 9, key=KEY, today=now().date()))


def test_what_was_shunted_is_registered_and_what_is_registered_stays(
    office: Office, letter: Letter
) -> None:
    event = office.intake.receive(letter.raw)
    assert office.replay()[1]["not_registered"] == 1
    assert office.handslag("replay", "--mail", event.mail_id).startswith(event.mail_id)
    assert [one.mail_id for one in office.intake.told(MailArchived)] == [event.mail_id] * 2
    office.read_announced()
    assert office.registered() == 1

    stored = office.stored()
    [document], counts = office.replay()
    assert (document["change"], counts["same"], counts["mails"]) == ("same", 1, 1)
    assert document["recorded"][2] == letter.truths[0].answer
    assert office.stored() == stored
    assert len(office.intake.told(MailArchived)) == 2

    office.handslag("replay", "--mail", event.mail_id)
    office.read_announced()
    with office.registry.read() as session:
        assert len(session.exec(select(Document)).all()) == 1
        assert len(session.exec(select(Answer)).all()) == 1
    assert office.registered() == 1
    assert len(office.intake.rows(ReadingRow)) == 1


def test_an_answer_that_would_be_read_otherwise_is_named_and_fails(
    office: Office, letter: Letter
) -> None:
    event = office.intake.receive(letter.raw)
    read = office.read_announced()
    other = {"ja": "nej", "nej": "ja"}[str(letter.truths[0].answer)]
    with office.registry.write() as session:
        answer = session.exec(select(Answer)).one()
        answer.answer = other
        session.add(answer)
    [document], counts = office.replay("--mail", event.mail_id, "--dry-run", code=1)
    assert (document["change"], counts["different_answer"]) == ("different_answer", 1)
    assert document["recorded"][2] == other
    said = office.handslag("replay", code=1)
    assert "DIFFERENT ANSWER (1)" in said
    assert read.documents[0].document_id in said

    for path in (office.home / "archive" / "originals").rglob(event.digest):
        path.unlink()
    assert office.replay(code=1)[1]["unreadable"] == 1


def test_a_mail_that_would_now_be_doubted_as_a_whole_is_named(
    office: Office, letter: Letter
) -> None:
    sent = message_from_bytes(letter.raw, policy=SMTP)
    words = sent.get_body(("plain",))
    assert words is not None
    words.set_content("Ja, under förutsättning att kostnaden stannar under 100 000 kr.")
    office.intake.receive(sent.as_bytes())
    assert office.read_announced().mail_reasons == (Reason.MAIL_SAYS_MORE,)
    assert office.replay()[1]["same"] == 1
    with office.registry.write() as session:
        mail = session.exec(select(Mail)).one()
        mail.reasons = []
        session.add(mail)
    [document], counts = office.replay()
    assert counts["no_longer_auto"] == 1
    assert document["now"]["reasons"] == ["mail_says_more"]


def test_only_mails_since_a_day_are_read_and_wrong_asking_is_refused(
    office: Office, letter: Letter
) -> None:
    event = office.intake.receive(letter.raw)
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert office.replay("--since", tomorrow)[1]["mails"] == 0
    for more in ((), ("--dry-run",)):
        refused = CliRunner().invoke(app, ["replay", "--mail", "nobody", *more])
        assert isinstance(refused.exception, UsageError)
    office.handslag("replay", "--mail", event.mail_id, "--since", tomorrow, code=2)
