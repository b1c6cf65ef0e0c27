"""What was found on a page, as rectangles over its image and in plain Swedish.

What is drawn, and what it did to the decision, is decided in `shared/evidence.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.registry.domain.masking import masked
from services.registry.web import words
from shared.events import DocumentReading, PageImage, SignatureState, Witness, WitnessKind
from shared.evidence import Found, FoundKind, Weight, found_in
from shared.municipalities import by_code, display_name
from shared.needs import LABELS as NEED_LABELS

_LABELS: Mapping[str, str] = {
    "initiative": "Initiativ",
    "municipality": "Kommun",
    "answer": "Svar",
    "signatory.name": "Undertecknare",
    "signatory.title": "Titel",
    "place_date": "Ort och datum",
    "contact.name": "Kontaktperson",
    "contact.email": "E-post",
    "contact.phone": "Telefon",
    "their_reference": "Er beteckning",
    **{f"need.{field.value}": label for field, label in NEED_LABELS.items()},
}
_NUMBERED = re.compile(r"(signatory|place_date)_(\d)((?:\.\w+)?)")
_BOX_STATES: Mapping[Weight, str] = {
    Weight.COUNTS: "kryss",
    Weight.EMPTY: "tom",
    Weight.DOUBT: "osäker",
}
_GUIDES: Mapping[FoundKind, str] = {
    FoundKind.CODE: "Formulärets kod",
    FoundKind.ANCHOR: "Märke som sidan är inpassad efter",
}
STRAY_INK = "Skrivet utanför fälten"


@dataclass(frozen=True)
class Evidence:
    """A place on a page, in pixels of the page's image; `look` is a class of the style sheet."""

    id: str
    label: str
    look: str
    left: float
    top: float
    width: float
    height: float


def evidence_of(reading: DocumentReading, page: PageImage) -> tuple[Evidence, ...]:
    """The places on one page of a document."""
    return tuple(
        _over(found, page) for found in found_in(reading) if found.area.page == page.number
    )


def evidence_id(key: str) -> str:
    """The id of the rectangle that shows a place or a value."""
    return "yta-" + key.replace(".", "-").replace("_", "-")


def label_of(key: str) -> str:
    """What a value is called; those of a second signatory bear their number."""
    numbered = _NUMBERED.fullmatch(key)
    if numbered is not None:
        return f"{_LABELS[numbered[1] + numbered[3]]} {numbered[2]}"
    return _LABELS.get(key, key.removeprefix("need."))


def caption(found: Found) -> str:
    """Say a place in words: what it is, what was found there, and the figures."""
    match found.kind:
        case FoundKind.BOX:
            return f"Ruta {found.text.capitalize()}: {', '.join(_box_words(found))}"
        case FoundKind.SIGNATURE:
            number = found.key.removeprefix("signature").removeprefix("_")
            state = words.word(SignatureState(found.text), words.SIGNATURES)
            return f"{f'Underskrift {number}'.strip()}: {state}"
        case FoundKind.VALUE:
            return f"{label_of(found.key)}: {masked(found.text)}"
        case FoundKind.WITNESS:
            kind = WitnessKind(found.key.removeprefix("witness."))
            return f"{words.word(kind, words.WITNESSES)}: {masked(found.text)}"
        case FoundKind.STRAY_INK:
            return STRAY_INK
        case FoundKind.CODE | FoundKind.ANCHOR:
            return _GUIDES[found.kind]


def witness_says(witness: Witness) -> str:
    """Say whom a witness speaks for, as the end of a line that begins with what it is."""
    if not witness.legible:
        return "går inte att läsa säkert"
    if witness.names is None:
        return "är inte någon kommuns"
    if not witness.names:
        return "är inte knuten till någon kommun i registret"
    found = [(by_code(code), code) for code in witness.names]
    named = [display_name(known) if known else code for known, code in found]
    return f"talar för {' eller '.join(named)}"


def _box_words(found: Found) -> Iterator[str]:
    yield _BOX_STATES[found.weight]
    yield f"bläck {found.figures['ink']:.1%}".replace(".", ",").replace("%", " %")
    yield f"runt om {found.figures['ring']:.1%}".replace(".", ",").replace("%", " %")


def _over(found: Found, page: PageImage) -> Evidence:
    width, height = page.width_px or 1, page.height_px or 1
    area = found.area
    return Evidence(
        id=evidence_id(found.key),
        label=caption(found),
        look=f"{found.kind.value.replace('_', '-')} {found.weight.value}",
        left=round(area.left * width, 1),
        top=round(area.top * height, 1),
        width=round((area.right - area.left) * width, 1),
        height=round((area.bottom - area.top) * height, 1),
    )
