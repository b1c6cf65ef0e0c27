"""Small builders for the notifier's tests."""

import email
import hashlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.notifier.compose import House
from services.notifier.gate import Caps
from services.notifier.mailings import Pace
from services.notifier.notify import Notifier
from services.notifier.settings import NotifierSection, NotifierSettings
from services.notifier.tables import MessageRow
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import (
    Correspondence,
    Disposition,
    DocumentResolved,
    Fate,
    LetterKind,
    LetterOrdered,
    MailRegistered,
    MessageSettled,
    RegisteredDocument,
    ResolutionUndone,
)
from shared.migrate import upgrade
from shared.outbox import OutboxRow
from shared.settings import DEFAULT_ORGANISATION

MIGRATIONS = Path("services/notifier/migrations").resolve()
NOON = datetime(2024, 9, 12, 12, 3, tzinfo=UTC)
LEASE = timedelta(seconds=2)
DEFERRED_DELAY = timedelta(seconds=0.2)


def mail_id(seed: object) -> str:
    return "m" + hashlib.sha256(str(seed).encode()).hexdigest()[:23]


def correspondence(**changes: Any) -> Correspondence:
    values: dict[str, Any] = {
        "mailbox": "registratur@skr.se",
        "return_path": "kommunen@umea.se",
        "from_address": "anna.berg@umea.se",
        "from_name": "Anna Berg",
        "subject": "Svar från Umeå",
        "message_id": "<svar-1@umea.se>",
    }
    return Correspondence(**(values | changes))


def document(number: int = 1, seed: object = 1, **changes: Any) -> RegisteredDocument:
    values: dict[str, Any] = {
        "document_id": f"{mail_id(seed)}-{number}",
        "dnr": "SKR 2024/00123",
        "handling": number,
        "fate": Fate.RECORDED,
        "files": ("svar.pdf",),
        "initiative_name": "Kompetensgemenskaper",
        "municipality_name": "Umeå kommun",
        "answer_label": "Ja, kommunen ansluter sig",
    }
    return RegisteredDocument(**(values | changes))


def registered(*documents: RegisteredDocument, seed: object = 1, **changes: Any) -> MailRegistered:
    """The event that a mail with these documents is registered; `seed` tells mails apart."""
    received = changes.pop("received_at", NOON)
    values: dict[str, Any] = {
        "occurred_at": received,
        "mail_id": mail_id(seed),
        "received_at": received,
        "registered_at": received + timedelta(seconds=5),
        "disposition": Disposition.ANSWERS,
        "correspondence": correspondence(),
        "documents": documents,
    }
    return MailRegistered(**(values | changes))


def resolved(
    about: RegisteredDocument | None = None, *, seed: object = 1, decision: int = 1, **changes: Any
) -> DocumentResolved:
    """The event that a person decided about a document; `decision` tells decisions apart."""
    received = changes.pop("received_at", NOON)
    values: dict[str, Any] = {
        "occurred_at": received + timedelta(hours=2),
        "resolution": UUID(int=decision),
        "send_after": received + timedelta(hours=2, seconds=30),
        "mail_id": mail_id(seed),
        "received_at": received,
        "disposition": Disposition.ANSWERS,
        "correspondence": correspondence(),
        "document": about or document(seed=seed),
    }
    return DocumentResolved(**(values | changes))


def undone(event: DocumentResolved) -> ResolutionUndone:
    """The event that this decision was taken back."""
    return ResolutionUndone(
        occurred_at=event.occurred_at + timedelta(seconds=5),
        resolution=event.resolution,
        mail_id=event.mail_id,
    )


def house(organisation: str = DEFAULT_ORGANISATION, **section: Any) -> House:
    settings = NotifierSettings(organisation=organisation, notifier=NotifierSection(**section))
    return House.from_settings(settings)


def notifier(
    database_url: str, archive: Path, *, caps: Caps | None = None, migrated: bool = False
) -> Notifier:
    """A notifier on an empty (or an already migrated) database."""
    database = Database(database_url, schema="notifier")
    if not migrated:
        upgrade(database, MIGRATIONS)
    return Notifier(
        database,
        FolderArchive(archive),
        house(),
        caps or Caps(50, 10_000),
        LEASE,
        Pace(per_minute=60_000, per_domain=60_000),
        deferred_delays=(DEFERRED_DELAY,),
    )


def rows(database: Database) -> list[MessageRow]:
    with database.read() as session:
        return list(session.exec(select(MessageRow).order_by(col(MessageRow.number))))


def settled(database: Database) -> list[MessageSettled]:
    """The events of that kind in the outbox, oldest first."""
    with database.read() as session:
        found = session.exec(select(OutboxRow).order_by(col(OutboxRow.number))).all()
    return [MessageSettled.model_validate_json(row.body) for row in found]


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(data: bytes, kind: str = "plain") -> str:
    """One of a mail's two bodies, its white space folded."""
    body = parsed(data).get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def letter(number: int = 1, **changes: Any) -> LetterOrdered:
    """The event that a letter is ordered; `number` tells letters apart."""
    values: dict[str, Any] = {
        "occurred_at": NOON,
        "letter_id": UUID(int=number),
        "kind": LetterKind.UPDATE,
        "recipient": f"kommun{number}@umea.se",
        "recipient_name": "Umeå kommun",
        "subject_line": "Kompetensgemenskaper: införandet börjar",
        "heading": "Införandet börjar",
        "text": "Införandet börjar i januari.\n\n# Frågor\n\nMejla handslaget@skr.se.",
    }
    return LetterOrdered(**(values | changes))
