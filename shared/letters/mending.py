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
OUR_FORM: Final = "Använd den blankett som följde med erbjudandet till er kommun."
ONLY_THE_FORM: Final = (
    "Skriv bara i blankettens fält. Har ni frågor kan ni skriva dem i mejlet i stället."
)
FULL_NAME: Final = (
    "Skriv hela namnteckningen. Initialer, en stämpel eller ett maskinskrivet namn räcker inte."
)
ONE_EACH: Final = "Lägg varje blankett på en egen sida, med alla hörn synliga."
ONE_ANSWER: Final = "Skriv i mejlet vilket svar som gäller och bifoga bara den blanketten."
PRINT_AND_SIGN: Final = "Skriv ut den ifyllda blanketten och skriv under den för hand."
SIGNED_FILE: Final = (
    "Ta fram filen med den elektroniska underskriften, precis som ni fick den. Den får inte "
    "skrivas ut eller ändras."
)
ELSE_ON_PAPER: Final = (
    "Om det inte går: skriv ut blanketten, skriv under den för hand och skanna den."
)


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
    # What only a person asks about: the machine leaves it to one.
    Reason.MARK_DOUBTFUL: Fault(
        "Det går inte att se säkert vilket svarsalternativ som är markerat.",
        (NEW_FORM, SIGN, SCAN_AGAIN),
    ),
    Reason.SIGNATURE_UNCLEAR: Fault(
        "Det går inte att se säkert att blanketten är underskriven.", (SIGN, FULL_NAME, SCAN_AGAIN)
    ),
    Reason.UNEXPLAINED_INK: Fault(
        "Något är skrivet utanför blankettens fält, och vi vet inte om det ändrar svaret.",
        (NEW_FORM, ONLY_THE_FORM, SIGN, SCAN_AGAIN),
    ),
    Reason.FIELDS_CONTRADICT_PIXELS: Fault(
        "Uppgifterna i filens formulärfält stämmer inte med det som syns på sidan.",
        (NEW_FORM, PRINT_AND_SIGN, SCAN_AGAIN),
    ),
    Reason.LOOK_CAN_CHANGE: Fault(
        "Filen kan se olika ut i olika program, så att vi inte säkert ser samma sak som ni.",
        (PRINT_AND_SIGN, SCAN_AGAIN),
    ),
    Reason.NO_CODE: Fault(
        "Sidan är inte den blankett som följde med erbjudandet.", (OUR_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.UNKNOWN_FORM_VERSION: Fault(
        "Blanketten är inte den som gäller för initiativet.", (OUR_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.UNKNOWN_INITIATIVE: Fault(
        "Det framgår inte vilket initiativ svaret gäller.", (OUR_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.UNKNOWN_MUNICIPALITY: Fault(
        "Det framgår inte vilken kommun som svarar.", (OUR_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.MUNICIPALITY_UNPROVEN: Fault(
        "Det framgår inte säkert vilken kommun som svarar.", (OUR_FORM, SIGN, SCAN_AGAIN)
    ),
    Reason.SEVERAL_FORMS_ON_PAGE: Fault(
        "Flera blanketter ligger på samma sida, så att det inte säkert går att läsa dem.",
        (ONE_EACH, SCAN_AGAIN),
    ),
    Reason.EXTRA_PAGE: Fault(
        "Handlingen innehåller mer än blanketten, och vi vet inte om det ändrar svaret.",
        (SMALLER, ONLY_THE_FORM),
    ),
    Reason.SAME_MAIL_CONTRADICTS: Fault(
        "Mejlet innehåller olika svar från samma kommun om samma initiativ.", (ONE_ANSWER,)
    ),
    Reason.CONFLICT: Fault(
        "Kommunen har tidigare lämnat ett annat svar om initiativet, och det framgår inte vilket "
        "av dem som gäller.",
        (ONE_ANSWER,),
    ),
    Reason.E_SIGNATURE_UNTRUSTED: Fault(
        "Den elektroniska underskriften kommer från en utfärdare som vi inte kan kontrollera.",
        (PRINT_AND_SIGN, SCAN_AGAIN),
    ),
    Reason.E_SIGNATURE_INVALID: Fault(
        "Den elektroniska underskriften gäller inte. Filen kan ha ändrats efter underskriften.",
        (SIGNED_FILE, ELSE_ON_PAPER),
    ),
    Reason.E_SIGNATURE_ON_PAPER: Fault(
        "En utskrift av en elektronisk underskrift går inte att kontrollera.",
        (SIGNED_FILE, ELSE_ON_PAPER),
    ),
}
UNKNOWN_FAULT: Final = Fault("Filen gick inte att läsa.", (SCAN_AGAIN, SAVE_AS_PDF))
_ORDER: Final = (
    ONE_ANSWER, OUR_FORM, NEW_FORM, MARK_ONE, ONLY_THE_FORM, SIGN, FULL_NAME, SIGNED_FILE,
    ELSE_ON_PAPER, PRINT_AND_SIGN, SMALLER, ONE_EACH, SCAN_AGAIN, SAVE_AS_PDF,
)  # fmt: skip


def faults_of(reasons: Sequence[Reason], otherwise: Fault = UNKNOWN_FAULT) -> tuple[Fault, ...]:
    """Every fault that the sender can mend, in the order of the reasons; at least one."""
    known = dict.fromkeys(FAULTS[reason] for reason in reasons if reason in FAULTS)
    return tuple(known) or (otherwise,)


def steps_for(faults: Iterable[Fault]) -> tuple[str, ...]:
    """All the steps that the faults need, each once, in the order one takes them."""
    needed = {step for fault in faults for step in fault.steps}
    return tuple(step for step in _ORDER if step in needed)
