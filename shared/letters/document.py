"""How one registered document is told of, in whatever letter it stands."""

from typing import Final

from shared.events import Fate, RegisteredDocument
from shared.letters.plain import file_name, listing, one_line

NOT_REVIEWED: Final = "ännu inte granskat"
NO_AUTHORITY_CHECKED: Final = (
    "Bekräftelsen innebär inte att vi har prövat vem som får underteckna för kommunen."
)
WRONG: Final = "Stämmer något inte? Svara på detta mejl och ange diarienumret."
LATE: Final = (
    "Handlingen kom in efter sista svarsdag och är registrerad som för sent inkommen. "
    "Programkontoret avgör hur den hanteras."
)
REGISTERED: Final = "Så är handlingen registrerad"
MAX_FILES: Final = 20


def origin(document: RegisteredDocument) -> str:
    """Whose it is and what about, as the end of a sentence; empty where neither is known."""
    words = ""
    if document.municipality_name:
        words += f" från {one_line(document.municipality_name)}"
    if document.initiative_name:
        words += f" om initiativet {one_line(document.initiative_name)}"
    return words


def facts(
    document: RegisteredDocument, *, with_initiative: bool, reviewed: bool = False
) -> tuple[tuple[str, str], ...]:
    """Label and value of all that is registered.

    Of what a person has `reviewed` it is never said that nobody has.
    """
    number = f"{one_line(document.dnr)}, handling {document.handling}"
    found = [("Diarienummer", number)]
    if document.initiative_name and with_initiative:
        found.append(("Initiativ", one_line(document.initiative_name)))
    if document.municipality_name:
        found.append(("Kommun", one_line(document.municipality_name)))
    if document.files:
        found.append(("Fil" if len(document.files) == 1 else "Filer", _files(document)))
    answer = _answer(document)
    if document.fate is not Fate.NEED and not (reviewed and answer is None):
        found.append(("Registrerat svar", answer or NOT_REVIEWED))
    return tuple(found)


def where_to(document: RegisteredDocument, send_to: str) -> str:
    """The last step of sending a document again."""
    return f"Skicka den till {send_to} och ange dnr {one_line(document.dnr)} i ämnesraden."


def _files(document: RegisteredDocument) -> str:
    names = [file_name(name) for name in document.files[:MAX_FILES]]
    beyond = len(document.files) - len(names)
    return listing([*names, *([f"{beyond} till"] if beyond else [])])


def _answer(document: RegisteredDocument) -> str | None:
    match document.fate:
        case Fate.RECORDED | Fate.DUPLICATE if document.answer_label:
            return one_line(document.answer_label)
        case Fate.RETURNED:
            return "inget, en ny handling behövs"
        case _:
            return None
