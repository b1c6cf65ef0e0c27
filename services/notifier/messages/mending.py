"""What was wrong with a returned document, and what its sender can do about it, in plain words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.events import Reason

NEW_FORM: Final = "Fyll i en ny blankett och markera bara ett av svarsalternativen."
MARK_ONE: Final = "Markera ett av svarsalternativen på blanketten."
SIGN: Final = "Skriv under blanketten, i varje ruta för underskrift."
SCAN_AGAIN: Final = "Skanna alla sidor, rakt och med minst 300 punkter per tum (dpi)."
SAVE_AS_PDF: Final = "Spara som en pdf-fil utan lösenord och kontrollera att den går att öppna."
SMALLER: Final = "Skicka bara själva blanketten, utan andra bilagor."


@dataclass(frozen=True)
class Fault:
    """One fault, and the steps that mend it."""

    what: str
    steps: tuple[str, ...]


FAULTS: Final[Mapping[Reason, Fault]] = {
    Reason.SIGNATURE_MISSING: Fault("En underskrift saknas på blanketten.", (SIGN, SCAN_AGAIN)),
    Reason.SEVERAL_MARKED: Fault(
        "Mer än ett svarsalternativ är markerat på blanketten.", (NEW_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.NONE_MARKED: Fault(
        "Inget av svarsalternativen på blanketten är markerat.", (MARK_ONE, SCAN_AGAIN)
    ),
    Reason.LOCKED_FILE: Fault("Filen är låst med ett lösenord.", (SAVE_AS_PDF,)),
    Reason.EMPTY_FILE: Fault("Filen är tom.", (SCAN_AGAIN, SAVE_AS_PDF)),
    Reason.UNREADABLE_FILE: Fault(
        "Filen är skadad och går inte att öppna.", (SCAN_AGAIN, SAVE_AS_PDF)
    ),
    Reason.FILE_REPAIRED: Fault(
        "Filen är skadad, så att delar av den kan saknas.", (SCAN_AGAIN, SAVE_AS_PDF)
    ),
    Reason.UNSUPPORTED_FORMAT: Fault(
        "Filen är av en typ som vi inte kan öppna.", (SCAN_AGAIN, SAVE_AS_PDF)
    ),
    Reason.BLANK_PAGE: Fault("Sidan är tom.", (SCAN_AGAIN, SAVE_AS_PDF)),
    Reason.LOW_RESOLUTION: Fault("Bilden är för otydlig för att läsas.", (SCAN_AGAIN,)),
    Reason.REGISTRATION_FAILED: Fault("Bilden är för otydlig för att läsas.", (SCAN_AGAIN,)),
    Reason.TOO_LARGE: Fault("Filen är för stor.", (SMALLER, SAVE_AS_PDF)),
    Reason.TOO_MANY_PAGES: Fault("Filen har för många sidor.", (SMALLER, SAVE_AS_PDF)),
    Reason.TOO_MANY_PIXELS: Fault("Bilden är för stor.", (SCAN_AGAIN, SAVE_AS_PDF)),
}
UNKNOWN_FAULT: Final = Fault("Filen gick inte att läsa.", (SCAN_AGAIN, SAVE_AS_PDF))
_ORDER: Final = (NEW_FORM, MARK_ONE, SIGN, SMALLER, SCAN_AGAIN, SAVE_AS_PDF)


def faults_of(reasons: Sequence[Reason]) -> tuple[Fault, ...]:
    """Every fault that the sender can mend, in the order of the reasons; at least one."""
    known = dict.fromkeys(FAULTS[reason] for reason in reasons if reason in FAULTS)
    return tuple(known) or (UNKNOWN_FAULT,)


def steps_for(faults: Iterable[Fault]) -> tuple[str, ...]:
    """All the steps that the faults need, each once, in the order one takes them."""
    needed = {step for fault in faults for step in fault.steps}
    return tuple(step for step in _ORDER if step in needed)
