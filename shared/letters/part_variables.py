"""What the parts of automatic mails may say: their variables, and whose value is a whole piece."""

from typing import Final

from shared.letters.kinds import Variable
from shared.letters.plain import NO_BREAK

__all__ = (
    "ANY_DOCUMENT",
    "DECISION",
    "FAULT",
    "FAULTS",
    "FAULTS_IN_A_ROW",
    "FORMER_ANSWER",
    "FRAME",
    "FRAME_OF_ONE",
    "FRAME_OF_SEVERAL",
    "LATE",
    "MAIL",
    "RESERVATION",
    "SENT_AGAIN",
    "STEPS",
    "Variable",
)

_LONG: Final = 2_000
# Every fault at once, each as long as a text may be: what is cut off here is told nowhere else.
_ALL_FAULTS: Final = 1_000_000
_ORGANISATION: Final = Variable(
    "organisation", "vem som har tagit emot mejlet", "Sveriges Kommuner och Regioner"
)
_ARRIVED: Final = Variable("inkom", "när mejlet kom in", f"12 september 2024 kl.{NO_BREAK}14.03")
_SEND_TO: Final = Variable("svarsadress", "adressen för svar", "registratur@skr.se")
_NUMBER: Final = Variable("dnr", "diarienumret", "SKR 2024/00123")
_OF_A_DOCUMENT: Final = (
    _NUMBER,
    Variable("handling", "handlingens nummer i ärendet", "1"),
    Variable("kommun", "kommunens namn", "Umeå kommun", optional=True),
    Variable("initiativ", "initiativets namn", "Kompetensgemenskaper", optional=True, limit=_LONG),
    Variable("filer", "filernas namn", "svar.pdf", optional=True, limit=_LONG),
    Variable("svar", "det registrerade svaret", "Ja, kommunen ansluter sig", optional=True),
)
_FACTS: Final = Variable(
    "uppgifter",
    "diarienummer, initiativ, kommun, filer och registrerat svar, som en liten tabell",
    "Diarienummer | SKR 2024/00123, handling 1\nFil | svar.pdf",
    paragraphs=True,
    required=True,
)
_WHAT: Final = Variable(
    "handlingen",
    "vad som kom in",
    "en handling från Umeå kommun om initiativet Kompetensgemenskaper",
    limit=_LONG,
)
LATE: Final = Variable(
    "för_sent",
    "stycket ”För sent inkommet”, när handlingen är det",
    "",
    paragraphs=True,
    optional=True,
    required=True,
)
RESERVATION: Final = Variable(
    "förbehåll",
    "stycket ”Förbehåll om underskrift”, när mejlet innehåller ett svar",
    "",
    paragraphs=True,
    optional=True,
    required=True,
)
FAULTS: Final = Variable(
    "skäl",
    "vad som är fel, ett stycke för varje skäl",
    "En underskrift saknas på blanketten.",
    paragraphs=True,
    required=True,
)
FAULTS_IN_A_ROW: Final = Variable(
    "vad_som_är_fel",
    "vad som är fel, en mening för varje skäl",
    "En underskrift saknas på blanketten.",
    required=True,
    limit=_ALL_FAULTS,
)
STEPS: Final = Variable(
    "steg",
    "stegen som rättar felen, från skälen, som en numrerad lista",
    "1. Skriv under blanketten.",
    paragraphs=True,
    required=True,
)
FORMER_ANSWER: Final = Variable(
    "tidigare_svar",
    "svaret som det här ersatte",
    "Nej, kommunen avstår",
    optional=True,
    required=True,
)
_FORMER_NUMBER: Final = Variable(
    "tidigare_dnr",
    "numret i vår bekräftelse, om det är ett annat än nu",
    "SKR 2024/00099",
    optional=True,
    required=True,
)
_MESSAGE: Final = Variable(
    "meddelande",
    "det som registratorn har skrivit till avsändaren",
    "",
    paragraphs=True,
    optional=True,
    required=True,
)
_DOCUMENTS: Final = Variable(
    "handlingar",
    "uppgifterna om varje handling, enligt mallarna för handlingar",
    "",
    paragraphs=True,
    required=True,
)

FRAME: Final = (_ORGANISATION, _ARRIVED, _SEND_TO, _DOCUMENTS, RESERVATION)
FRAME_OF_ONE: Final = _WHAT
FRAME_OF_SEVERAL: Final = (
    Variable("antal", "hur många handlingar som kom in, i siffror", "3"),
    Variable("antal_ord", "hur många handlingar som kom in, i ord", "tre"),
    Variable("diarienummer", "diarienumren", "SKR 2024/00123 och SKR 2024/00124", limit=_LONG),
    Variable(
        "ytterligare",
        "hur många handlingar till som mejlet innehåller, när alla inte nämns",
        "12",
        optional=True,
        required=True,
    ),
)
SENT_AGAIN: Final = Variable("antal_nya", "hur många som behöver skickas på nytt, i ord", "en")
MAIL: Final = (
    _ORGANISATION,
    _ARRIVED,
    _SEND_TO,
    Variable("dnr", "diarienumret", "SKR 2024/00200"),
    Variable(
        "nummer",
        "diarienumret och handlingens nummer",
        "SKR 2024/00200, handling 1",
        required=True,
    ),
)
ANY_DOCUMENT: Final = (*_OF_A_DOCUMENT, _SEND_TO, _FACTS)
DECISION: Final = (
    _ORGANISATION,
    _ARRIVED,
    _WHAT,
    *_OF_A_DOCUMENT,
    _SEND_TO,
    _FACTS,
    _MESSAGE,
    _FORMER_NUMBER,
)
FAULT: Final = (*_OF_A_DOCUMENT, _SEND_TO)
