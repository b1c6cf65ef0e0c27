"""What municipalities are offered, and the forms they answer on."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Fact
from shared.forms import FormTemplate
from shared.identifiers import Digest, InitiativeId, OptionKey


class InitiativeDefined(Event):
    """registry → intake: an initiative and its options, so that its forms can be read."""

    subject: ClassVar[str] = "handslag.registry.initiative_defined"

    initiative: InitiativeId
    name: str
    round: str
    options: dict[OptionKey, str] = Field(description="key → label, in the order of the form")
    signatories: int = Field(default=1, ge=1, description="how many must sign for a municipality")
    last_answer_day: date


class FormLearned(Event):
    """registry → intake: a form that somebody else made can be read from now on.

    A newer version of the same blank replaces the older; otherwise all remain readable.
    """

    subject: ClassVar[str] = "handslag.registry.form_learned"

    initiative: InitiativeId
    template: FormTemplate
    blank: Digest = Field(description="the blank PDF, in the archive's derived area")


class FormWithdrawn(Event):
    """registry → intake: a learned form is no longer read by.

    It is again if it is learned later than this.
    """

    subject: ClassVar[str] = "handslag.registry.form_withdrawn"

    initiative: InitiativeId
    version: int


class BlankUploaded(Event):
    """registry → intake: staff want the form learned that this blank is printed from."""

    subject: ClassVar[str] = "handslag.registry.blank_uploaded"

    draft: UUID
    blank: Digest = Field(description="a PDF from outside, in the archive's derived area")


class BlankPage(Fact):
    """One page of a blank; its picture is a grey PNG in the archive's derived area."""

    picture: Digest
    width_mm: float
    height_mm: float


class BlankExamined(Event):
    """intake → registry: what stands on a blank, or why it could not be opened."""

    subject: ClassVar[str] = "handslag.intake.blank_examined"

    draft: UUID
    answers: UUID = Field(description="the event that asked")
    fault: str = Field(default="", description="a stable key; empty if it could be opened")
    pages: tuple[BlankPage, ...] = ()
    survey: Digest | None = Field(
        default=None, description="`shared.blank.BlankSurveyed` as JSON, in the derived archive"
    )


class FieldsPointed(Event):
    """registry → intake: where staff say that the fields of an examined blank are."""

    subject: ClassVar[str] = "handslag.registry.fields_pointed"

    draft: UUID
    survey: Digest
    pictures: tuple[Digest, ...] = Field(description="of every page, in their order")
    fields: str = Field(max_length=20_000, description="as `handslag form learn` takes it (YAML)")
    options: tuple[OptionKey, ...]
    names: tuple[str, ...] = Field(description="texts that say which initiative it is")
    signatories: int = 1
    version: int


class FieldFault(Fact):
    """What is wrong with one field of a blank, or, without a field, with all of it."""

    field: str = ""
    fault: str = Field(description="a stable key")
    said: str = Field(default="", max_length=500, description="in the reader's own words")


class FormDrafted(Event):
    """intake → registry: the form that was pointed out, not in force, or why there is none."""

    subject: ClassVar[str] = "handslag.intake.form_drafted"

    draft: UUID
    answers: UUID = Field(description="the event that asked")
    template: FormTemplate | None = None
    preview: Digest | None = Field(
        default=None, description="a PNG with the fields drawn, in the derived archive"
    )
    faults: tuple[FieldFault, ...] = ()
