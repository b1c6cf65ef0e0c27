"""Documents (handlingar), with what was read in them and where."""

from pydantic import AwareDatetime, Field

from services.registry.api.models.answers import Answer
from services.registry.api.models.common import Model, Page
from services.registry.domain.candidates import Ground
from shared.events import DocumentKind, Fate, Reason, Source, WitnessKind
from shared.evidence import FoundKind, Weight


class Document(Model):
    """One document of a mail: a handling of a case."""

    document_id: str
    mail_id: str
    dnr: str
    handling: int
    kind: DocumentKind
    fate: Fate
    reasons: list[Reason]
    initiative: str | None = Field(description="What it answers, where that is certain")
    municipality: str | None
    municipality_name: str | None
    late: bool
    duplicate_of: str | None
    received_at: AwareDatetime
    registered_at: AwareDatetime
    handled_at: AwareDatetime | None


class File(Model):
    """A file that the document stands in; `number` is its part of the mail."""

    number: int
    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None


class PagePicture(Model):
    """One page of the document."""

    number: int
    file: int
    width_px: int
    height_px: int
    picture: bool = Field(description="Whether there is a picture of it")


class ReadValue(Model):
    """One value as it was read; personal identity numbers are covered."""

    key: str
    text: str
    confidence: float
    source: Source


class Evidence(Model):
    """A place on a page that the reading went by, in fractions of its width and height."""

    key: str
    kind: FoundKind
    weight: Weight
    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str
    confidence: float | None


class Witness(Model):
    """What may tell whose a form without codes is, and whom it names."""

    kind: WitnessKind
    text: str
    legible: bool
    municipalities: list[str] | None


class DocumentDetail(Document):
    """One document with all that was read in it."""

    title: str
    files: list[File]
    pages: list[PagePicture]
    values: list[ReadValue]
    evidence: list[Evidence]
    witnesses: list[Witness]
    answer: Answer | None = Field(description="The answer that was recorded from it")
    searchable: bool
    queue_item: int | None


class Candidate(Model):
    """A municipality whose the document may be, and what speaks for it."""

    municipality: str
    municipality_name: str
    grounds: list[Ground]
    easily_confused: list[str]


class DocumentPage(Page[Document]):
    """The last to arrive first."""
