"""Mails that left, and what came back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Text,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable
from shared.database import UtcDateTime
from shared.events import (
    LetterKind,
    MessageFate,
    ReplyKind,
)


class BounceState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class ReplyState(StrEnum):
    NOTED = "noted"
    """Nothing to do: it is shown with what it answers."""
    OPEN = "open"
    ACCEPTED = "accepted"
    """The suggested address, or another, was given to whom it was about."""
    DISMISSED = "dismissed"


class UnsubscribedHow(StrEnum):
    ONE_CLICK = "one_click"
    """By the mail program's own button (RFC 8058)."""
    PAGE = "page"
    """By the page that the letter links to."""
    MAIL = "mail"
    STAFF = "staff"


class Message(RegistryTable, table=True):
    """What became of one outgoing mail, as the notifier reported last."""

    __tablename__ = "message"
    __table_args__ = (
        # The mail it answers may not be registered yet: the events come by different roads.
        Index("ix_message_of_mail", "mail_id"),
    )

    message_id: str = Field(primary_key=True)
    mail_id: str | None = None
    kind: str
    recipient: str = Field(index=True)
    fate: MessageFate = Field(sa_column=Column(KeyOf(MessageFate), nullable=False))
    reason: str = ""
    content: str | None = None
    settled_at: datetime = Field(sa_type=UtcDateTime, index=True)
    document_id: str | None = Field(default=None, index=True)
    """The one document that it is about, if it is about one."""
    letter_id: str | None = Field(default=None, index=True)
    """Which letter it is, if the registry ordered it."""
    mailing_id: str | None = Field(default=None, index=True)


class OrderedLetter(RegistryTable, table=True):
    """A letter that was ordered by itself, not as a part of a mailing, and whom it is about."""

    __tablename__ = "letter"

    letter_id: str = Field(primary_key=True)
    """A UUID."""
    kind: LetterKind = Field(sa_column=Column(KeyOf(LetterKind), nullable=False))
    recipient: str = Field(index=True)
    subject: str
    ordered_at: datetime = Field(sa_type=UtcDateTime)
    ordered_by: str
    mail_id: str | None = Field(default=None, index=True)
    """The mail that it answers, if any."""
    initiative: str | None = None
    municipality: str | None = Field(default=None, index=True)
    document_id: str | None = Field(default=None, index=True)
    contact_id: int | None = Field(default=None, index=True)
    resolution: str | None = Field(default=None, index=True)
    """The verdict that it tells of: if that is taken back, it must not leave."""


class Reply(RegistryTable, table=True):
    """A mail that answers a mail of ours, as intake told of it. It never changes an answer.

    That somebody has left, or was the wrong person, is a task about an address.
    """

    __tablename__ = "reply"
    __table_args__ = (Index("ix_reply_tasks", "state", "received_at"),)

    mail_id: str = Field(primary_key=True)
    # Not a foreign key: the mail may not be registered yet, for the events come by different roads.
    kind: ReplyKind = Field(sa_column=Column(KeyOf(ReplyKind), nullable=False))
    sender: str = Field(index=True)
    """In lower case."""
    token: str
    suggested: list[str] = Field(sa_column=Column(JSON, nullable=False))
    received_at: datetime = Field(sa_type=UtcDateTime)
    state: ReplyState = Field(sa_column=Column(KeyOf(ReplyState), nullable=False))
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""


class ReplyTo(RegistryTable, table=True):
    """A mail of ours that a reply names. It need not be one: whoever writes can name anything."""

    __tablename__ = "reply_to"

    mail_id: str = Field(primary_key=True, foreign_key="reply.mail_id")
    message_id: str = Field(primary_key=True, index=True)


class Unsubscribed(RegistryTable, table=True):
    """An address that wants no newsletters, or wants them again (`resumed_at`)."""

    __tablename__ = "unsubscribed"

    address: str = Field(primary_key=True)
    """In lower case."""
    unsubscribed_at: datetime = Field(sa_type=UtcDateTime)
    how: UnsubscribedHow = Field(sa_column=Column(KeyOf(UnsubscribedHow), nullable=False))
    by: str = ""
    """Who of the staff; empty: the person."""
    letter_id: str | None = None
    """The letter whose link was followed."""
    resumed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resumed_by: str = ""
    """Who of the staff; empty: the person."""


class Bounce(RegistryTable, table=True):
    """A mail of ours that came back: a task about an address. It never changes an answer."""

    __tablename__ = "bounce"
    __table_args__ = (Index("ix_bounce_tasks", "state", "came_at"),)

    mail_id: str = Field(primary_key=True)
    """The bounce itself; one may tell of several recipients."""
    recipient: str = Field(primary_key=True, index=True)
    token: str
    status: str
    diagnostic: str = Field(sa_column=Column(Text, nullable=False))
    state: BounceState = Field(sa_column=Column(KeyOf(BounceState), nullable=False))
    came_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""
