"""Why a mail of ours came back, in plain words, by its status code.

(RFC 3463, enhanced mail system status codes: class, subject, detail.)
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Returned:
    """What the other server said, and what one can do about it."""

    said: str
    advice: str


_CORRECT = "Ta reda på rätt adress och rätta den."
_WAIT = "Adressen kan vara rätt. Vänta, eller ring och fråga."
_ASK = "Adressen kan vara rätt. Ring, eller be er it-avdelning att tala med mottagarens."

_WHOLE = {
    "1.1": Returned("Adressen finns inte.", _CORRECT),
    "1.2": Returned("Domänen efter @ finns inte eller tar inte emot mejl.", _CORRECT),
    "1.3": Returned("Adressen är felskriven.", _CORRECT),
    "1.6": Returned("Brevlådan har flyttat och har ingen ny adress.", _CORRECT),
    "1.10": Returned("Domänen efter @ tar inte emot mejl.", _CORRECT),
    "2.1": Returned("Brevlådan är avstängd.", _CORRECT),
    "2.2": Returned("Brevlådan är full.", _WAIT),
    "2.3": Returned("Mejlet är för stort för brevlådan.", _ASK),
    "3.4": Returned("Mejlet är för stort för mottagarens server.", _ASK),
    "4.1": Returned("Mottagarens server svarar inte.", _WAIT),
    "4.7": Returned("Mejlet kunde inte lämnas i tid.", _WAIT),
}
"""By subject and detail."""

_SUBJECTS = {
    "1": Returned("Något är fel med adressen.", _CORRECT),
    "2": Returned("Brevlådan tar inte emot mejl.", _CORRECT),
    "3": Returned("Mottagarens mejlsystem kan inte ta emot mejlet.", _WAIT),
    "4": Returned("Mejlet kom inte fram genom nätet.", _WAIT),
    "5": Returned("Servrarna förstod inte varandra.", _ASK),
    "6": Returned("Mottagarens server godtar inte mejlets innehåll.", _ASK),
    "7": Returned("Mottagarens server nekar mejl från oss av säkerhetsskäl.", _ASK),
}

_UNKNOWN = Returned("Mejlet kunde inte levereras. Varför framgår inte.", _ASK)
_GAVE_UP = Returned("Mejlet gick inte fram efter flera försök.", _WAIT)


def returned(status: str) -> Returned:
    """Return what a status code means; one that says nothing has words too."""
    kind, _, rest = status.strip().partition(".")
    found = _WHOLE.get(rest) or _SUBJECTS.get(rest.partition(".")[0])
    if found is not None and kind in ("4", "5"):
        return found
    return _GAVE_UP if kind == "4" else _UNKNOWN
