"""Pages of a mail put together anew by staff, and read again."""

from enum import IntEnum, StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Fact
from shared.events.documents import DocumentReading
from shared.events.mails import MailboxRole
from shared.events.reasons import Reason
from shared.identifiers import Digest, DocumentId, InitiativeId, MailId


class Turn(IntEnum):
    """How far a page is turned clockwise, in degrees."""

    NONE = 0
    QUARTER = 90
    HALF = 180
    THREE_QUARTERS = 270


class ArrangedPage(Fact):
    """One page of a mail's files, as a person wants it read."""

    part: int = Field(ge=0, description="index of the mail's part that it stands in")
    source_page: int = Field(ge=1, description="number of the page in that file, from 1")
    file: Digest = Field(description="of the file's bytes, as they were when it was last read")
    image: Digest | None = Field(description="the picture of it that the person saw")
    turn: Turn = Field(default=Turn.NONE, description="from how that picture stands")


class ReadAs(StrEnum):
    """As what a document is read: by all forms that are known, or by one kind alone."""

    ANY = "any"
    OWN_FORM = "own_form"
    LEARNED_FORM = "learned_form"
    NEED = "need"


class ArrangedDocument(Fact):
    """A document to be: its pages in their order, and what to read them as."""

    document_id: DocumentId
    pages: tuple[ArrangedPage, ...] = Field(min_length=1)
    read_as: ReadAs = ReadAs.ANY
    initiative: InitiativeId | None = Field(default=None, description="of the learned form")
    version: int | None = Field(default=None, description="of the learned form")


class PagesArranged(Event):
    """registry → intake: a person wants these pages of a mail read anew, as these documents.

    The original is untouched, and so is what was read of it before.
    """

    subject: ClassVar[str] = "handslag.registry.pages_arranged"

    arrangement: UUID
    mail_id: MailId
    digest: Digest
    role: MailboxRole
    received_at: AwareDatetime
    documents: tuple[ArrangedDocument, ...] = Field(min_length=1)


class RereadFault(StrEnum):
    """Why pages could not be read anew; what there was of them before still stands."""

    ORIGINAL_GONE = "original_gone"
    """The mail is not in the archive, or damaged there."""
    MAIL_UNREADABLE = "mail_unreadable"
    FILE_GONE = "file_gone"
    """The mail, taken apart again, has another file in its place, or none."""
    FILE_UNREADABLE = "file_unreadable"
    PAGE_GONE = "page_gone"
    FORM_WITHDRAWN = "form_withdrawn"
    """The learned form that it was to be read as is in force no longer."""


class PagesRead(Event):
    """intake → registry: what pages say that a person arranged; each document waits for a person.

    With a fault there are no documents, and nothing has changed.
    """

    subject: ClassVar[str] = "handslag.intake.pages_read"

    arrangement: UUID
    mail_id: MailId
    sender_authentic: bool = Field(default=False, description="as in MailRead")
    documents: tuple[DocumentReading, ...] = ()
    fault: RereadFault | None = None
    reason: Reason | None = Field(default=None, description="more about the fault, if known")
