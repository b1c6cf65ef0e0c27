"""From the register's rows to what a page shows: names for keys, areas for evidence."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.registry.domain.masking import masked
from services.registry.store.answers import AnswerLine, AnswerState
from services.registry.tables import Answer, AnswerStatus, Document, Initiative
from services.registry.web import words
from services.registry.web.evidence import (
    Evidence,
    evidence_id,
    evidence_of,
    label_of,
    witness_says,
)
from services.registry.web.needs import need_values
from shared.events import DocumentReading, Fate, PageImage, Value
from shared.evidence import named_values
from shared.municipalities import by_code, display_name

_SHAPES = 4


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
class ScanPage:
    """One page of a document, with what was read on it. Without an image it can only be named."""

    number: int
    image: Image | None
    evidence: tuple[Evidence, ...]
    filename: str
    source_page: int
    part: int
    """The number of the mail's part that it stands in."""


@dataclass(frozen=True)
class ReadValue:
    """One value as it was read. `confidence` is a fraction, `evidence` the id of its place."""

    label: str
    text: str
    confidence: float | None = None
    source: str = ""
    evidence: str | None = None


@dataclass(frozen=True)
class HeardWitness:
    """What may tell whose a form without codes is, and whom it speaks for."""

    label: str
    text: str
    says: str
    evidence: str | None = None


def answer_state(options: Mapping[str, str], key: str) -> State:
    """The option of a form: its label, and the shape of its place among the options."""
    place = list(options).index(key) + 1 if key in options else _SHAPES
    return State(short_label(options, key), f"option-{min(place, _SHAPES)}")


def line_state(line: AnswerLine, options: Mapping[str, str]) -> State:
    """How it stands with one municipality and one initiative, in the words of the list."""
    match line.state:
        case AnswerState.RECORDED:
            assert line.answer is not None
            return answer_state(options, line.answer)
        case AnswerState.REVIEW:
            return State("Ej hanterat", "review")
        case AnswerState.REPLACED | AnswerState.MISSING:
            return State("Svar saknas", "missing")


def short_label(options: Mapping[str, str], key: str) -> str:
    """`Ja` for the option ja; other options by the label printed on the form."""
    return key.capitalize() if key in ("ja", "nej") else options.get(key, key)


def fate_state(document: Document, initiative: Initiative | None, answer: str | None) -> State:
    """What became of a document: the answer itself where one was recorded."""
    if document.fate is Fate.RECORDED and initiative is not None and answer is not None:
        return answer_state(initiative.options, answer)
    shape = {Fate.REVIEW: "review", Fate.RETURNED: "returned"}.get(document.fate, "other")
    return State(words.word(document.fate, words.FATES), shape)


def document_state(
    document: Document, initiative: Initiative | None, answer: Answer | None
) -> State:
    """What became of a document, and of the answer that was recorded from it."""
    if answer is not None and document.fate is Fate.RECORDED:
        if answer.status is not AnswerStatus.CURRENT:
            return State(words.word(answer.status, words.ANSWER_STATUSES), answer.status.value)
        return fate_state(document, initiative, answer.answer)
    return fate_state(document, initiative, None)


def folded(text: str) -> str:
    """Without rings and dots, so that a search for "habo" shows both Habo and Håbo."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def municipality_name(code: str | None) -> str:
    """What a municipality calls itself; a code nobody has stands for itself."""
    if not code:
        return ""
    known = by_code(code)
    return display_name(known) if known else code


def first_image(document: Document) -> Image | None:
    """The first page of a document that there is a picture of."""
    # Lists show many: only the page that is shown is made out of what is kept.
    for page in document.reading.get("pages", ()):
        if page.get("image"):
            return _image(document.document_id, PageImage.model_validate(page))
    return None


def scan_pages(reading: DocumentReading, filenames: Mapping[int, str]) -> list[ScanPage]:
    """The pages of a document with their evidence; `filenames` by index of the mail's part."""
    return [
        ScanPage(
            number=page.number,
            image=_image(reading.document_id, page) if page.image else None,
            evidence=evidence_of(reading, page),
            filename=filenames.get(page.part, ""),
            source_page=page.source_page,
            part=page.part,
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


def heard_witnesses(reading: DocumentReading) -> list[HeardWitness]:
    """What may tell whose a form without codes is; nothing of a form that has a code."""
    return [
        HeardWitness(
            words.word(one.kind, words.WITNESSES),
            masked(municipality_name(one.text)),
            witness_says(one),
            evidence_id(f"witness.{one.kind.value}") if one.area is not None else None,
        )
        for one in reading.witnesses
    ]


def _place_of(key: str, value: Value, reading: DocumentReading) -> str | None:
    """The id of the rectangle that shows a value; of an answer, the box that was marked."""
    if key == "answer" and any(mark.option == value.text for mark in reading.marks):
        return evidence_id(f"mark.{value.text}")
    return evidence_id(key) if value.area is not None else None


def initiatives_by_id(initiatives: Sequence[Initiative]) -> dict[str, Initiative]:
    return {initiative.id: initiative for initiative in initiatives}


def _image(document_id: str, page: PageImage) -> Image:
    return Image(f"/sidbilder/{document_id}/{page.image}", page.width_px, page.height_px)


def _values(reading: DocumentReading) -> Iterator[tuple[str, str, Value]]:
    for key, value in named_values(reading):
        if not key.startswith("need."):
            yield key, label_of(key), value
    yield from need_values(reading)
