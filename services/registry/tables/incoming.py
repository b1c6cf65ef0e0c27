"""What came in: mails, their parts and documents, in cases with numbers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable
from shared.database import UtcDateTime
from shared.events import (
    Disposition,
    DocumentKind,
    Fate,
    MailboxRole,
    PartFate,
)


class MailState(StrEnum):
    """Where a mail as a whole stands; its documents have fates of their own."""

    REGISTERED = "registered"
    """Its documents are registered, each with its fate."""
    NEED = "need"
    """The mail itself is a need."""
    REVIEW = "review"
    """The mail itself is a matter for staff."""
    HANDLED = "handled"
    """Staff have dealt with the mail itself."""
    SET_ASIDE = "set_aside"
    """Not registered (registreras inte), with a reason."""


class ArrangementState(StrEnum):
    """Where an arrangement of pages stands."""

    READING = "reading"
    """Intake reads the pages; the documents that are to give way wait, and nobody decides them."""
    DONE = "done"
    NOT_READ = "not_read"
    """The pages could not be read anew; all is as it was."""
    TAKEN_BACK = "taken_back"
    UNDONE = "undone"


class DiaryCounter(RegistryTable, table=True):
    """The last number given in a year's diary."""

    __tablename__ = "diary_counter"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last_number: int


class CaseFile(RegistryTable, table=True):
    """One case: all handlings of one municipality on one initiative, or one other matter."""

    __tablename__ = "case_file"
    __table_args__ = (
        Index("uq_case_of_answer", "initiative", "municipality", unique=True),
        # PostgreSQL and SQLite both let any number of rows through where one of the two is NULL.
    )

    id: int | None = Field(default=None, primary_key=True)
    dnr: str = Field(unique=True)
    title: str
    initiative: str | None = Field(default=None, foreign_key="initiative.id")
    municipality: str | None = None
    last_handling: int = 0
    opened_at: datetime = Field(sa_type=UtcDateTime)


class Mail(RegistryTable, table=True):
    """One mail that intake has read."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_of_state", "state", "received_at"),)

    mail_id: str = Field(primary_key=True)
    digest: str = Field(index=True)
    role: MailboxRole = Field(sa_column=Column(KeyOf(MailboxRole), nullable=False))
    mailbox: str
    return_path: str
    from_address: str = Field(index=True)
    from_name: str
    subject: str = Field(sa_column=Column(Text, nullable=False))
    correspondence: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.Correspondence`, as it came."""
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    registered_at: datetime = Field(sa_type=UtcDateTime)
    disposition: Disposition = Field(sa_column=Column(KeyOf(Disposition), nullable=False))
    disposition_reason: str = ""
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: MailState = Field(sa_column=Column(KeyOf(MailState), nullable=False))
    text: str = Field(default="", sa_column=Column(Text, nullable=False))
    case_id: int | None = Field(default=None, foreign_key="case_file.id")
    """The mail's own case, where the mail itself is the matter; then `handling` is set too."""
    handling: int | None = None


class Part(RegistryTable, table=True):
    """One leaf part of a mail, as intake accounted for it."""

    __tablename__ = "part"

    mail_id: str = Field(primary_key=True, foreign_key="mail.mail_id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The part's index in the mail, from 0."""
    filename: str
    content_type: str
    size_bytes: int
    digest: str | None
    fate: PartFate = Field(sa_column=Column(KeyOf(PartFate), nullable=False))
    reason: str = ""


class Document(RegistryTable, table=True):
    """One document of a mail: a handling of a case."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("case_id", "handling", name="uq_handling_of_case"),
        Index("ix_document_of_answer", "initiative", "municipality"),
        Index("ix_document_of_fate", "fate", "received_at"),
        Index("ix_document_of_municipality", "municipality", "received_at"),
    )

    document_id: str = Field(primary_key=True)
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    case_id: int = Field(foreign_key="case_file.id")
    handling: int
    kind: DocumentKind = Field(sa_column=Column(KeyOf(DocumentKind), nullable=False))
    fate: Fate = Field(sa_column=Column(KeyOf(Fate), nullable=False))
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    initiative: str | None = Field(default=None, foreign_key="initiative.id")
    """What it answers, where that is certain; what was merely read stands in `reading`."""
    municipality: str | None = None
    content: str = Field(index=True)
    parts: list[int] = Field(sa_column=Column(JSON, nullable=False))
    reading: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.DocumentReading`, as it came."""
    duplicate_of: str | None = Field(default=None, foreign_key="document.document_id")
    late: bool = False
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    registered_at: datetime = Field(sa_type=UtcDateTime)
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    arranged_by: str | None = None
    """The arrangement that it comes from; None as intake read it first."""
    arranged_into: str | None = None
    """The arrangement that its pages went into, or go into while that is read."""


class DocumentText(RegistryTable, table=True):
    """A document's full text, and the copy of it that can be searched, as intake made them last."""

    __tablename__ = "document_text"
    # Not a foreign key: the mail may not be registered yet, for the events come by different roads.

    document_id: str = Field(primary_key=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    pdf: str
    """Digest of the copy, in the archive's derived area."""
    made_at: datetime = Field(sa_type=UtcDateTime)


class Arrangement(RegistryTable, table=True):
    """Pages of one mail that a registrar arranged into new documents, or had read again."""

    __tablename__ = "arrangement"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    state: ArrangementState = Field(sa_column=Column(KeyOf(ArrangementState), nullable=False))
    gives_way: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """The documents whose pages go into the new ones."""
    asked: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.PagesArranged`, as it was told."""
    left_out: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.DocumentReading` of the pages that belong to none; empty where all do."""
    cases: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """Cases that were named for an answer, by their id: what they were called before."""
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str = ""
    """Who took it back or undid it."""
    why: str = ""
    """Why it was not read: `shared.events.RereadFault`, and after a blank a `Reason`, if known."""


class FormerNumber(RegistryTable, table=True):
    """A handling number that a document had before it was moved to another case.

    The sender's receipt may show it; it is never given to anything else.
    """

    __tablename__ = "former_number"

    case_id: int = Field(
        primary_key=True, foreign_key="case_file.id", sa_column_kwargs={"autoincrement": False}
    )
    handling: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document_id: str = Field(foreign_key="document.document_id", index=True)
    moved_at: datetime = Field(sa_type=UtcDateTime)
