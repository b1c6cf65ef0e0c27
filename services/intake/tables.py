"""Intake's ledger: which mails we have, where each was seen, and what was read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, UniqueConstraint, column
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime
from shared.outbox import add_bus_tables


class IntakeTable(SQLModel, registry=registry()):
    """Base of intake's tables."""


class MailRow(IntakeTable, table=True):
    """One mail, by the SHA-256 of its bytes; its original is in the archive before this row is."""

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "ix_mail_unread",
            "mail_id",
            sqlite_where=column("read_at").is_(None),
            postgresql_where=column("read_at").is_(None),
        ),
    )

    mail_id: str = Field(primary_key=True)
    digest: str = Field(unique=True)
    size_bytes: int = Field(sa_type=BigInteger)
    mailbox: str
    """Our address that it came to first."""
    role: str
    junk: bool
    door: str
    """`imap`, `smtp` or `lmtp`."""
    return_path: str | None = None
    """The envelope sender, where the door knows it; empty for a bounce."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    """When it reached our servers."""
    archived_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LocationRow(IntakeTable, table=True):
    """One place where a mail was seen: the key by which IMAP names it."""

    __tablename__ = "location"
    __table_args__ = (
        UniqueConstraint("account", "folder", "uidvalidity", "uid"),
        Index(
            "ix_location_unsettled",
            "account",
            "folder",
            sqlite_where=column("settled_at").is_(None),
            postgresql_where=column("settled_at").is_(None),
        ),
    )

    number: int | None = Field(default=None, primary_key=True)
    account: str
    folder: str
    uidvalidity: int = Field(sa_type=BigInteger)
    uid: int = Field(sa_type=BigInteger)
    mail_id: str = Field(sa_column=Column(ForeignKey("mail.mail_id"), nullable=False, index=True))
    seen_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was moved or flagged on the server, or found gone; until then that is to be done."""


class LeaseRow(IntakeTable, table=True):
    """Who fetches a mailbox, and until when nobody else does."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=UtcDateTime)


class FormRow(IntakeTable, table=True):
    """An initiative whose forms can be read, as the registry told."""

    __tablename__ = "form"

    initiative: str = Field(primary_key=True)
    name: str
    round: str
    options: str = Field(sa_column=Column(Text, nullable=False))
    """JSON: key → label, in the order of the form."""
    last_answer_day: str
    defined_at: datetime = Field(sa_type=UtcDateTime)


class LearnedFormRow(IntakeTable, table=True):
    """A form that somebody else made and that can be read, as the registry told."""

    __tablename__ = "learned_form"

    initiative: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    picture: str
    """Digest of the blank's picture: a newer version with the same picture replaces this one."""
    template: str = Field(sa_column=Column(Text, nullable=False))
    """JSON: `shared.forms.FormTemplate`."""
    learned_at: datetime = Field(sa_type=UtcDateTime)


class WithdrawnFormRow(IntakeTable, table=True):
    """A learned form that is not read by, unless it was learned later.

    In a table of its own, as it may be told of before the form itself is.
    """

    __tablename__ = "withdrawn_form"

    initiative: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    withdrawn_at: datetime = Field(sa_type=UtcDateTime)


class ReadingRow(IntakeTable, table=True):
    """What was read in a mail the last time: the body of its MailRead."""

    __tablename__ = "reading"

    mail_id: str = Field(sa_column=Column(ForeignKey("mail.mail_id"), primary_key=True))
    event_id: UUID
    disposition: str
    rule: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    read_at: datetime = Field(sa_type=UtcDateTime)


class RereadRow(IntakeTable, table=True):
    """What was read of pages that a person arranged: the body of its PagesRead, if it has any."""

    __tablename__ = "reread"

    arrangement: str = Field(primary_key=True)
    mail_id: str = Field(sa_column=Column(ForeignKey("mail.mail_id"), nullable=False, index=True))
    body: str = Field(sa_column=Column(Text, nullable=False))
    read_at: datetime = Field(sa_type=UtcDateTime)


add_bus_tables(IntakeTable.metadata)
