"""Initiatives, municipalities, answers and contact persons."""

from datetime import date

from pydantic import AwareDatetime, Field

from services.registry.api.models.common import Model, Page
from services.registry.store.answers import AnswerState
from services.registry.store.contacts import ContactState
from services.registry.tables import AnswerStatus
from shared.events import SignatureState


class Initiative(Model):
    """One initiative that municipalities may join, and how its answers fare."""

    id: str
    name: str
    round: str
    last_answer_day: date
    options: dict[str, str] = Field(description="Key → label, in the order of the form")
    start_when: dict[str, int]
    answers: dict[str, int] = Field(description="Option → municipalities whose answer it is")
    late: int
    review: int = Field(description="Municipalities from which something waits for a person")
    missing: int


class Municipality(Model):
    """One of the 290."""

    code: str = Field(description="Kommunkod, a string of four digits")
    name: str
    county: str = Field(description="Länskod")
    county_name: str


class MunicipalityDetail(Municipality):
    """What staff have imported about it, too."""

    registrar_address: str | None
    domains: list[str]


class AnswerLine(Model):
    """One municipality and one initiative; what has not come is null."""

    initiative: str
    municipality: str
    municipality_name: str
    status: AnswerState
    answer: str | None
    late: bool
    received_at: AwareDatetime | None
    registered_at: AwareDatetime | None
    dnr: str | None
    handling: int | None
    signature: SignatureState | None
    document_id: str | None
    waiting: list[str] = Field(description="Documents about it that wait for a person")


class Details(Model):
    """What else an answer says; empty where nothing is known."""

    signatory_name: str
    signatory_title: str
    place_date: str
    contact_name: str
    contact_email: str
    contact_phone: str
    their_reference: str


class Answer(Model):
    """One recorded answer, whatever became of it since."""

    document_id: str
    initiative: str
    municipality: str
    municipality_name: str
    answer: str
    status: AnswerStatus
    late: bool
    signature: SignatureState
    details: Details
    dnr: str
    handling: int
    recorded_by: str
    received_at: AwareDatetime
    recorded_at: AwareDatetime
    ended_at: AwareDatetime | None
    ended_by: str
    ended_why: str
    revision: str = Field(description="To be sent with what changes the answer")


class Contact(Model):
    """Whom to reach about an answer."""

    id: int
    initiative: str
    municipality: str
    municipality_name: str
    name: str
    email: str
    phone: str
    state: ContactState
    from_answer: bool
    document_id: str
    dnr: str
    handling: int
    added_at: AwareDatetime
    added_by: str
    changed_at: AwareDatetime | None
    changed_by: str
    ended_at: AwareDatetime | None
    ended_by: str
    revision: int


class InitiativePage(Page[Initiative]):
    """All initiatives fit on one page."""


class MunicipalityPage(Page[Municipality]):
    """All municipalities fit on one page."""


class AnswerLinePage(Page[AnswerLine]):
    """By initiative, then kommunkod."""


class AnswerHistory(Page[Answer]):
    """Everything that one municipality has answered to one initiative, the current first."""


class ContactPage(Page[Contact]):
    """By kommunkod, initiative and age."""
