"""Mailings, and how letters are worded."""

from datetime import datetime
from enum import StrEnum
from typing import Any

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
)


class MailingStage(StrEnum):
    """Where a mailing stands, from first word to last letter."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    """Its letters are settled, and a second person is to say yes."""
    APPROVED = "approved"
    """Nothing leaves before somebody sends it."""
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """For good."""
    DONE = "done"


class RecipientState(StrEnum):
    """What has become of one recipient's letter."""

    LEFT_OUT = "left_out"
    WAITING = "waiting"
    """Not ordered yet."""
    ORDERED = "ordered"
    SENT = "sent"
    HELD_BACK = "held_back"
    FAILED = "failed"


class Mailing(RegistryTable, table=True):
    """Letters of one kind to many, as staff compose them, approve them and steer them."""

    __tablename__ = "mailing"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    kind: LetterKind = Field(sa_column=Column(KeyOf(LetterKind), nullable=False))
    stage: MailingStage = Field(sa_column=Column(KeyOf(MailingStage), nullable=False, index=True))
    title: str
    """What staff call it; no recipient sees it."""
    initiatives: list[str] = Field(sa_column=Column(JSON, nullable=False))
    audience: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Who is wanted, as `domain.recipients.Audience` reads it."""
    by_hand: str = Field(default="", sa_column=Column(Text, nullable=False))
    """Recipients that staff typed or loaded, a row each."""
    attention: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """For whom at the recipient it is, one role each."""
    subject: str
    heading: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    """Subject, heading and text are a template of `shared.letters`."""
    said: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """What staff wrote for the template's variables, by name."""
    with_forms: bool = False
    """Whether each municipality's own forms go with it."""
    appointment: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True))
    )
    """What it invites to: `shared.events.Appointment`."""
    send_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its first letter leaves; None: when somebody sends it."""
    per_minute: float | None = None
    per_minute_per_domain: float | None = None
    """How many letters leave in a minute; None: what the notifier is set to."""
    written_by: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Everybody who has written or chosen something in it: none of them approves it."""
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    submitted_by: str = ""
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str = ""
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its first letters were ordered."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    occasion: str | None = Field(default=None, unique=True)
    """What the machine proposed it for; each is proposed once."""
    revision: int = 1
    """Raised by every change, so that nobody approves or sends what they have not seen."""


class MailingRecipient(RegistryTable, table=True):
    """One recipient of a mailing, also those that were left out, and what became of the letter."""

    __tablename__ = "mailing_recipient"
    __table_args__ = (Index("ix_mailing_recipient_state", "mailing_id", "state"),)

    mailing_id: str = Field(primary_key=True, foreign_key="mailing.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """From 1, in the order in which they are listed and sent."""
    letter_id: str | None = Field(default=None, unique=True)
    """A UUID that follows from mailing and recipient; None for who was left out at once."""
    state: RecipientState = Field(sa_column=Column(KeyOf(RecipientState), nullable=False))
    reason: str = ""
    """Why it was left out (`domain.recipients.LeftOut`), or did not leave, as the notifier says."""
    address: str = Field(index=True)
    name: str = ""
    municipality: str = Field(default="", index=True)
    contact_id: int | None = None
    initiatives: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What the letter is about, of the mailing's initiatives."""
    unsubscribe: str = Field(default="", index=True)
    """Unguessable: who shows it unsubscribes this address from newsletters."""
    message_id: str = ""
    ordered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LetterTemplate(RegistryTable, table=True):
    """How letters are worded here instead of as delivered: for one initiative, or for all."""

    __tablename__ = "letter_template"

    name: str = Field(primary_key=True)
    """`shared.letters.kinds.TemplateName`, or `shared.letters.parts.PartName`."""
    initiative: str = Field(primary_key=True)
    """Empty: for all that have no wording of their own."""
    subject: str
    heading: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str
    refused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a mail first left with the delivered wording, because this one could not be used."""
    refused_why: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
