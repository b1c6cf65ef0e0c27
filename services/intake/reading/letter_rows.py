"""How straight in a row the strokes of what is written stand: print's feet and tops are in line.

Letters that a drawn line, a rule or a bad scan joins are no pieces of their own any more, yet each
still ends below and above. In print most ends lie on two lines; a hand does not keep to any.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import RowMeasure
from services.intake.reading.paper import PER_MM

_SMOOTH_PX = 1.2
"""Evens out the steps of a slanting edge in two levels, which end nowhere."""

_OFF_MM = 0.12
_LEAST_APART_MM = 2.5
_MOST_LEAN = 0.08
_MOST_ENDS = 90
"""Of more there is grain, or a block of print; comparing all would take long."""


def measure_rows(ink: MatLike) -> tuple[RowMeasure, RowMeasure]:
    """Return the feet and the tops of strokes. `ink` is 1 where it counts, at `PER_MM`."""
    even = (cv2.GaussianBlur(ink * 255, (0, 0), _SMOOTH_PX) > 127).astype(np.uint8)
    return _row(_ends_below(even)), _row(_ends_below(even[::-1]))


def _ends_below(ink: MatLike) -> NDArray[np.float64]:
    """Return where strokes end downwards, n × 2 in mm: runs with nothing right below, or aslant."""
    rows, columns = ink.shape[:2]
    below = np.zeros((rows, columns), np.uint8)
    below[:-1] = ink[1:]
    below = cv2.dilate(below, np.ones((1, 3), np.uint8))
    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    met = np.zeros((rows, columns + 1), np.int32)
    np.cumsum(below, axis=1, out=met[:, 1:])
    lowest = met[row, end] == met[row, start]
    return np.column_stack([(start + end)[lowest] / 2, row[lowest] + 1.0]) / PER_MM


def _row(ends: NDArray[np.float64]) -> RowMeasure:
    """Return how many ends there are, and the most of them on one line that is about level."""
    ends = ends[np.argsort(-ends[:, 1])][:_MOST_ENDS]
    one, other = np.triu_indices(len(ends), 1)
    along, down = (ends[other] - ends[one]).T
    level = (np.abs(along) >= _LEAST_APART_MM) & (np.abs(down) <= _MOST_LEAN * np.abs(along))
    if not level.any():
        return RowMeasure(ends=len(ends), in_line=min(len(ends), 1))
    start, lean = ends[one[level]], (down[level] / along[level])[:, None]
    off = ends[None, :, 1] - start[:, 1:] - (ends[None, :, 0] - start[:, :1]) * lean
    return RowMeasure(ends=len(ends), in_line=int((np.abs(off) <= _OFF_MM).sum(axis=1).max()))
