"""A page's picture with what was found drawn on it, to see why it was read as it was."""

from collections.abc import Iterator

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.measured import PageMeasured
from shared.events import Area, DocumentReading

_GREEN = (40, 150, 40)
_ORANGE = (0, 130, 255)
_RED = (40, 40, 220)


def drawn(page: PageMeasured, reading: DocumentReading, number: int) -> bytes:
    """Return the picture of one page of a document as PNG, its values framed and named.

    `number` is the page's number in the document, from 1.
    """
    decoded = cv2.imdecode(np.frombuffer(page.image, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("not a picture of a page")
    for area, label, colour in _found(reading):
        if area.page == number:
            _frame(decoded, area, label, colour)
    if page.form is not None and page.form.ink is not None:
        for area in page.form.ink.areas:
            _frame(decoded, area, "ink", _RED)
    summary = f"{reading.outcome.value}: {', '.join(r.value for r in reading.reasons) or 'ok'}"
    _write(decoded, summary, (10, decoded.shape[0] - 12), _GREEN if not reading.reasons else _RED)
    return cv2.imencode(".png", decoded)[1].tobytes()


def _found(reading: DocumentReading) -> Iterator[tuple[Area, str, tuple[int, int, int]]]:
    for mark in reading.marks:
        chosen = reading.answer is not None and reading.answer.text == mark.option
        label = f"{mark.option} ink {mark.ink:.3f} ring {mark.ring_ink:.3f}"
        yield mark.area, label, _GREEN if chosen else _ORANGE
    if reading.signature_area is not None and reading.signature is not None:
        yield reading.signature_area, reading.signature.value, _GREEN
    if reading.municipality is not None and reading.municipality.area is not None:
        yield reading.municipality.area, reading.municipality.text, _GREEN
    for value in (
        reading.signatory.name,
        reading.signatory.title,
        reading.signatory.place_date,
        reading.contact.name,
        reading.contact.email,
        reading.contact.phone,
        reading.their_reference,
    ):
        if value is not None and value.area is not None:
            yield value.area, f"{value.text} {value.confidence:.2f}", _ORANGE


def _frame(picture: MatLike, area: Area, label: str, colour: tuple[int, int, int]) -> None:
    height, width = picture.shape[:2]
    start = round(area.left * width), round(area.top * height)
    end = round(area.right * width), round(area.bottom * height)
    cv2.rectangle(picture, start, end, colour, 2)
    _write(picture, label, (start[0], max(start[1] - 6, 14)), colour)


def _write(picture: MatLike, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    # OpenCV's drawn letters know no Swedish ones.
    plain = text.encode("latin-1", "replace").decode("latin-1").translate(_PLAIN)
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)


_PLAIN = str.maketrans("åäöÅÄÖé", "aaoAAOe")
