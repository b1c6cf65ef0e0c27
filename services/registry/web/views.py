"""From the register's rows to what a page shows: names for keys, areas for evidence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.registry.tables import Document, Initiative
from services.registry.web import words
from services.registry.web.needs import need_values
from shared.events import Area, DocumentReading, Fate, PageImage, Value
from shared.municipalities import by_code, display_name

_SHAPES = 4
_BIRTH_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]|[6-8]\d|9[01])"
"""Year, month, and day, to which 60 is added in a coordination number (samordningsnummer)."""
_PERSONAL_NUMBER = re.compile(
    # Without a separator ten digits are as likely to be a telephone number.
    rf"(?<!\d)((?:19|20){_BIRTH_DAY}[-+ ]?|{_BIRTH_DAY}[-+])\d{{4}}(?!\d)"
)


@dataclass(frozen=True)
class State:
    """A state as a word and a shape; `shape` is a class of the style sheet."""

    label: str
    shape: str


@dataclass(frozen=True)
class Image:
    """A page image, and the address that it is shown from."""

    address: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Evidence:
    """A place on a page where something was read, in pixels of the page's image."""

    id: str
    label: str
    left: float
    top: float
    width: float
    height: float
    marked: bool = True


@dataclass(frozen=True)
class ScanPage:
    """One page of a document, with what was read on it. Without an image it can only be named."""

    number: int
    image: Image | None
    evidence: tuple[Evidence, ...]
    filename: str
    source_page: int


@dataclass(frozen=True)
class ReadValue:
    """One value as it was read. `confidence` is a fraction, `evidence` the id of its place."""

    label: str
    text: str
    confidence: float | None = None
    source: str = ""
    evidence: str | None = None


def answer_state(options: Mapping[str, str], key: str) -> State:
    """The option of a form: its label, and the shape of its place among the options."""
    place = list(options).index(key) + 1 if key in options else _SHAPES
    return State(short_label(options, key), f"option-{min(place, _SHAPES)}")


def short_label(options: Mapping[str, str], key: str) -> str:
    """`Ja` for the option ja; other options by the label printed on the form."""
    return key.capitalize() if key in ("ja", "nej") else options.get(key, key)


def fate_state(document: Document, initiative: Initiative | None, answer: str | None) -> State:
    """What became of a document: the answer itself where one was recorded."""
    if document.fate is Fate.RECORDED and initiative is not None and answer is not None:
        return answer_state(initiative.options, answer)
    shape = {Fate.REVIEW: "review", Fate.RETURNED: "returned"}.get(document.fate, "other")
    return State(words.word(document.fate, words.FATES), shape)


def municipality_name(code: str | None) -> str:
    """What a municipality calls itself; a code nobody has stands for itself."""
    if not code:
        return ""
    known = by_code(code)
    return display_name(known) if known else code


def first_image(document: Document) -> Image | None:
    """The first page of a document that there is a picture of."""
    for page in DocumentReading.model_validate(document.reading).pages:
        if page.image:
            return _image(document.document_id, page)
    return None


def scan_pages(reading: DocumentReading, filenames: Mapping[int, str]) -> list[ScanPage]:
    """The pages of a document with their evidence; `filenames` by index of the mail's part."""
    evidence = list(_evidence(reading))
    return [
        ScanPage(
            number=page.number,
            image=_image(reading.document_id, page) if page.image else None,
            evidence=tuple(
                _in_pixels(id_, label, area, marked, page)
                for id_, label, area, marked in evidence
                if area.page == page.number
            ),
            filename=filenames.get(page.part, ""),
            source_page=page.source_page,
        )
        for page in reading.pages
    ]


def read_values(reading: DocumentReading, initiative: Initiative | None) -> list[ReadValue]:
    """Everything that was read, in the order a person looks for it."""
    options = initiative.options if initiative else {}
    values = []
    for key, label, value in _values(reading):
        text = value.text
        if key == "municipality":
            text = municipality_name(text)
        elif key == "initiative" and initiative and initiative.id == text:
            text = initiative.name
        elif key == "answer":
            text = short_label(options, text)
        values.append(
            ReadValue(
                label,
                masked(text),
                value.confidence,
                words.word(value.source, words.SOURCES),
                _place_of(key, value, reading),
            )
        )
    if reading.signature is not None:
        values.insert(
            3 if len(values) >= 3 else len(values),
            ReadValue(
                "Underskrift",
                words.word(reading.signature, words.SIGNATURES),
                reading.signature_confidence,
                evidence=evidence_id("signature") if reading.signature_area else None,
            ),
        )
    return values


def masked(text: str) -> str:
    """Return the text with the last four digits of each personal identity number covered.

    Organisation numbers, whose third and fourth digits are never a month, are left as they are.
    """
    return _PERSONAL_NUMBER.sub(r"\1••••", text)


def evidence_id(key: str) -> str:
    """The id of the rectangle that shows where a value was read."""
    return "yta-" + key.replace(".", "-")


def _place_of(key: str, value: Value, reading: DocumentReading) -> str | None:
    """The id of the rectangle that shows a value; of an answer, the box that was marked."""
    if value.area is not None:
        return evidence_id(key)
    marked = key == "answer" and any(mark.option == value.text for mark in reading.marks)
    return f"yta-mark-{value.text}" if marked else None


def initiatives_by_id(initiatives: Sequence[Initiative]) -> dict[str, Initiative]:
    return {initiative.id: initiative for initiative in initiatives}


def _image(document_id: str, page: PageImage) -> Image:
    return Image(f"/sidbilder/{document_id}/{page.image}", page.width_px, page.height_px)


def _values(reading: DocumentReading) -> Iterator[tuple[str, str, Value]]:
    named = (
        ("initiative", "Initiativ", reading.initiative),
        ("municipality", "Kommun", reading.municipality),
        ("answer", "Svar", reading.answer),
        ("signatory.name", "Undertecknare", reading.signatory.name),
        ("signatory.title", "Titel", reading.signatory.title),
        ("place_date", "Ort och datum", reading.signatory.place_date),
        ("contact.name", "Kontaktperson", reading.contact.name),
        ("contact.email", "E-post", reading.contact.email),
        ("contact.phone", "Telefon", reading.contact.phone),
        ("their_reference", "Er beteckning", reading.their_reference),
    )
    for key, label, value in named:
        if value is not None:
            yield key, label, value
    yield from need_values(reading)


def _evidence(reading: DocumentReading) -> Iterator[tuple[str, str, Area, bool]]:
    chosen = reading.answer.text if reading.answer else None
    for mark in reading.marks:
        label = f"Ruta {short_label({}, mark.option)}"
        yield f"yta-mark-{mark.option}", label, mark.area, mark.option == chosen
    if reading.signature_area:
        yield evidence_id("signature"), "Underskrift", reading.signature_area, True
    for key, label, value in _values(reading):
        if value.area is not None:
            yield evidence_id(key), label, value.area, True


def _in_pixels(id_: str, label: str, area: Area, marked: bool, page: PageImage) -> Evidence:
    width, height = page.width_px or 1, page.height_px or 1
    return Evidence(
        id_,
        label,
        round(area.left * width, 1),
        round(area.top * height, 1),
        round((area.right - area.left) * width, 1),
        round((area.bottom - area.top) * height, 1),
        marked,
    )
