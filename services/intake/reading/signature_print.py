"""What is printed where nobody is asked to print: in the signature boxes, a signing service's
stamp; in the room for the municipality's stamp, words that are no stamp's.

Recognition is dear; a box without a row of small letters is not read at all.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading import ocr
from services.intake.reading.measured import MOST_FIELD_TEXT
from services.intake.reading.paper import PER_MM, FlatPage
from shared.forms import Rect

_INK = 90
_FRAME_CLEAR_MM = 1.4
_LETTER_TALL_MM = (0.9, 4.5)
_LETTER_WIDE_MM = (0.15, 6.0)
_LEAST_LETTERS = 8
_LINE_APART_MM = 0.5
_LINE_MARGIN_MM = 0.5
_LEAST_LINE_TALL_MM = 1.0
_MOST_LINES = 6
_BORDER_PX = 10
_SURE_IN_STAMP = 0.4


def measure_signature_prints(page: FlatPage) -> tuple[str, ...]:
    """Return the print in each signature box of the form, in its order; mostly nothing."""
    return tuple(_print_in(page, signature.area) for signature in page.template.signatures)


def measure_stamp_print(page: FlatPage) -> str:
    """Return what is printed for certain in the room for a stamp; a stamp itself seldom is."""
    room = page.template.stamp
    return "" if room is None else _print_in(page, room, least_sure=_SURE_IN_STAMP)


def _print_in(page: FlatPage, box: Rect, *, least_sure: float = 0.0) -> str:
    inside = box.grown(-_FRAME_CLEAR_MM)
    letters = _letters((page.crop(inside) > _INK).astype(np.uint8))
    if letters is None:
        return ""
    read = (
        ocr.recognise(_bordered(_only(letters, line, page.fine_crop(line), inside)))
        for line in list(_lines(letters, inside))[:_MOST_LINES]
    )
    sure = (one.text for one in read if one.text and one.confidence >= least_sure)
    return "\n".join(sure)[:MOST_FIELD_TEXT]


def _only(letters: MatLike, line: Rect, darkness: MatLike, box: Rect) -> MatLike:
    """Return a line's darkness where there are letters: a signature may run through it."""
    top = round((line.top_mm - box.top_mm) * PER_MM)
    rows = letters[max(top, 0) : top + round(line.height_mm * PER_MM)].astype(np.uint8)
    if top < 0:
        rows = np.pad(rows, ((-top, 0), (0, 0)))
    near = cv2.dilate(rows, np.ones((3, 3), np.uint8))
    size = darkness.shape[1], darkness.shape[0]
    return darkness * cv2.resize(near, size, interpolation=cv2.INTER_NEAREST)


def _letters(ink: MatLike) -> MatLike | None:
    """Return the pieces of ink that are the size of letters, if there are enough for a line."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall, wide = stats[:, cv2.CC_STAT_HEIGHT] / PER_MM, stats[:, cv2.CC_STAT_WIDTH] / PER_MM
    fits = (
        (tall >= _LETTER_TALL_MM[0])
        & (tall <= _LETTER_TALL_MM[1])
        & (wide >= _LETTER_WIDE_MM[0])
        & (wide <= _LETTER_WIDE_MM[1])
    )
    fits[0] = False
    return np.asarray(fits[labels]) if int(fits.sum()) >= _LEAST_LETTERS else None


def _lines(letters: MatLike, box: Rect) -> Iterator[Rect]:
    """Yield where rows of letters lie, across the whole box."""
    rows = np.flatnonzero(letters.any(axis=1))
    apart = np.flatnonzero(np.diff(rows) > _LINE_APART_MM * PER_MM) + 1
    for line in np.split(rows, apart):
        top, bottom = float(line[0]) / PER_MM, float(line[-1] + 1) / PER_MM
        if bottom - top >= _LEAST_LINE_TALL_MM:
            yield Rect.spanning(
                box.left_mm,
                box.top_mm + top - _LINE_MARGIN_MM,
                box.right_mm,
                box.top_mm + bottom + _LINE_MARGIN_MM,
            )


def _bordered(darkness: MatLike) -> MatLike:
    edges = (_BORDER_PX,) * 4
    return cv2.copyMakeBorder(
        cv2.bitwise_not(darkness), *edges, borderType=cv2.BORDER_CONSTANT, value=(255,)
    )
