"""Whether what stands in a signature's place is print: it can be read, or its feet are in line.

On a fax, or over a line, letters of print run together and are as large as writing; a bold name in
large letters is so by itself. But print can be read, and signatures mostly cannot; and no hand
sets many letters on a line as straight as print.
"""

from collections.abc import Iterator
from itertools import combinations

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.measured import PrintReading
from services.intake.reading.ocr import recognise
from services.intake.reading.paper import PER_MM

_HIGH_PX, _UNRULED_HIGH_PX = 36, 40
"""To which a line is scaled before it is read: recognition knows letters of book size best. Two
sizes, as at each one some names are not recognised that are at the other."""

_AROUND_MM = 1.0
_BORDER_PX = 10
_RULE_MM = 12.0
_SPECK_MM2 = 0.35
_LETTER_TALL_MM = 1.8
_MOST_LETTERS = 60
"""Where more pieces than this stand, it is grain, and comparing them would take long."""

_LEAST_APART_MM = 3.0
_MOST_LEAN = 0.06
_FEET_ASIDE_MM = 0.3


def read_as_print(
    darkness: MatLike, ink: MatLike, top_mm: float, bottom_mm: float
) -> tuple[PrintReading, ...]:
    """Return what was read in a signature box, as it is and without its rules.

    `darkness` and `ink` (1 where it counts) are at `PER_MM`; what looks written lies between
    `top_mm` and `bottom_mm` from their top.
    """
    around = round(_AROUND_MM * PER_MM)
    rows = slice(max(round(top_mm * PER_MM) - around, 0), round(bottom_mm * PER_MM) + around)
    readings = [_read(darkness[rows], ink[rows], _HIGH_PX)]
    bare = _without_long_lines(ink)
    pieces = list(_pieces(bare))
    if pieces:
        top = min(top for _, top, _, _ in pieces)
        bottom = max(top + height for _, top, _, height in pieces)
        rows = slice(max(top - around, 0), bottom + around)
        readings.append(_read(darkness[rows], bare[rows], _UNRULED_HIGH_PX))
    return tuple(readings)


def feet_in_line(ink: MatLike) -> int:
    """Return the most pieces as tall as letters that stand on one line, with its rules or without.

    `ink` is as for `read_as_print`.
    """
    return max(_feet_in_line(ink), _feet_in_line(_without_long_lines(ink)))


def _feet_in_line(ink: MatLike) -> int:
    feet = np.array(
        [
            (left + width / 2, top + height)
            for left, top, width, height in _pieces(ink)
            if height >= _LETTER_TALL_MM * PER_MM
        ]
    )
    if not 2 <= len(feet) <= _MOST_LETTERS:
        return 0
    most = 0
    for one, other in combinations(feet, 2):
        along, down = other - one
        if abs(along) < _LEAST_APART_MM * PER_MM or abs(down) > _MOST_LEAN * abs(along):
            continue
        aside = feet[:, 1] - one[1] - (feet[:, 0] - one[0]) * down / along
        most = max(most, int((np.abs(aside) <= _FEET_ASIDE_MM * PER_MM).sum()))
    return most


def _pieces(ink: MatLike) -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, width and height of what is no speck, in pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for left, top, width, height, area in stats[1:].tolist():
        if area >= _SPECK_MM2 * PER_MM**2:
            yield left, top, width, height


def _without_long_lines(ink: MatLike) -> MatLike:
    """Return the ink without what runs level for longer than any letter, and joins them."""
    level = np.ones((1, round(_RULE_MM * PER_MM)), np.uint8)
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    lines = cv2.dilate(cv2.morphologyEx(thick, cv2.MORPH_OPEN, level), np.ones((3, 3), np.uint8))
    return np.where(lines > 0, 0, ink).astype(np.uint8)


def _read(darkness: MatLike, ink: MatLike, high_px: int) -> PrintReading:
    columns = np.flatnonzero(ink.any(axis=0))
    if len(columns) == 0:
        return PrintReading(letters=0, confidence=0.0)
    inked = np.where(ink > 0, darkness, 0).astype(np.uint8)
    line = cv2.bitwise_not(inked[:, columns[0] : columns[-1] + 1])
    factor = high_px / max(line.shape[0] - 2 * _AROUND_MM * PER_MM, 1.0)
    line = cv2.resize(
        line, None, fx=factor, fy=factor,
        interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC,
    )  # fmt: skip
    b = _BORDER_PX
    found = recognise(cv2.copyMakeBorder(line, b, b, b, b, cv2.BORDER_CONSTANT, value=(255,)))
    letters = sum(letter.isalnum() for letter in found.text)
    return PrintReading(letters=letters, confidence=found.confidence)
