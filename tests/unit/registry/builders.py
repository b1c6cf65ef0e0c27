"""Small builders for the registry's tests: readings, mails, a register with one round in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from services.registry.admin.initiatives import load_round
from services.registry.record import Recorder
from services.registry.settings import RegistrySection
from services.registry.tables import Document
from shared.database import Database
from shared.events import (
    Contact,
    Correspondence,
    Disposition,
    DocumentKind,
    DocumentReading,
    Event,
    MailboxRole,
    MailRead,
    Outcome,
    PageImage,
    PartFate,
    PartSummary,
    Reason,
    Signatory,
    SignatureState,
    Source,
    Value,
)
from shared.identifiers import digest_of, document_id_of, mail_id_of
from shared.migrate import upgrade
from shared.outbox import OutboxRow

T = TypeVar("T")
E = TypeVar("E", bound=Event)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2024, 9, 12, 9, 0, tzinfo=UTC)
MIGRATIONS = Path("services/registry/migrations")
ROUND = b"""
round: "2024"
initiatives:
  - id: kompetens-2024
    name: Kompetensgemenskaper
    last_answer_day: 2024-09-30
    options: {ja: "Ja, kommunen ansluter sig", nej: "Nej, kommunen avst\xc3\xa5r"}
    start_when: {yes_count: 100}
  - id: moln-2024
    name: Gemensamt moln
    last_answer_day: 2024-10-31
"""
KOMPETENS, MOLN = "kompetens-2024", "moln-2024"
LUND, UMEA, UPPLANDS_VASBY = "1281", "2480", "0114"


def value(text: str, source: Source = Source.CODE) -> Value:
    return Value(text=text, confidence=1.0, source=source)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def form(
    answer: str | None = "ja",
    *,
    initiative: str | None = KOMPETENS,
    municipality: str | None = UMEA,
    scan: str = "scan",
    page: int = 1,
    part: int = 1,
    outcome: Outcome = Outcome.AUTO,
    reasons: tuple[Reason, ...] = (),
    signature: SignatureState | None = SignatureState.HANDWRITTEN,
    kind: DocumentKind = DocumentKind.ANSWER,
    **more: Any,
) -> DocumentReading:
    """One document, by default a filled, signed and coded form; `mail` gives it its name."""
    return DocumentReading(
        document_id=document_id_of("m" + "0" * 23, 1),
        kind=kind,
        outcome=outcome,
        reasons=reasons,
        parts=(part,),
        content=digest(scan),
        pages=(
            PageImage(
                number=1, part=part, source_page=page, image=digest(scan + str(page)),
                width_px=1240, height_px=1754,
            ),
        ),
        initiative=value(initiative) if initiative else None,
        municipality=value(municipality) if municipality else None,
        answer=value(answer, Source.MARKS) if answer else None,
        signature=signature,
        **more,
    )  # fmt: skip


def typed(name: str = "Anna Ek", place_date: str = "Umeå 2024-09-10") -> dict[str, Any]:
    """What a form filled in by computer adds: everything could be read."""
    return {
        "signatory": Signatory(
            name=value("Bo Lind", Source.FORM_FIELD),
            title=value("Kommundirektör", Source.FORM_FIELD),
            place_date=value(place_date, Source.FORM_FIELD),
        ),
        "contact": Contact(
            name=value(name, Source.FORM_FIELD),
            email=value("anna.ek@umea.se", Source.FORM_FIELD),
            phone=value("+46 90 16 10 00", Source.FORM_FIELD),
        ),
    }


def mail(
    *documents: DocumentReading,
    name: str = "one",
    sender: str = "registrator@example.org",
    return_path: str | None = None,
    received_at: datetime = NOW,
    disposition: Disposition = Disposition.ANSWERS,
    reasons: tuple[Reason, ...] = (),
    role: MailboxRole = MailboxRole.ANSWERS,
    parts: tuple[PartSummary, ...] | None = None,
    disposition_reason: str = "rule",
    subject: str = "Svar",
) -> MailRead:
    """One mail; another `name` is another mail. Its documents stand in the parts they name."""
    mail_digest = digest_of(name.encode())
    mail_id = mail_id_of(mail_digest)
    held = sorted({index for document in documents for index in document.parts})
    return MailRead(
        occurred_at=received_at,
        mail_id=mail_id,
        digest=mail_digest,
        role=role,
        received_at=received_at,
        correspondence=Correspondence(
            mailbox="registratur@skr.se",
            return_path=sender if return_path is None else return_path,
            from_address=sender,
            subject=subject,
        ),
        disposition=disposition,
        disposition_reason=disposition_reason,
        mail_reasons=reasons,
        text="Hej",
        parts=(text_part(0), *(scan_part(index) for index in held)) if parts is None else parts,
        documents=tuple(
            document.model_copy(update={"document_id": document_id_of(mail_id, number)})
            for number, document in enumerate(documents, start=1)
        ),
    )


def text_part(index: int) -> PartSummary:
    return PartSummary(
        index=index, filename="", content_type="text/plain", size_bytes=3, digest=digest("Hej"),
        fate=PartFate.TEXT,
    )  # fmt: skip


def scan_part(index: int) -> PartSummary:
    return PartSummary(
        index=index, filename=f"svar{index}.pdf", content_type="application/pdf",
        size_bytes=500_000, digest=digest(f"part {index}"), fate=PartFate.DOCUMENT,
    )  # fmt: skip


def skipped_part(index: int, reason: str) -> PartSummary:
    return PartSummary(
        index=index, filename="logo.png", content_type="image/png", size_bytes=900,
        digest=digest("logo"), fate=PartFate.SKIPPED, reason=reason,
    )  # fmt: skip


@dataclass
class Register:
    """A register with the round above; it records as the service does."""

    database: Database
    recorder: Recorder

    def record(self, *events: MailRead) -> None:
        for event in events:
            self.recorder.record(event)

    def all(self, table: type[T]) -> list[T]:
        """Every row of a table."""
        with self.database.read() as session:
            return list(session.exec(select(table)).all())

    def ask(self, question: Callable[[Session], T]) -> T:
        with self.database.read() as session:
            return question(session)

    def documents(self) -> list[Document]:
        with self.database.read() as session:
            query = select(Document).order_by(col(Document.registered_at), col(Document.case_id))
            return list(session.exec(query).all())

    def emitted(self, event: type[E]) -> list[E]:
        """The events of this type in the outbox, in order."""
        with self.database.read() as session:
            rows = session.exec(
                select(OutboxRow)
                .where(OutboxRow.subject == event.subject)
                .order_by(col(OutboxRow.number))
            ).all()
        return [event.model_validate_json(row.body) for row in rows]


def open_register(
    database: Database, *, round_file: bytes = ROUND, now: datetime = NOW, **settings: Any
) -> Register:
    """Migrate the database, load the round, and return the register."""
    upgrade(database, MIGRATIONS)
    load_round(database, round_file, who="test", now=now, zone=STOCKHOLM)
    section = RegistrySection(**settings)
    return Register(database, Recorder(database, section, lambda: now, lambda: None))
