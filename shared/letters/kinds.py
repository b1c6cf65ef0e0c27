"""The letters that staff may word: their templates' names, and the variables each may use. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from shared.events import LetterKind
from shared.letters.plain import MAX_LINE, NO_BREAK


@dataclass(frozen=True)
class Variable:
    """Something that a letter says and its template does not know.

    Of several `paragraphs`, it stands alone on its line and may hold the marks of a letter's text.
    What is `optional` may lack a value; the lines that name it are then left out. What is
    `required` must stand in the text, whoever words it: without it the letter would mislead. It
    shares its line with nothing optional, which could take it along.
    `limit` is in characters.
    """

    name: str
    meaning: str
    example: str
    paragraphs: bool = False
    optional: bool = False
    required: bool = False
    limit: int = MAX_LINE


class TemplateName(StrEnum):
    """One template each; two for a change of contact, which two people are told of."""

    OFFER = "offer"
    REMINDER = "reminder"
    UPDATE = "update"
    CONTACT_CHANGED_NEW = "contact_changed_new"
    CONTACT_CHANGED_OLD = "contact_changed_old"
    TEMPLATE_REQUEST = "template_request"
    QUESTION_FORWARDED = "question_forwarded"
    INVITATION = "invitation"
    NEWSLETTER = "newsletter"


@dataclass(frozen=True)
class Kind:
    """One template: what staff call it, which letters it is for, what it may say."""

    name: TemplateName
    kind: LetterKind
    title: str
    variables: tuple[Variable, ...]


_MUNICIPALITY: Final = Variable("kommun", "kommunens namn", "Umeå kommun")
_INITIATIVE: Final = Variable("initiativ", "initiativets namn", "Kompetensgemenskaper")
_LAST_DAY: Final = Variable("sista_svarsdag", "sista dagen att svara", "30 september 2024")
_REPLY_TO: Final = Variable("svarsadress", "adressen för svar", "registratur@skr.se")
_ASK: Final = Variable("frågor_till", "adressen för frågor", "handslaget@skr.se")
_LINK: Final = Variable(
    "länk", "en webbadress med mer att läsa", "https://www.example.se/handslag", optional=True
)
_NUMBER: Final = Variable("dnr", "diarienumret", "SKR 2024/00123")
_ARRIVED: Final = Variable("inkom", "när mejlet kom in", f"12 september 2024 kl.{NO_BREAK}14.03")
_INITIATIVES: Final = (
    "- Kompetensgemenskaper\n- Digital post\n- Gemensam e-arkivtjänst\n- Nationell ehälsa"
)

KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        TemplateName.OFFER,
        LetterKind.OFFER,
        "Erbjudande",
        (
            _MUNICIPALITY,
            Variable("antal_initiativ", "hur många initiativ som erbjuds", "fyra initiativ"),
            Variable("initiativen", "initiativen, ett på varje rad", _INITIATIVES, paragraphs=True),
            _LAST_DAY,
            _REPLY_TO,
            _ASK,
            Variable(
                "information",
                "egen text om erbjudandet",
                "Digitaliseringsledningen har beslutat vilka initiativ som erbjuds i år.",
                paragraphs=True,
                optional=True,
            ),
            Variable(
                "seminarier",
                "när och hur seminarierna hålls",
                "- 19 juni 2024 kl. 13.00–14.30\n- 23 augusti 2024 kl. 9.00–10.30",
                paragraphs=True,
                optional=True,
            ),
            _LINK,
        ),
    ),
    Kind(
        TemplateName.REMINDER,
        LetterKind.REMINDER,
        "Påminnelse",
        (
            _MUNICIPALITY,
            Variable(
                "initiativen",
                "initiativen som kommunen inte har svarat om, ett på varje rad",
                "- Kompetensgemenskaper\n- Digital post",
                paragraphs=True,
            ),
            _LAST_DAY,
            Variable("tid_kvar", "hur lång tid som är kvar att svara", "om två veckor"),
            _REPLY_TO,
            _ASK,
            _LINK,
        ),
    ),
    Kind(
        TemplateName.UPDATE,
        LetterKind.UPDATE,
        "Information till kontaktpersoner",
        (
            _INITIATIVE,
            Variable("kommun", "kommunens namn", "Umeå kommun", optional=True),
            Variable("rubrik", "vad informationen gäller", "Införandet börjar i januari"),
            Variable(
                "nyheter",
                "vad ni vill berätta",
                "Vi har tecknat avtal med leverantören. Införandet börjar i januari.\n\n"
                "# Det här behöver ni göra\n1. Utse en projektledare.\n2. Anmäl er.",
                paragraphs=True,
            ),
            _ASK,
            _LINK,
        ),
    ),
    Kind(
        TemplateName.CONTACT_CHANGED_NEW,
        LetterKind.CONTACT_CHANGED,
        "Ny kontaktperson, till den nya",
        (_MUNICIPALITY, _INITIATIVE, _NUMBER, _REPLY_TO, _ASK),
    ),
    Kind(
        TemplateName.CONTACT_CHANGED_OLD,
        LetterKind.CONTACT_CHANGED,
        "Ny kontaktperson, till den tidigare",
        (_MUNICIPALITY, _INITIATIVE, _NUMBER, _REPLY_TO),
    ),
    Kind(
        TemplateName.TEMPLATE_REQUEST,
        LetterKind.TEMPLATE_REQUEST,
        "Begäran om behovsmall",
        (
            _ARRIVED,
            _NUMBER,
            _REPLY_TO,
            Variable(
                "saknas",
                "det som mallen frågar om och som saknas, ett på varje rad",
                "- Vem berörs?\n- Vilken effekt hoppas ni på?",
                paragraphs=True,
                optional=True,
            ),
        ),
    ),
    Kind(
        TemplateName.QUESTION_FORWARDED,
        LetterKind.QUESTION_FORWARDED,
        "Frågan är vidarebefordrad",
        (
            _ARRIVED,
            _NUMBER,
            Variable("mottagare", "vem som svarar på frågan", "programkontoret"),
            Variable(
                "svar_senast", "när svaret kommer", "fredagen den 20 september", optional=True
            ),
        ),
    ),
    Kind(
        TemplateName.INVITATION,
        LetterKind.INVITATION,
        "Inbjudan",
        (
            Variable("titel", "vad ni bjuder in till", "Lanseringsseminarium"),
            Variable("tid", "dag och tid", "onsdagen den 19 juni 2024 kl. 13.00–14.30"),
            Variable("plats", "var det hålls", "Digitalt", optional=True),
            Variable(
                "beskrivning",
                "vad som händer och för vem det är",
                "Vi berättar om de fyra initiativen och svarar på frågor.\n\n"
                "Seminariet är för dig som bereder kommunens svar.",
                paragraphs=True,
            ),
            Variable(
                "möteslänk",
                "där man ansluter sig",
                "https://meet.example.se/handslag",
                optional=True,
            ),
            Variable(
                "anmälan", "där man anmäler sig", "https://www.example.se/anmalan", optional=True
            ),
            Variable("anmälan_senast", "sista dagen att anmäla sig", "14 juni 2024", optional=True),
            _ASK,
        ),
    ),
    Kind(
        TemplateName.NEWSLETTER,
        LetterKind.NEWSLETTER,
        "Nyhetsbrev",
        (
            Variable("rubrik", "nyhetsbrevets rubrik", "Nytt från Handslag för digitalisering"),
            Variable(
                "innehåll",
                "nyhetsbrevets text",
                "# 212 kommuner har svarat\nTack för alla svar. Nu börjar planeringen.\n\n"
                "# Hearing i oktober\nAnmäl er senast den 4 oktober.",
                paragraphs=True,
            ),
            _ASK,
        ),
    ),
)


def kind_of(name: TemplateName) -> Kind:
    """What is known of a template."""
    return next(kind for kind in KINDS if kind.name is name)


def variables_of(name: TemplateName) -> tuple[Variable, ...]:
    """The variables that a template may use."""
    return kind_of(name).variables


def examples_of(name: TemplateName) -> dict[str, str]:
    """A value for each variable, as a preview without real data shows it."""
    return {variable.name: variable.example for variable in variables_of(name)}


@cache
def source_of(name: TemplateName) -> str:
    """The template as it is delivered, for `template.parse`."""
    return (Path(__file__).parent / "templates" / f"{name}.txt").read_text("utf-8")
