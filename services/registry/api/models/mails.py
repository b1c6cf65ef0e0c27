"""Mails in and out, needs, the queue, the log, and what a search finds."""

from typing import Any

from pydantic import AwareDatetime, Field

from services.registry.api.models.common import Model, Page
from services.registry.api.models.documents import Candidate, Document, DocumentDetail
from services.registry.store.search import Kind, Place
from services.registry.tables import MailState, ReviewState
from shared.events import Disposition, MailboxRole, MessageFate, PartFate, Reason


class Mail(Model):
    """One mail that has come in. Personal identity numbers are covered in texts."""

    mail_id: str
    mailbox: str
    role: MailboxRole
    from_address: str
    from_name: str
    subject: str
    received_at: AwareDatetime
    registered_at: AwareDatetime
    disposition: Disposition
    disposition_reason: str
    reasons: list[Reason]
    state: MailState
    dnr: str | None = Field(description="Where the mail itself is the matter")
    handling: int | None


class MailPart(Model):
    """One part of a mail, and what became of it."""

    number: int
    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None
    fate: PartFate
    reason: str


class Message(Model):
    """One mail of ours, and what became of it."""

    message_id: str
    mail_id: str | None
    kind: str
    recipient: str
    fate: MessageFate
    reason: str
    settled_at: AwareDatetime


class MailDetail(Mail):
    """One mail with all its parts."""

    sha256: str
    text: str
    parts: list[MailPart]
    documents: list[Document]
    messages: list[Message]


class Need(Model):
    """A proposal: a document, or a mail that itself is one (then `document_id` is null)."""

    mail_id: str
    document_id: str | None
    dnr: str | None
    handling: int | None
    title: str
    proposer: str
    fields: dict[str, str] = Field(description="The template's answers, by the field's key")
    missing: list[str]
    reasons: list[Reason]
    received_at: AwareDatetime


class QueueItem(Model):
    """One matter that waits, or waited, for a person."""

    item_id: int
    mail_id: str
    document_id: str | None
    state: ReviewState
    reasons: list[Reason]
    mailbox: str
    from_address: str
    subject: str
    dnr: str | None
    handling: int | None
    initiative: str | None
    municipality: str | None
    claimed_by: str | None
    claimed_at: AwareDatetime | None
    received_at: AwareDatetime
    resolved_at: AwareDatetime | None
    resolved_by: str
    revision: int = Field(description="To be sent with the verdict")


class Resolution(Model):
    """One verdict."""

    resolution: str
    item_id: int
    verdict: str
    said: dict[str, Any]
    resolved_by: str
    resolved_at: AwareDatetime
    send_after: AwareDatetime | None = Field(
        description="When the sender's mail leaves at the earliest; null where none is written"
    )
    undone_by: str
    undone_at: AwareDatetime | None


class QueueItemDetail(QueueItem):
    """One matter with the evidence, whose it may be, and what was decided about it."""

    document: DocumentDetail | None
    mail: MailDetail
    candidates: list[Candidate] = Field(description="The likeliest first")
    resolutions: list[Resolution] = Field(description="The last first")


class LogLine(Model):
    """One line of the händelselogg."""

    id: int
    at: AwareDatetime
    who: str
    what: str
    mail_id: str | None
    document_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Excerpt(Model):
    """A line or two around what was found."""

    place: Place
    text: str


class Hit(Model):
    """One thing that was found."""

    kind: Kind
    mail_id: str
    document_id: str | None
    number: str = Field(description="dnr and handling number, if it has them")
    municipality_name: str
    title: str
    excerpts: list[Excerpt]


class MailPage(Page[Mail]):
    """The last to arrive first."""


class MessagePage(Page[Message]):
    """The last settled first."""


class NeedPage(Page[Need]):
    """The last to arrive first."""


class QueuePage(Page[QueueItem]):
    """The mail that came first first."""


class LogPage(Page[LogLine]):
    """The last first."""


class HitPage(Page[Hit]):
    """The best found first."""
