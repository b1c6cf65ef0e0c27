"""How one registered document is told of, in whatever letter it stands."""

from typing import Final

from shared.events import Fate, RegisteredDocument
from shared.letters.letter import Block, Shape
from shared.letters.parts import PartName
from shared.letters.plain import file_name, listing, one_line
from shared.letters.wordings import Worded, Wordings

NOT_REVIEWED: Final = "ännu inte granskat"
MAX_FILES: Final = 20


def origin(document: RegisteredDocument) -> str:
    """Whose it is and what about, as the end of a sentence; empty where neither is known."""
    words = ""
    if document.municipality_name:
        words += f" från {one_line(document.municipality_name)}"
    if document.initiative_name:
        words += f" om initiativet {one_line(document.initiative_name)}"
    return words


def values_of(document: RegisteredDocument, send_to: str) -> dict[str, str]:
    """Return what every part about a document may name; what is not known is left out."""
    values = {
        "dnr": one_line(document.dnr),
        "handling": str(document.handling),
        "kommun": one_line(document.municipality_name or ""),
        "initiativ": one_line(document.initiative_name or ""),
        "filer": _files(document),
        "svar": _answer(document) or "",
        "svarsadress": send_to,
    }
    return {name: value for name, value in values.items() if value}


def facts(
    document: RegisteredDocument, *, with_initiative: bool, reviewed: bool = False
) -> tuple[Block, ...]:
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
    return (Block(Shape.FACTS, facts=tuple(found), linked=False),)


def lateness(document: RegisteredDocument, wordings: Wordings) -> tuple[Block, ...]:
    """Say that it came too late, if it did."""
    if not document.late:
        return ()
    return wordings.word(PartName.NOTE_LATE, document.initiative).blocks


def signature(signed_by: str, organisation: str, last: Worded) -> tuple[str, ...]:
    """Who writes, as far as that is known, and the last line of all."""
    lines = (signed_by, organisation, *(line for block in last.blocks for line in block.lines))
    return tuple(line for line in lines if line)


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
