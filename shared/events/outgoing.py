"""Mails that leave: what is ordered of them, and what became of them."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Fact
from shared.events.mails import Correspondence, Disposition
from shared.events.reasons import Reason
from shared.identifiers import Digest, DocumentId, InitiativeId, MailId, MunicipalityCode


class LetterKind(StrEnum):
    """What a letter that the registry orders is for."""

    OFFER = "offer"
    REMINDER = "reminder"
    UPDATE = "update"
    CONTACT_CHANGED = "contact_changed"
    TEMPLATE_REQUEST = "template_request"
    QUESTION_FORWARDED = "question_forwarded"
    NEED_RECEIPT = "need_receipt"
    INVITATION = "invitation"
    NEWSLETTER = "newsletter"


class LetterFile(Fact):
    """A file that a letter carries."""

    name: str = Field(min_length=1, max_length=200, description="as its reader sees it")
    content_type: str = Field(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$")
    content: Digest = Field(description="its bytes, in the archive's derived area")


class Appointment(Fact):
    """What a letter invites to, as a calendar file tells it (RFC 5545)."""

    uid: str = Field(
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="the same in every letter about it; a calendar knows it again by that",
    )
    title: str = Field(min_length=1, max_length=200)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: str = Field(default="", max_length=300)
    description: str = Field(default="", max_length=4_000)
    url: str = Field(default="", pattern=r"^(https?://[!-~]{3,500})?$")
    reply_wanted: bool = Field(
        default=False, description="calendars ask for yes or no, and their answer comes back to us"
    )
    sequence: int = Field(default=0, ge=0, description="raised each time that it is changed")
    cancelled: bool = False


class AnsweredMail(Fact):
    """The mail that a letter answers: all that the gate must know of it."""

    mail_id: MailId
    received_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence


class LetterOrdered(Event):
    """registry → notifier: a letter to one recipient, worded; it is to be sent.

    One letter for a `letter_id`, however often it is ordered.

    `text` is plain: a blank line between paragraphs; lines that begin with `# ` are headings, with
    `- ` items, with `1. ` steps; `label | value` is a row of a small table.
    """

    subject: ClassVar[str] = "handslag.registry.letter_ordered"

    letter_id: UUID
    mailing_id: UUID | None = Field(default=None, description="the mailing that it is a part of")
    kind: LetterKind
    mailbox: str = Field(
        default="", max_length=254, description="our address that writes; empty: the usual one"
    )
    recipient: str = Field(max_length=320)
    recipient_name: str = Field(default="", max_length=200)
    attention: tuple[str, ...] = Field(
        default=(), max_length=10, description="for whom it is there, one role each"
    )
    subject_line: str = Field(min_length=1, max_length=250)
    heading: str = Field(default="", max_length=250)
    text: str = Field(min_length=1, max_length=50_000)
    files: tuple[LetterFile, ...] = Field(default=(), max_length=50)
    appointment: Appointment | None = None
    answers: AnsweredMail | None = Field(default=None, description="the mail that it answers")
    in_reply_to: str = Field(
        default="", max_length=1_000, description="a letter of ours that it follows upon"
    )
    references: tuple[str, ...] = Field(default=(), max_length=40)
    unsubscribe: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{20,100})?$",
        description="unguessable: who shows it unsubscribes this recipient from newsletters",
    )
    send_after: AwareDatetime | None = Field(default=None, description="no earlier; null: at once")
    initiative: InitiativeId | None = None
    municipality: MunicipalityCode | None = None
    document_id: DocumentId | None = None


class MailingState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """For good: what has not left is held back, with the reason MAILING_STOPPED."""


MAILING_STOPPED = "mailing_stopped"


class MailingSteered(Event):
    """registry → notifier: how a mailing is to go from now on; the latest that occurred counts.

    It may arrive before the mailing's letters, or after them.
    """

    subject: ClassVar[str] = "handslag.registry.mailing_steered"

    mailing_id: UUID
    state: MailingState = MailingState.RUNNING
    per_minute: float | None = Field(
        default=None, gt=0, le=100_000, description="letters; null: what the settings say"
    )
    per_minute_per_domain: float | None = Field(
        default=None, gt=0, le=100_000, description="to one domain; null: what the settings say"
    )


class MessageFate(StrEnum):
    SENT = "sent"
    HELD_BACK = "held_back"
    """By the gate, or because what it tells of was taken back: then `reason` is WITHDRAWN."""
    FAILED = "failed"


WITHDRAWN = "withdrawn"


class MessageSettled(Event):
    """notifier → registry: what became of one outgoing mail."""

    subject: ClassVar[str] = "handslag.notifier.message_settled"

    mail_id: MailId | None = Field(default=None, description="the mail it answers, if any")
    document_id: DocumentId | None = Field(
        default=None, description="the one document that it is about, if it is about one"
    )
    message_id: str
    letter_id: UUID | None = Field(default=None, description="the letter, if it was ordered")
    mailing_id: UUID | None = None
    kind: str
    recipient: str
    fate: MessageFate
    reason: str = ""
    content: Digest | None = Field(default=None, description="the exact bytes sent, in the archive")
    settled_at: AwareDatetime


class WordingChanged(Event):
    """registry → notifier: how staff word a part of the mails that leave by themselves.

    The latest that occurred counts. It concerns mails that are composed after it, and no other.
    """

    subject: ClassVar[str] = "handslag.registry.wording_changed"

    name: str = Field(
        pattern=r"^[a-z0-9_]{1,60}$", description="the part, a `shared.letters.parts.PartName`"
    )
    initiative: InitiativeId | None = Field(
        default=None, description="whose wording it is; null: of all that have none of their own"
    )
    restored: bool = Field(default=False, description="it is worded as delivered again")
    subject_line: str = Field(default="", max_length=250)
    heading: str = Field(default="", max_length=250)
    text: str = Field(default="", max_length=50_000)


class WordingRefused(Event):
    """notifier → registry: a mail left without such a wording, because it could not be used.

    Told once for each wording, at the first such mail.
    """

    subject: ClassVar[str] = "handslag.notifier.wording_refused"

    name: str = Field(pattern=r"^[a-z0-9_]{1,60}$")
    initiative: InitiativeId | None = None
    changed_at: AwareDatetime = Field(description="when the `WordingChanged` occurred")
    why: str = Field(max_length=500)
