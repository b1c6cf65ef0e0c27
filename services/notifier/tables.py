"""The notifier's tables: every outgoing mail and what became of it.

A row is written once for each (mail, kind, decision about it) and never deleted. Caps are counted
from it, the queue is the rows that wait, and what was held back is here with its reason.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime
from shared.outbox import add_bus_tables


class MessageState(StrEnum):
    """Where an outgoing mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    """A sender has it in hand until `lease_until`; its fate at the relay is not yet known."""
    SENT = "sent"
    HELD_BACK = "held_back"
    FAILED = "failed"


class NotifierTable(SQLModel, registry=registry()):
    """The tables of this service, apart from those of the others."""


class MessageRow(NotifierTable, table=True):
    """One outgoing mail."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("mail_id", "kind", "about", name="uq_message_mail_id_kind_about"),
        UniqueConstraint("message_id", name="uq_message_message_id"),
        UniqueConstraint("token", name="uq_message_token"),
        Index("ix_message_queue", "state", "next_try_at"),
        Index("ix_message_recipient", "recipient_key", "created_at"),
    )

    number: int | None = Field(default=None, primary_key=True)
    kind: str
    mail_id: str | None = None
    """The mail it answers."""
    about: str = ""
    """The decision that it tells of, in hex; empty where it tells of the mail as a whole."""
    document_id: str | None = None
    """The document that the decision is about."""
    message_id: str
    """Derived from `kind` and `about`, or `mail_id`: a repeat carries the same."""
    token: str
    """The unguessable part of `envelope_sender`, by which a bounce is known as ours."""
    envelope_sender: str
    recipient: str
    recipient_key: str
    """The recipient in lower case and without tags: what the cap counts."""
    subject: str
    content: str | None = None
    """Digest of the exact bytes, in the archive's derived area; none for what was held back."""
    state: str
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    """Why it was held back (the gate's rules) or failed."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    """When the mail that it answers reached us."""
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it may leave; until then it waits by intention."""
    attempts: int = 0
    """How often the relay said: later."""
    doubts: int = 0
    """How often it was handed over without us learning the relay's answer."""
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    last_error: str = Field(default="", sa_column=Column(Text, nullable=False))
    sender: str = ""
    """Which process has it in hand."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WithdrawnRow(NotifierTable, table=True):
    """One decision that was taken back: no mail about it leaves any more, whenever it comes."""

    __tablename__ = "withdrawn"

    about: str = Field(primary_key=True)
    withdrawn_at: datetime = Field(sa_type=UtcDateTime)


METADATA = NotifierTable.metadata
add_bus_tables(METADATA)
