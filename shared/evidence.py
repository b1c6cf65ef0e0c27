"""What the reader went by on a page, and where: the one description that every picture is drawn of.

The staff pages draw it over the page's image, `handslag read --debug` into a file. Pure, and
without words: what a thing is called is for those who show it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from shared.events import Area, DocumentReading, SignatureState, Value


class FoundKind(StrEnum):
    """What kind of place it is."""

    ANCHOR = "anchor"
    CODE = "code"
    BOX = "box"
    SIGNATURE = "signature"
    VALUE = "value"
    WITNESS = "witness"
    STRAY_INK = "stray_ink"


class Weight(StrEnum):
    """What the place did to the decision."""

    COUNTS = "counts"
    """It says what was taken for the answer, a signature, a value."""
    EMPTY = "empty"
    """Nothing is there, or nothing that counts."""
    DOUBT = "doubt"
    """It is for a person to say what it is."""
    GUIDE = "guide"
    """It only shows how the page lies."""


@dataclass(frozen=True)
class Found:
    """One place on a page. `key` is unique in the document; `figures` are fractions by name."""

    kind: FoundKind
    key: str
    area: Area
    weight: Weight
    text: str = ""
    confidence: float | None = None
    figures: dict[str, float] = field(default_factory=dict)


_SIGNATURE_WEIGHTS = {
    SignatureState.HANDWRITTEN: Weight.COUNTS,
    SignatureState.ELECTRONIC: Weight.COUNTS,
    SignatureState.MISSING: Weight.EMPTY,
    SignatureState.UNCLEAR: Weight.DOUBT,
}


def found_in(reading: DocumentReading) -> tuple[Found, ...]:
    """Return every place of a document that the reader went by, guides first, doubts last."""
    return (
        *_guides(reading),
        *_boxes(reading),
        *_signatures(reading),
        *_values(reading),
        *_witnesses(reading),
        *(
            Found(FoundKind.STRAY_INK, f"stray_ink.{number}", area, Weight.DOUBT)
            for number, area in enumerate(reading.stray_ink, start=1)
        ),
    )


def named_values(reading: DocumentReading) -> Iterator[tuple[str, Value]]:
    """Every value that was read, by its name, in the order a person looks for it."""
    yield from _present(
        ("initiative", reading.initiative),
        ("municipality", reading.municipality),
        ("answer", reading.answer),
        ("signatory.name", reading.signatory.name),
        ("signatory.title", reading.signatory.title),
        ("place_date", reading.signatory.place_date),
    )
    for number, other in enumerate(reading.co_signatories, start=2):
        yield from _present(
            (f"signatory_{number}.name", other.name),
            (f"signatory_{number}.title", other.title),
            (f"place_date_{number}", other.place_date),
        )
    yield from _present(
        ("contact.name", reading.contact.name),
        ("contact.email", reading.contact.email),
        ("contact.phone", reading.contact.phone),
        ("their_reference", reading.their_reference),
    )
    if reading.need is not None:
        yield from ((f"need.{key}", value) for key, value in reading.need.fields.items())


def _present(*named: tuple[str, Value | None]) -> Iterator[tuple[str, Value]]:
    return ((name, value) for name, value in named if value is not None)


def _guides(reading: DocumentReading) -> Iterator[Found]:
    for number, area in enumerate(reading.anchors, start=1):
        yield Found(FoundKind.ANCHOR, f"anchor.{number}", area, Weight.GUIDE)
    for number, area in enumerate(reading.codes, start=1):
        yield Found(FoundKind.CODE, f"code.{number}", area, Weight.GUIDE)


def _boxes(reading: DocumentReading) -> Iterator[Found]:
    chosen = reading.answer.text if reading.answer else None
    for mark in reading.marks:
        figures = {"ink": mark.ink, "ring": mark.ring_ink}
        weight = Weight.COUNTS if mark.option == chosen else Weight.EMPTY
        if chosen is None and mark.ink > 0:
            weight = Weight.DOUBT
        yield Found(
            FoundKind.BOX, f"mark.{mark.option}", mark.area, weight, mark.option, figures=figures
        )


def _signatures(reading: DocumentReading) -> Iterator[Found]:
    for number, signature in enumerate(reading.signatures, start=1):
        yield Found(
            FoundKind.SIGNATURE,
            "signature" if number == 1 else f"signature_{number}",
            signature.area,
            _SIGNATURE_WEIGHTS[signature.state],
            signature.state.value,
            signature.confidence,
        )
    if not reading.signatures and reading.signature_area and reading.signature:
        yield Found(
            FoundKind.SIGNATURE,
            "signature",
            reading.signature_area,
            _SIGNATURE_WEIGHTS[reading.signature],
            reading.signature.value,
            reading.signature_confidence,
        )


def _values(reading: DocumentReading) -> Iterator[Found]:
    boxes = {mark.area for mark in reading.marks}
    for key, value in named_values(reading):
        # An answer read from a box is shown by the box.
        if value.area is not None and not (key == "answer" and value.area in boxes):
            yield Found(
                FoundKind.VALUE, key, value.area, Weight.COUNTS, value.text, value.confidence
            )


def _witnesses(reading: DocumentReading) -> Iterator[Found]:
    """What may tell whose a form without codes is, where it stands on a page."""
    for witness in reading.witnesses:
        if witness.area is not None:
            proves = reading.municipality is not None and witness.names == (
                reading.municipality.text,
            )
            yield Found(
                FoundKind.WITNESS,
                f"witness.{witness.kind.value}",
                witness.area,
                Weight.COUNTS if proves else Weight.DOUBT,
                witness.text,
            )
