"""The line that a fax machine prints along the top of what it sends: when, from whom, to whom.

It lies level in the picture however the sheet lay, and stands on one straight line of dots. It is
taken out before anything is measured. Where it reaches further down than the paper's outermost
millimetres it is read first: it must tell the time. What was written beside it or across it is of
another height, and stays.
"""

import re

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.align import Homography, project
from services.intake.reading.ocr import recognise
from shared.forms import FormTemplate

_MOST_COARSE = 0.97
"""Only a fax has fewer dots down than across."""

_WITHIN_MM = 9.0
_AT_EDGE_MM = 5.5
"""From the paper's edge: nobody's own printer reaches so far out."""

_MOST_END_MM = 7.5
_TALL_MM = (1.3, 3.6)
_CLEAR_MM = 0.5
_LEAST_WIDE_MM = 90.0
_MOST_LETTER_WIDE_MM = 6.0
"""On a coarse fax letters run together."""

_LEAST_LETTERS = 20
_LEAST_TALL, _FEET_MM = 0.6, 0.3
_LEAST_ON_FEET = 0.8
_LEAST_ROW = 0.01
"""Of the dots of a row: fewer are specks, and streaks."""

_SPECK_DOTS = 5
_RING_MM = 1.2
"""Of an Å, above the other letters."""

_READ_AT = (0.7, 1.5)
"""Times as wide and as high."""
_READ_BORDER_PX = 10
_TIME = re.compile(r"\b\d\d?[:.]\d\d\b")
_LEAST_DIGITS = 0.3
"""Of its signs, in dates, times and numbers."""


def without_sender_line(
    grey: MatLike,
    to_pixels: Homography,
    template: FormTemplate,
    dpi: float | None,
    coarse_dpi: float | None,
) -> MatLike:
    """Return the page without the sender's line of a fax, or as it is if none is surely there.

    `grey`, `dpi` and `coarse_dpi` are those of a `Page`; `to_pixels` leads from the form's
    millimetres to its pixels.
    """
    if not dpi or not coarse_dpi or coarse_dpi > _MOST_COARSE * dpi:
        return grey
    per_mm = dpi / 25.4
    strip = grey[: round(_WITHIN_MM * per_mm)]
    ink = (strip < 128).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] > _SPECK_DOTS
    large &= stats[:, cv2.CC_STAT_HEIGHT] <= _TALL_MM[1] * per_mm
    large[0] = False
    band = _first_line(large[labels], per_mm)
    if band is None:
        return grey
    letters = large & _within(stats, band, per_mm)
    letters &= stats[:, cv2.CC_STAT_WIDTH] <= _MOST_LETTER_WIDE_MM * per_mm
    if not _is_line_of_print(stats[letters], band, per_mm):
        return grey
    line = cv2.dilate(letters[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    at_edge = _at_edge(band, grey.shape[1], to_pixels, template)
    if not at_edge and not _tells_when(np.where(line, strip, 255).astype(np.uint8)):
        return grey
    bare = grey.copy()
    bare[: len(strip)][line] = 255
    return bare


def _first_line(ink: NDArray[np.bool_], per_mm: float) -> tuple[int, int] | None:
    """Return the first and the last row of the topmost line of ink, if it is as high as one."""
    rows = np.flatnonzero(ink.mean(axis=1) >= _LEAST_ROW)
    if not len(rows):
        return None
    ends = np.flatnonzero(np.diff(rows) > _CLEAR_MM * per_mm)
    first, last = int(rows[0]), int(rows[ends[0]] if len(ends) else rows[-1])
    tall = (last - first + 1) / per_mm
    if not _TALL_MM[0] <= tall <= _TALL_MM[1] or last > _MOST_END_MM * per_mm:
        return None
    return first, last


def _at_edge(
    band: tuple[int, int], columns: int, to_pixels: Homography, template: FormTemplate
) -> bool:
    """Whether a line lies all along an edge of the paper."""
    to_mm: Homography = np.asarray(np.linalg.inv(to_pixels), dtype=np.float64)
    x, y = project(to_mm, [(0.0, float(band[1])), (float(columns), float(band[1]))]).T
    width, height = template.page_width_mm, template.page_height_mm
    return min(float(v.max()) for v in (x, y, width - x, height - y)) <= _AT_EDGE_MM


def _within(stats: MatLike, band: tuple[int, int], per_mm: float) -> NDArray[np.bool_]:
    top = stats[:, cv2.CC_STAT_TOP]
    bottom = top + stats[:, cv2.CC_STAT_HEIGHT] - 1
    return np.asarray(
        (top >= band[0] - _RING_MM * per_mm) & (bottom <= band[1] + _FEET_MM * per_mm)
    )


def _is_line_of_print(stats: MatLike, band: tuple[int, int], per_mm: float) -> bool:
    tall = stats[stats[:, cv2.CC_STAT_HEIGHT] >= _LEAST_TALL * (band[1] - band[0])]
    if len(tall) < _LEAST_LETTERS:
        return False
    feet = tall[:, cv2.CC_STAT_TOP] + tall[:, cv2.CC_STAT_HEIGHT]
    level = np.abs(feet - np.median(feet)) <= _FEET_MM * per_mm
    left = int(tall[:, cv2.CC_STAT_LEFT].min())
    right = int((tall[:, cv2.CC_STAT_LEFT] + tall[:, cv2.CC_STAT_WIDTH]).max())
    return bool(level.mean() >= _LEAST_ON_FEET and right - left >= _LEAST_WIDE_MM * per_mm)


def _tells_when(strip: MatLike) -> bool:
    """Whether a line of print is a machine's: it says what time it was, and consists of numbers."""
    left, top, width, height = cv2.boundingRect((strip < 128).astype(np.uint8))
    line = cv2.resize(
        strip[top : top + height, left : left + width], None, fx=_READ_AT[0], fy=_READ_AT[1]
    )
    border = (_READ_BORDER_PX,) * 4
    text = recognise(cv2.copyMakeBorder(line, *border, cv2.BORDER_CONSTANT, value=(255,))).text
    signs = text.replace(" ", "")
    digits = sum(sign.isdigit() for sign in signs)
    return _TIME.search(text) is not None and digits >= _LEAST_DIGITS * len(signs)
