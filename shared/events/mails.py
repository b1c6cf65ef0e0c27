"""What came in, and what intake made of it."""

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Fact
from shared.events.documents import DocumentReading
from shared.events.reasons import Reason
from shared.identifiers import Digest, DocumentId, MailId


class PartFate(StrEnum):
    """What became of one part of a mail; every part has exactly one fate."""

    DOCUMENT = "document"
    TEXT = "text"
    SKIPPED = "skipped"


class PartSummary(Fact):
    """One leaf part of a mail. `reason` says why a skipped part was skipped, in a stable key."""

    index: int = Field(ge=0)
    filename: str
    content_type: str = Field(description="as the bytes show, not only as the mail claims")
    size_bytes: int
    digest: Digest | None
    fate: PartFate
    reason: str = ""


class MailboxRole(StrEnum):
    ANSWERS = "answers"
    NEEDS = "needs"


class Disposition(StrEnum):
    """What kind of mail it is, as the first triage decided."""

    ANSWERS = "answers"
    NEED = "need"
    QUESTION = "question"
    REVIEW = "review"
    SET_ASIDE = "set_aside"


class Correspondence(Fact):
    """What the notifier needs to answer a mail, and to know that it must not be answered."""

    mailbox: str = Field(description="our address that the mail came to")
    return_path: str = Field(description="envelope sender; empty for a bounce")
    from_address: str
    from_name: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    manners: dict[str, str] = Field(
        default_factory=dict,
        description="the headers that decide whether one may reply (RFC 3834), names in lower case",
    )


class MailArchived(Event):
    """intake → intake: the original is safe and in the ledger; it can be read."""

    subject: ClassVar[str] = "handslag.intake.mail_archived"

    mail_id: MailId
    digest: Digest
    size_bytes: int
    mailbox: str
    role: MailboxRole
    junk: bool = False
    received_at: AwareDatetime = Field(description="when the mail reached our servers")
    return_path: str | None = Field(default=None, description="where the door knows it")


class MailRead(Event):
    """intake → registry: what a mail holds, part by part and document by document."""

    subject: ClassVar[str] = "handslag.intake.mail_read"

    mail_id: MailId
    digest: Digest
    role: MailboxRole
    received_at: AwareDatetime
    correspondence: Correspondence
    disposition: Disposition
    disposition_reason: str = Field(default="", description="the triage rule that decided")
    sender_authentic: bool = Field(
        default=False, description="our own mail server found that the sender is who it says"
    )
    mail_reasons: tuple[Reason, ...] = Field(
        default=(), description="doubts about the mail as a whole; they hold back every document"
    )
    text: str = Field(default="", max_length=20_000, description="the mail's plain text")
    parts: tuple[PartSummary, ...] = ()
    documents: tuple[DocumentReading, ...] = ()


class DocumentSearchable(Event):
    """intake → registry: a document's full text, and a copy of it that can be searched.

    Made in the background, after the mail was read; the original is untouched.
    """

    subject: ClassVar[str] = "handslag.intake.document_searchable"

    mail_id: MailId
    document_id: DocumentId
    text: str = Field(max_length=100_000, description="all its words, line by line, page by page")
    pdf: Digest = Field(description="the copy, in the archive's derived area")
    pages: int = Field(ge=1)


class DeliveryFailed(Event):
    """intake → notifier, registry: a mail of ours came back."""

    subject: ClassVar[str] = "handslag.intake.delivery_failed"

    mail_id: MailId = Field(description="the bounce itself")
    token: str = Field(description="the token of the envelope sender, if any")
    recipient: str = ""
    status: str = Field(default="", description="enhanced status code (RFC 3463), if any")
    diagnostic: str = ""


class ReplyKind(StrEnum):
    """What somebody's answer to a mail of ours says of its sender."""

    REPLY = "reply"
    LEFT = "left"
    """Whoever we wrote to has left."""
    AWAY = "away"
    """An automatic answer that says nothing else."""
    WRONG_PERSON = "wrong_person"


class ReplyReceived(Event):
    """intake → registry: a mail answers a mail of ours; told beside `MailRead`.

    Whoever knows a mail of ours can claim to answer it: no answer may follow from this.
    """

    subject: ClassVar[str] = "handslag.intake.reply_received"

    mail_id: MailId = Field(description="the mail that came in")
    received_at: AwareDatetime
    kind: ReplyKind
    sender: str = ""
    token: str = Field(default="", description="of the envelope sender, if a machine answered")
    answers: tuple[str, ...] = Field(
        default=(), description="Message-IDs of ours that it names; none of them is checked"
    )
    suggested: tuple[str, ...] = Field(default=(), description="addresses to write to instead")


class UnsubscribeAsked(Event):
    """intake → registry: a mail was sent to the address that ends a newsletter."""

    subject: ClassVar[str] = "handslag.intake.unsubscribe_asked"

    mail_id: MailId
    received_at: AwareDatetime
    token: str = Field(
        pattern=r"^[A-Za-z0-9_-]{20,100}$",
        description="of the letter that offered it; in small letters, if a server made it so",
    )
    sender: str = ""
