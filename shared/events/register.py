"""What was registered, decided, and taken back."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Fact
from shared.events.mails import Correspondence, Disposition
from shared.events.reasons import Reason
from shared.identifiers import DocumentId, InitiativeId, MailId, MunicipalityCode, OptionKey


class AnswerRecorded(Event):
    """registry → all: a municipality's current answer to an initiative."""

    subject: ClassVar[str] = "handslag.registry.answer_recorded"

    initiative: InitiativeId
    municipality: MunicipalityCode
    answer: OptionKey
    document_id: DocumentId
    dnr: str
    handling: int
    received_at: AwareDatetime
    late: bool
    by: str = Field(description="`machine`, or the registrar's user name")


class AnswerVoided(Event):
    """registry → all: an answer is no longer current, and no other took its place."""

    subject: ClassVar[str] = "handslag.registry.answer_voided"

    initiative: InitiativeId
    municipality: MunicipalityCode
    document_id: DocumentId
    by: str = Field(description="the registrar's user name")


class Fate(StrEnum):
    """What the registry did with one document of a mail."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    RETURNED = "returned"
    NEED = "need"
    QUESTION = "question"
    """A person found that it asks something; staff answer it."""
    NOT_REGISTERED = "not_registered"
    """A person found that it is nothing to register (registreras inte)."""
    REARRANGED = "rearranged"
    """A person put its pages together to other documents, which have fates of their own."""


class RegisteredDocument(Fact):
    """One line of a receipt."""

    document_id: DocumentId
    dnr: str
    handling: int
    fate: Fate
    files: tuple[str, ...] = ()
    initiative: InitiativeId | None = Field(
        default=None, description="whose wording its part of a mail has"
    )
    initiative_name: str | None = None
    municipality_name: str | None = None
    answer_label: str | None = None
    late: bool = False
    reasons: tuple[Reason, ...] = ()


class MailRegistered(Event):
    """registry → notifier: a mail's documents are registered; its sender should be told.

    One event for a mail, so that one receipt names all its documents. `documents` is empty when
    the mail itself became a matter for staff (a question, no attachment).
    """

    subject: ClassVar[str] = "handslag.registry.mail_registered"

    mail_id: MailId
    received_at: AwareDatetime
    registered_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence
    dnr: str = Field(default="", description="the mail's own number, when it has no documents")
    handling: int = 0
    documents: tuple[RegisteredDocument, ...] = ()


class DocumentResolved(Event):
    """registry → notifier: a person decided what became of a document; its sender should be told.

    Only of what concerns the sender: an answer recorded, a duplicate, a new document asked for.
    """

    subject: ClassVar[str] = "handslag.registry.document_resolved"

    resolution: UUID = Field(description="the decision, which may be taken back")
    send_after: AwareDatetime = Field(description="no mail leaves before: the time to take it back")
    mail_id: MailId
    received_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence
    document: RegisteredDocument = Field(description="as it stands now")
    replaces_label: str | None = Field(
        default=None, description="the answer that stood until now, if this one replaced it"
    )
    former_dnr: str = Field(default="", description="the number of the receipt, if it is another")
    message: str = Field(
        default="", max_length=2_000, description="what the registrar wrote to the sender"
    )


class ResolutionUndone(Event):
    """registry → notifier: the decision was taken back; a mail about it that waits must not leave.

    It may arrive before the decision itself.
    """

    subject: ClassVar[str] = "handslag.registry.resolution_undone"

    resolution: UUID
    mail_id: MailId
