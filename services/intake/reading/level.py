"""Making a page's lines level, and wiping out the rules and frames that are no letters."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

_MOST_DEGREES: Final = 6.0
_COARSE: Final = 0.5
_FINE: Final = 0.1
_SMALL_PX: Final = 700
_ACROSS: Final = 0.035
_DOWN: Final = 0.021
"""Of the longer side: 10 mm of A4 across and 6 mm down, wider and taller than any letter."""


def level(grey: MatLike) -> MatLike:
    """Return a page with its lines of text level, in the same size; the same if they are.

    Found by how sharply dark rows follow light ones, up to six degrees to either side.
    """
    factor = _SMALL_PX / max(grey.shape[:2])
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    dark = 255 - small
    coarse = max(np.arange(-_MOST_DEGREES, _MOST_DEGREES + _COARSE, _COARSE), key=_contrast(dark))
    around = np.arange(coarse - _COARSE, coarse + _COARSE + _FINE, _FINE)
    degrees = round(float(max(around, key=_contrast(dark))), 2)
    if abs(degrees) <= _FINE:
        return grey
    return _turned(grey, degrees, 255)


def without_rules(grey: MatLike) -> MatLike:
    """Return a level page without its long straight lines, which are read as letters else."""
    ink = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 41, 25
    )
    side = max(grey.shape[:2])
    across = cv2.getStructuringElement(cv2.MORPH_RECT, (round(_ACROSS * side), 1))
    down = cv2.getStructuringElement(cv2.MORPH_RECT, (1, round(_DOWN * side)))
    rules = cv2.bitwise_or(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, across), cv2.morphologyEx(ink, cv2.MORPH_OPEN, down)
    )
    thick = cv2.dilate(rules, np.ones((3, 3), np.uint8))
    cleaned = grey.copy()
    cleaned[thick > 0] = 255
    return cleaned


def _contrast(dark: MatLike) -> Callable[[float], float]:
    """Return how much the darkness of rows changes from one to the next, by the angle."""

    def at(degrees: float) -> float:
        rows = _turned(dark, degrees, 0).sum(axis=1, dtype=np.float64)
        return float(np.square(np.diff(rows)).sum())

    return at


def _turned(grey: MatLike, degrees: float, outside: int) -> MatLike:
    height, width = grey.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(grey, turn, (width, height), borderValue=(outside,))
