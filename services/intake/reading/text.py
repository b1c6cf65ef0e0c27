"""What stands in the one-line text fields of a form: their ink, and what recognition makes of it.

Runs in the contained child.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.contact import (
    EMAIL_FIELD,
    PHONE_FIELD,
    as_address,
    is_well_formed,
    may_be_certain,
)
from services.intake.reading.measured import MOST_FIELD_TEXT, FieldMeasure
from services.intake.reading.ocr import NOTHING, Model, Recognised, recognise
from services.intake.reading.paper import FINE_PER_MM, FlatPage
from shared.forms import Rect, TextField

_INK = 100
_LEAST_INK_MM2 = 1.5
_BORDER_PX = 10
_ASIDE_PX = 4
_LETTER_MM2 = 0.1
"""Smaller pieces of ink are dots and accents where letters are near, and specks elsewhere."""
_NEAR_MM = 1.5
_HALO_MM = 0.7
_LINE_SHARE = 0.5
_STREAK_WIDE_MM = 0.9
_STREAK_SHORT_MM = 1.3
"""A streak of the scanner's glass is as narrow, and ends no further from the field's lower edge."""

_Squeezes = tuple[tuple[float, float], ...]

_SQUEEZED: _Squeezes = ((0.4, 0.5),)
"""Across and down: fewer steps for the network, and better readings, of faxes above all."""

_SIGNS_SQUEEZED: _Squeezes = ((0.5, 0.4), (0.45, 0.45))
"""An address hangs on its full stops and its @, a number on its spaces: they want width. The next
where what came of the one before can be no address or number.
"""

_IN_SIGNS = (EMAIL_FIELD, PHONE_FIELD)
"""Left to the English model: the Swedish one knows no @, and joins a number's groups."""


@dataclass(frozen=True)
class _Line:
    """A field's ink, and its picture black on white, as fine as the crop; None if it is empty."""

    picture: MatLike | None
    ink_mm2: float


def measure_fields(page: FlatPage) -> tuple[FieldMeasure, ...]:
    """Return every text field of the form; empty ones without a text."""
    return tuple(_field_measure(page, field) for field in page.template.fields)


def _field_measure(page: FlatPage, field: TextField) -> FieldMeasure:
    line = _line(page, field)
    read, second = NOTHING, NOTHING
    if line.picture is not None:
        read, second = _read(line.picture, field.name)
    return FieldMeasure(
        name=field.name,
        ink_mm2=line.ink_mm2,
        text=read.text[:MOST_FIELD_TEXT],
        confidence=read.confidence,
        second_text=second.text[:MOST_FIELD_TEXT],
        area=page.area(field.area),
    )


def _read(picture: MatLike, name: str) -> tuple[Recognised, Recognised]:
    """Return what a line says, and what another model makes of it if the first seems certain."""
    squeezes, model, other = _SQUEEZED, Model.SWEDISH, Model.ENGLISH
    if name in _IN_SIGNS:
        squeezes, model, other = _SIGNS_SQUEEZED, Model.ENGLISH, Model.SWEDISH
    tried: list[tuple[MatLike, Recognised]] = []
    for squeeze in squeezes:
        squeezed = _squeezed(picture, squeeze)
        read = recognise(squeezed, model)
        if name == EMAIL_FIELD:
            read = Recognised(as_address(read.text), read.confidence)
        tried.append((squeezed, read))
        if is_well_formed(name, read.text):
            break
    else:
        tried.sort(key=lambda one: one[1].confidence)
    squeezed, read = tried[-1]
    certain = may_be_certain(name, read.text, read.confidence)
    return read, recognise(squeezed, other) if certain else NOTHING


def _squeezed(picture: MatLike, squeeze: tuple[float, float]) -> MatLike:
    across, down = squeeze
    return cv2.resize(picture, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)


def _line(page: FlatPage, field: TextField) -> _Line:
    area = field.area
    inside = Rect.spanning(area.left_mm, area.top_mm - 0.1, area.right_mm, area.bottom_mm + 0.6)
    darkness, pieces = _letters(_without_rule(page.fine_crop(inside)))
    ink_mm2 = float(pieces[:, cv2.CC_STAT_AREA].sum()) / FINE_PER_MM**2
    if ink_mm2 < _LEAST_INK_MM2:
        return _Line(None, ink_mm2)
    left = max(int(pieces[:, cv2.CC_STAT_LEFT].min()) - _ASIDE_PX, 0)
    right = int((pieces[:, cv2.CC_STAT_LEFT] + pieces[:, cv2.CC_STAT_WIDTH]).max()) + _ASIDE_PX
    bordered = cv2.copyMakeBorder(
        cv2.bitwise_not(darkness[:, left:right]),
        *(4 * (_BORDER_PX,)),
        cv2.BORDER_CONSTANT,
        value=(255,),
    )
    return _Line(bordered, ink_mm2)


def _letters(darkness: MatLike) -> tuple[MatLike, NDArray[np.int32]]:
    """Return the letters alone, as far as there are any across, and OpenCV's statistics of them.

    Specks and streaks go, and what is left of the rule below and of the caption above; dots and
    accents stay.
    """
    ink = (darkness > _INK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height = darkness.shape[0]
    tops, heights = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT]
    widths, areas = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    flat = (heights < 0.5 * FINE_PER_MM) & (widths > 2.5 * FINE_PER_MM)
    above = tops + heights < 0.8 * FINE_PER_MM
    below = tops > height - 1.3 * FINE_PER_MM
    streak = (
        (widths < _STREAK_WIDE_MM * FINE_PER_MM)
        & (tops <= 1)
        & (tops + heights > height - _STREAK_SHORT_MM * FINE_PER_MM)
    )
    possible = ~(flat | above | below | streak)
    possible[0] = False
    if not possible.any():
        return darkness[:, :0], stats[possible]
    # Most of a field is empty: only where pieces are is it worth looking at every pixel.
    lefts, rights = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_LEFT] + widths
    left, right = max(int(lefts[possible].min()) - _ASIDE_PX, 0), int(rights[possible].max())
    written = slice(left, right + _ASIDE_PX)
    darkness, labels = darkness[:, written], labels[:, written]
    large = possible & (areas >= _LETTER_MM2 * FINE_PER_MM**2)
    near = _around(large[labels], _NEAR_MM)
    beside = np.zeros_like(large)
    beside[labels[near]] = True
    kept = large | (possible & beside)
    pieces = stats[kept]
    pieces[:, cv2.CC_STAT_LEFT] -= left
    return darkness * _around(kept[labels], _HALO_MM), pieces


def _around(ink: NDArray[np.bool_], reach_mm: float) -> NDArray[np.bool_]:
    """Return what is ink or lies so near to it, across or down."""
    side = 2 * round(reach_mm * FINE_PER_MM) + 1
    return cv2.dilate(ink.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)


def _without_rule(darkness: MatLike) -> MatLike:
    """Wipe out the printed line below the field: rows of the lowest part that are mostly dark."""
    result = darkness.copy()
    lowest = round(1.6 * FINE_PER_MM)
    dark_rows = (result[-lowest:] > _INK).mean(axis=1) > _LINE_SHARE
    if dark_rows.any():
        first = result.shape[0] - lowest + int(np.flatnonzero(dark_rows)[0])
        result[max(first - 1, 0) :] = 0
    return result
