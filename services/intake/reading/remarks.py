"""Words that may change what an answer says: a condition, something taken back or unfinished.

Pure. They are noticed, not understood: where they stand beside an answer, a person reads them.
"""

import re
from typing import Final

TAKEN_BACK: Final = re.compile(
    r"\båterkall|\båtertag|\b(dra|drar|dragit|dras|drog|ta|tar|tagit|tog)\b.{0,40}\btillbaka\b|"
    r"\bbortse\b|\bignorera|\bogiltig|\bmakuler|\bångra|\bmisstag|\brättelse\b|\bkorriger|"
    r"\bersätter\b|\bi ?stället\b|\bändr(a|ar|at|ad|ade|ing)\b|"
    r"\b(nytt|tidigare|reviderat) (svar|beslut)|"
    r"\b(fel|gammal|gamla) (bilaga|blankett|dokument|fil|formulär|kryss|ruta|svar|version)|"
    r"\b(kryssat|kryssade|blivit|blev) fel\b|\bfelaktig",
    re.IGNORECASE,
)
CONDITION: Final = re.compile(
    r"\bmen\b|\bdock\b|\bunder förutsättning|\bförutsätt|\bförutsatt\b|\bvillkor|\bförbehåll|"
    r"\breserv(erar|ation)|\b(endast|bara|enbart) (om|under|från|till|för)\b|\bsåvida\b|"
    r"\bom inte\b|\bmed undantag\b|\bförutom\b",
    re.IGNORECASE,
)
UNFINISHED: Final = re.compile(
    r"\bpreliminär|\butkast\b|\bännu\b|\bavvakta|\binvänta|\bväntar på\b|\båterkommer\b|"
    r"\bkomplettera|\blaga kraft\b|\bompröva|\böverklaga|\bska (beslutas|tas upp|behandlas)\b",
    re.IGNORECASE,
)
NOT: Final = re.compile(r"\b(inte|ej|icke|inget|ingen)\b", re.IGNORECASE)
_OF_ANSWERS: Final = re.compile(
    r"\b(ja|nej|gäller|endast|bara|enbart)\b|\bavsl(ag|å|ås|agit|ogs?|aget)\b|\bavstå",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"\S+@\S+")


def is_remark(text: str) -> bool:
    """Say whether words are out of place where a name, a number or a date is asked for."""
    words = " ".join(_ADDRESS.sub(" ", text).split())
    return any(one.search(words) for one in (TAKEN_BACK, CONDITION, UNFINISHED, NOT, _OF_ANSWERS))
