"""The notifier's tables: every outgoing mail and what became of it.

A row is written once for each (mail, kind, decision about it), once for each letter that was
ordered, and never deleted. Caps are counted from it, the queue is the rows that wait, and what was
held back is here with its reason.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

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


class Priority(IntEnum):
    """Which mail leaves first; the smaller number does."""

    ANSWER = 0
    """Somebody who wrote to us waits for it."""
    LETTER = 1
    MAILING = 2


class NotifierTable(SQLModel, registry=registry()):
    """The tables of this service, apart from those of the others."""


class MessageRow(NotifierTable, table=True):
    """One outgoing mail."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("mail_id", "kind", "about", name="uq_message_mail_id_kind_about"),
        UniqueConstraint("message_id", name="uq_message_message_id"),
        UniqueConstraint("token", name="uq_message_token"),
        UniqueConstraint("letter_id", name="uq_message_letter_id"),
        Index("ix_message_queue", "state", "priority", "next_try_at"),
        Index("ix_message_recipient", "recipient_key", "created_at"),
        Index("ix_message_counted", "created_at", "letter_id", "state"),
        Index("ix_message_mailing", "mailing_id", "state"),
    )

    number: int | None = Field(default=None, primary_key=True)
    kind: str
    mail_id: str | None = None
    """The mail it answers."""
    about: str = ""
    """The decision that it tells of, or the letter that it is, in hex; empty where it tells of the
    mail as a whole."""
    document_id: str | None = None
    """The document that the decision is about."""
    letter_id: UUID | None = None
    """The letter that was ordered; None for our own answers."""
    mailing_id: UUID | None = None
    priority: int = Priority.ANSWER
    message_id: str
    """Derived from `kind` and `about`, or `mail_id`: a repeat carries the same."""
    token: str
    """The unguessable part of `envelope_sender`, by which a bounce is known as ours."""
    envelope_sender: str
    recipient: str
    recipient_key: str
    """The recipient in lower case and without tags: what the cap counts."""
    domain: str = ""
    """The recipient's domain, which a mailing may not crowd."""
    subject: str
    content: str | None = None
    """Digest of the exact bytes, in the archive's derived area.

    None for what was held back, and for a letter whose turn has not come: it is composed then.
    """
    state: str
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    """Why it was held back (the gate's rules) or failed."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    """When the mail that it answers reached us, or the letter was ordered."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it may leave; until then it waits by intention. Of a mailing's letter, once its turn has
    come: that moment."""
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


class OrderRow(NotifierTable, table=True):
    """What was ordered, word for word: a letter is composed from it when its turn comes."""

    __tablename__ = "letter_order"

    letter_id: UUID = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
    """The `LetterOrdered` event, as JSON."""


class MailingRow(NotifierTable, table=True):
    """One mailing: whether its letters leave, and how fast."""

    __tablename__ = "mailing"

    mailing_id: UUID = Field(primary_key=True)
    state: str
    """A `MailingState`."""
    per_minute: float | None = None
    """None: as the settings say."""
    per_minute_per_domain: float | None = None
    steered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When what it was last told occurred; what occurred earlier changes nothing any more."""
    next_at: datetime = Field(sa_type=UtcDateTime)
    """No letter of it leaves before."""


class DomainPaceRow(NotifierTable, table=True):
    """When the next letter of a mailing may go to a domain."""

    __tablename__ = "domain_pace"

    mailing_id: UUID = Field(primary_key=True)
    domain: str = Field(primary_key=True)
    next_at: datetime = Field(sa_type=UtcDateTime)


class WordingRow(NotifierTable, table=True):
    """How staff word a part of the mails that leave by themselves; the last that was told."""

    __tablename__ = "wording"

    name: str = Field(primary_key=True)
    """`shared.letters.parts.PartName`; one that this version does not know is kept, not used."""
    initiative: str = Field(primary_key=True)
    """Empty: for all that have no wording of their own."""
    restored: bool
    """It is worded as delivered; the row only tells since when."""
    subject: str
    heading: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = Field(sa_type=UtcDateTime)
    """What occurred earlier changes nothing any more."""
    refused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was told that it cannot be used."""


METADATA = NotifierTable.metadata
add_bus_tables(METADATA)
