"""What a registrar's program asks for, and what it is answered."""

from typing import Annotated, Literal

from pydantic import Field

from services.registry.api.models.answers import Answer
from services.registry.api.models.common import Asked, Model
from services.registry.api.models.mails import Resolution
from shared.events import Reason, SignatureState

SeenItem = Annotated[int, Field(ge=0, description="revision, as the matter was seen")]
SeenAnswer = Annotated[str, Field(max_length=64, description="revision, as the answer was seen")]


class GivenDetails(Asked):
    """What else an answer says; what is left out is empty."""

    signatory_name: str = ""
    signatory_title: str = ""
    place_date: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    their_reference: str = ""


class AttachVerdict(Asked):
    """Koppla: it is the municipality's answer. With `replaces`, instead of the one that stands."""

    verdict: Literal["attach"]
    revision: SeenItem
    initiative: str
    municipality: str = Field(description="Kommunkod")
    answer: str = Field(description="The key of one of the initiative's options")
    signature: SignatureState
    details: GivenDetails = GivenDetails()
    replaces: str | None = Field(
        default=None, description="document_id of the answer that stands, as it was seen"
    )


class DuplicateVerdict(Asked):
    """Dubblett: it repeats what another document has said."""

    verdict: Literal["duplicate"]
    revision: SeenItem
    of: str = Field(description="document_id of the answer that it repeats")


class AskAgainVerdict(Asked):
    """Begär nytt svar: the sender is told what is wrong."""

    verdict: Literal["ask_again"]
    revision: SeenItem
    reasons: list[Reason]
    message: str = Field(default="", description="The registrar's own words")


class ToNeedsVerdict(Asked):
    """För över till behov."""

    verdict: Literal["to_needs"]
    revision: SeenItem


class ToQuestionsVerdict(Asked):
    """För över till fråga."""

    verdict: Literal["to_questions"]
    revision: SeenItem


class LeaveOutVerdict(Asked):
    """Registreras inte, and why."""

    verdict: Literal["leave_out"]
    revision: SeenItem
    why: str


class DoneVerdict(Asked):
    """Hanterad: the mail itself needs nothing more."""

    verdict: Literal["done"]
    revision: SeenItem


GivenVerdict = Annotated[
    AttachVerdict
    | DuplicateVerdict
    | AskAgainVerdict
    | ToNeedsVerdict
    | ToQuestionsVerdict
    | LeaveOutVerdict
    | DoneVerdict,
    Field(discriminator="verdict"),
]


class VoidRequest(Asked):
    """Makulera, and why."""

    revision: SeenAnswer
    why: str


class CorrectRequest(Asked):
    """Rätta: what the document says, all of it, and why what was recorded is wrong."""

    revision: SeenAnswer
    answer: str
    signature: SignatureState
    details: GivenDetails
    why: str


class Resolved(Model):
    """What was decided, and how the matter stands now."""

    resolution: Resolution
    revision: int = Field(description="The matter's revision from now on")
    answer: Answer | None = Field(description="The answer of the document, if it has one")
