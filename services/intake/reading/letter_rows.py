"""How straight in a row the strokes of what is written stand: print's feet and tops are in line.

Letters that a drawn line, a rule or a bad scan joins are no pieces of their own any more, yet each
still ends below and above. In print most ends lie on two lines; a hand does not keep to any.
"""

from dataclasses import dataclass, field

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
_LEANS = 17
"""Rows that lean alike, in so many steps from one extreme to the other, are parallel."""
_MOST_ENDS = 90
"""Of more there is grain, or a block of print; comparing all would take long."""


@dataclass(frozen=True)
class Rows:
    """Where strokes end below and above.

    `parallel_share`: the most of all feet, as a share, and of all tops, added, on two lines that
    lean alike. Of a hand's ends many may be in line by chance, yet hardly on parallel lines.
    """

    feet: RowMeasure = field(default_factory=RowMeasure)
    tops: RowMeasure = field(default_factory=RowMeasure)
    parallel_share: float = 0.0


def measure_rows(ink: MatLike) -> Rows:
    """Return the feet and the tops of strokes. `ink` is 1 where it counts, at `PER_MM`."""
    even = (cv2.GaussianBlur(ink * 255, (0, 0), _SMOOTH_PX) > 127).astype(np.uint8)
    below, above = _in_line(_ends_below(even)), _in_line(_ends_below(even[::-1]))
    # Upside down, a line leans the other way. Two steps side by side may be one lean.
    mirrored = np.pad(above.by_lean[::-1], 1)
    near = np.maximum.reduce([mirrored[:-2], mirrored[1:-1], mirrored[2:]])
    shares = below.by_lean / max(below.ends, 1) + near / max(above.ends, 1)
    return Rows(below.measure, above.measure, float(shares.max()))


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


@dataclass(frozen=True)
class _Ends:
    ends: int
    by_lean: NDArray[np.int64]
    """The most ends on one line, for each lean."""

    @property
    def measure(self) -> RowMeasure:
        return RowMeasure(ends=self.ends, in_line=max(int(self.by_lean.max()), min(self.ends, 1)))


def _in_line(ends: NDArray[np.float64]) -> _Ends:
    """Return how many ends there are, and how many are on one line that is about level."""
    ends = ends[np.argsort(-ends[:, 1])][:_MOST_ENDS]
    by_lean = np.zeros(_LEANS, np.int64)
    one, other = np.triu_indices(len(ends), 1)
    along, down = (ends[other] - ends[one]).T
    level = (np.abs(along) >= _LEAST_APART_MM) & (np.abs(down) <= _MOST_LEAN * np.abs(along))
    start, lean = ends[one[level]], down[level] / along[level]
    off = ends[None, :, 1] - start[:, 1:] - (ends[None, :, 0] - start[:, :1]) * lean[:, None]
    step = np.rint((lean / _MOST_LEAN + 1) * (_LEANS - 1) / 2).astype(np.int64)
    np.maximum.at(by_lean, step, (np.abs(off) <= _OFF_MM).sum(axis=1))
    return _Ends(len(ends), by_lean)
