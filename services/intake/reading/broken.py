"""Strokes that a coarse scan broke: what runs on in the same direction is joined again.

Closing all small gaps would join letters of print, which stand no further apart. A stroke's parts
lie in line with each other; few sides of letters do, and the verdict asks for more than joined ink.
"""

from functools import cache

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.paper import PER_MM

_DIRECTIONS_DEG = range(0, 180, 15)
_PART_MM = 0.6
_GAP_MM = 1.6


def joined_where_in_line(ink: MatLike) -> MatLike:
    """Return the ink with gaps closed between parts of one stroke. 1 is ink, at `PER_MM`."""
    joined = ink
    for direction in _DIRECTIONS_DEG:
        parts = cv2.morphologyEx(ink, cv2.MORPH_OPEN, _line(_PART_MM, direction))
        run_on = cv2.morphologyEx(parts, cv2.MORPH_CLOSE, _line(_GAP_MM, direction))
        joined = cv2.bitwise_or(joined, run_on)
    return joined


@cache
def _line(long_mm: float, direction_deg: int) -> MatLike:
    half = round(long_mm * PER_MM) // 2
    line = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    turn = np.deg2rad(direction_deg)
    x, y = round(np.cos(turn) * half), round(np.sin(turn) * half)
    cv2.line(line, (half - x, half + y), (half + x, half - y), (1,))
    return line
