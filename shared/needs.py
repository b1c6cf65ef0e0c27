"""The needs template (behovsmall): what it asks, in which words and in which order.

The printer (registry) and the reader (intake) meet here: the one prints these words, the other
looks for them. A field's key is also the tag of its content control in the Word template, and,
after `FIELD_PREFIX`, the name of its form field in the PDF.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FIELD_PREFIX: Final = "need."
TITLE: Final = "Beskriv ett behov"
SUBTITLE: Final = "Handslag för digitalisering · behovsmall"


class NeedField(StrEnum):
    """What is asked of a need."""

    TITLE = "title"
    PROBLEM = "problem"
    AFFECTED = "affected"
    EFFECT = "effect"
    BASIS = "basis"
    EXISTING = "existing"
    URGENCY = "urgency"
    PROPOSER = "proposer"
    CONTACT_NAME = "contact_name"
    CONTACT_EMAIL = "contact_email"
    CONTACT_PHONE = "contact_phone"

    @property
    def form_name(self) -> str:
        """The name of its form field, and the tag of its content control."""
        return FIELD_PREFIX + self.value


@dataclass(frozen=True)
class Question:
    """One field as it is printed: its label, a line of help, and the room that it gets.

    `lines` is about how many lines an answer needs. What is not `required` may be left empty.
    """

    field: NeedField
    label: str
    help: str = ""
    lines: int = 1
    required: bool = False


@dataclass(frozen=True)
class Part:
    """A heading of the template and the questions below it."""

    heading: str
    questions: tuple[Question, ...]


TEMPLATE: Final[tuple[Part, ...]] = (
    Part(
        "Behovet",
        (
            Question(
                NeedField.TITLE,
                "Behovet i korthet",
                "En mening som säger vad det gäller.",
                required=True,
            ),
            Question(
                NeedField.PROBLEM,
                "Vilket är behovet eller problemet?",
                "Beskriv vad som inte fungerar eller vad som saknas.",
                lines=8,
                required=True,
            ),
            Question(
                NeedField.AFFECTED,
                "Vem berörs?",
                "Till exempel invånare, elever eller handläggare. Ungefär hur många är de?",
                lines=3,
                required=True,
            ),
            Question(
                NeedField.EFFECT,
                "Vilken effekt hoppas ni på?",
                "Vad blir bättre, och hur går det att mäta?",
                lines=3,
                required=True,
            ),
        ),
    ),
    Part(
        "Bakgrund",
        (
            Question(
                NeedField.BASIS,
                "Vilken lag eller vilket mål ligger bakom?",
                "Till exempel en ny lag, en ny nationell tjänst eller ett beslutat mål.",
                lines=3,
            ),
            Question(
                NeedField.EXISTING,
                "Vad finns i dag?",
                "System, avtal eller arbeten som redan finns, hos er eller hos andra.",
                lines=3,
            ),
            Question(
                NeedField.URGENCY,
                "Hur angeläget är behovet, och när måste det vara löst?",
                "Finns det en dag att förhålla sig till, till exempel när en lag börjar gälla?",
                lines=3,
            ),
        ),
    ),
    Part(
        "Vem som lämnar förslaget",
        (
            Question(NeedField.PROPOSER, "Kommun eller annan organisation", required=True),
            Question(NeedField.CONTACT_NAME, "Kontaktperson", required=True),
            Question(NeedField.CONTACT_EMAIL, "E-postadress", required=True),
            Question(NeedField.CONTACT_PHONE, "Telefon"),
        ),
    ),
)

QUESTIONS: Final[tuple[Question, ...]] = tuple(
    question for part in TEMPLATE for question in part.questions
)
LABELS: Final = {question.field: question.label for question in QUESTIONS}
REQUIRED: Final = frozenset(question.field for question in QUESTIONS if question.required)

INTRODUCTION: Final = (
    "Här beskriver ni ett behov som kommuner kan lösa tillsammans. Skriv kort och med egna ord. "
    "Ni behöver inte föreslå någon lösning. Lämna hellre en fråga tom än att vänta med att skicka."
)
AFTERWARDS: Final = (
    "Vi bekräftar att förslaget har kommit fram. Sedan bedöms om behovet bör lösas av SKR, Adda "
    "eller Inera, och hur relevant det är för kommunerna."
)
PLACEHOLDER: Final = "Skriv här."
"""What an empty content control of the Word template shows."""


def closing(address: str) -> str:
    """Return the last words: where the template is sent, and what happens then."""
    return (
        f"Mejla mallen till {address}, som Word-fil eller pdf. Den behöver inte skrivas under. "
        f"{AFTERWARDS}"
    )


def missing(filled: Sequence[NeedField]) -> tuple[NeedField, ...]:
    """Return the required fields that are not among the filled ones, in the template's order."""
    return tuple(
        question.field
        for question in QUESTIONS
        if question.required and question.field not in filled
    )
