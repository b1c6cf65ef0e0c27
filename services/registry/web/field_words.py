"""What the fields of a form are called, and what may be wrong with one, in plain Swedish."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.events import Reason
from shared.forms import STAMP

FIELD_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "signatory.name": "Namnförtydligande",
        "signatory.title": "Befattning",
        "place_date": "Ort och datum",
        "contact.name": "Kontaktpersonens namn",
        "contact.email": "Kontaktpersonens e-post",
        "contact.phone": "Kontaktpersonens telefon",
        "their_reference": "Er beteckning",
        "municipality.name": "Kommunens namn",
        "municipality.number": "Organisationsnummer",
        STAMP: "Plats för stämpel",
    }
)

FIELD_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "not_given": "Fältet måste pekas ut.",
        "no_box": "Här finns ingen tom ruta att kryssa i.",
        "several_boxes": "Här finns flera rutor. Peka ut bara en.",
        "one_box_twice": "Två alternativ har samma ruta.",
        "too_small": "Fältet är för litet. En underskrift behöver minst 30 × 9 mm, ett textfält "
        "minst 12 × 4 mm.",
        "overlaps": "Fältet ligger över ett annat fält.",
        "few_words": "Sidan har för lite tryckt text. En inskannad blankett har ingen alls: använd "
        "filen som blanketten skrevs ut från.",
        "missing": "Blankettens bilder finns inte i arkivet. Ladda upp blanketten igen.",
        "not_drawn": "Bilden av blanketten gick inte att rita. Försök igen.",
    }
)

BLANK_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "Filen är tom.",
        "no_file": "Välj en fil först.",
        "no_initiative": "Välj ett initiativ.",
        "not_pdf": "Filen är ingen PDF. Använd den PDF som blanketten skrivs ut från.",
        "too_large": "Filen är för stor, eller har en sida större än A3.",
        "missing": "Filen finns inte i arkivet. Ladda upp den igen.",
        "not_understood": "Blanketten gick inte att förstå. Skriv ut den till en ny PDF och försök "
        "med den.",
        Reason.LOCKED_FILE: "Filen är skyddad med ett lösenord.",
        Reason.EMPTY_FILE: "Filen är tom.",
        Reason.UNREADABLE_FILE: "Filen är skadad.",
        Reason.TOO_MANY_PAGES: "Blanketten har för många sidor. Högst tio läses.",
        Reason.TOO_MANY_PIXELS: "Filen har för stora bilder.",
        Reason.READER_TIMEOUT: "Det tog för lång tid att öppna filen.",
        Reason.READER_MEMORY: "Filen krävde för mycket minne.",
        Reason.READER_CRASHED: "Filen gick inte att öppna.",
    }
)

PLACES: Mapping[str, str] = MappingProxyType(
    {"box": "Ruta", "line": "Rad", "frame": "Ram", "widget": "Ifyllbart fält"}
)


def field_label(name: str, options: Mapping[str, str]) -> str:
    """What a field is called: of an option, its label."""
    if name.startswith("answer."):
        option = name.removeprefix("answer.")
        return f"Ruta: {options.get(option, option)}"
    if name.startswith("signature"):
        number = name.removeprefix("signature").removeprefix(".")
        return f"Underskrift {number}".strip()
    return FIELD_LABELS.get(name, name)


def field_fault(fault: Mapping[str, str]) -> str:
    """What is wrong with a field; what has no words of its own is told as the reader said it."""
    return FIELD_FAULTS.get(fault["fault"], f"Fältet kan inte användas ({fault['said']}).")


def blank_fault(key: str) -> str:
    """Why a blank cannot be learned."""
    return BLANK_FAULTS.get(key, f"Filen kan inte användas ({key}).")
