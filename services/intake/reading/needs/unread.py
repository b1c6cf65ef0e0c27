"""Ink where an answer belongs, and of which recognition made nothing: writing by hand, mostly.

Without it a template filled in by hand would be said to be empty.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.pages.page import A4_INCHES, Word
from services.intake.reading.level import without_rules
from shared.events import Area
from shared.needs import NeedField

_SURE: Final = 0.6
_LEAST_TALL_MM: Final = 1.2
_LEAST_WIDE_MM: Final = 8.0
"""All strokes in a row; specks and what is left of a frame are less."""

_INK: Final = 25
_GROWN: Final = 0.25
_SIDE_MM: Final = 2.0


def written_in(
    grey: MatLike, words: Sequence[Word], rooms: Mapping[NeedField, Area]
) -> dict[NeedField, Area]:
    """Return those of the rooms for answers that hold ink, other than words that were read.

    The page is upright and level; `rooms` are the places for answers on it.
    """
    if not rooms:
        return {}
    height, width = grey.shape[:2]
    per_mm = width / (A4_INCHES[0] * 25.4)
    clean = without_rules(grey)
    size = max(round(6 * per_mm), 3) | 1
    ink = cv2.adaptiveThreshold(
        clean, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, size, _INK
    )
    for word in words:
        if word.confidence >= _SURE:
            ink[_pixels(word.left, word.top, word.right, word.bottom, width, height)] = 0
    side = round(_SIDE_MM * per_mm)
    return {
        field: room
        for field, room in rooms.items()
        if _is_written(
            ink[_pixels(room.left, room.top, room.right, room.bottom, width, height)], per_mm, side
        )
    }


def _is_written(ink: MatLike, per_mm: float, side: int) -> bool:
    inside = ink[:, side : max(ink.shape[1] - side, side)]
    if inside.size == 0:
        return False
    pieces = cv2.connectedComponentsWithStats(np.ascontiguousarray(inside), connectivity=8)[2][1:]
    tall = pieces[pieces[:, cv2.CC_STAT_HEIGHT] >= _LEAST_TALL_MM * per_mm]
    return float(tall[:, cv2.CC_STAT_WIDTH].sum()) >= _LEAST_WIDE_MM * per_mm


def _pixels(
    left: float, top: float, right: float, bottom: float, width: int, height: int
) -> tuple[slice, slice]:
    grown = _GROWN * (bottom - top) if bottom - top < 0.02 else 0.0
    return (
        slice(max(round((top - grown) * height), 0), round((bottom + grown) * height)),
        slice(max(round(left * width), 0), round(right * width)),
    )
