"""Whether something was written after print of any length: "ja, … men inte i år".

Handwriting in line with the print is as tall as the print, and cannot be told from it by its looks.
Our form therefore ends each label, and each line whose words vary, with a short solid bar; what
stands after it was added.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import PER_MM
from shared.forms import LABEL_BAR_HIGH_MM, LABEL_BAR_WIDE_MM

_WIDE = (0.7, 1.7)
_HIGH = (0.84, 1.25)
"""Times the printed bar: blur and a coarse fax make it wider and higher."""

_FILLED, _WELL_FILLED = 0.7, 0.85
"""Of the place it takes. On a blurred photo a bold letter is as wide, and fills less of it."""

_ASIDE_MM = 2.2
"""How far bent paper moves the bar up or down: as far as a box is looked for."""

_CLEAR_MM = 0.4
_SPECK_MM2 = 0.2
_MOST_AFTER_MM2 = 0.8


@dataclass(frozen=True)
class Bar:
    """Where print ends: the bar's right edge and its middle row, in pixels of the strip."""

    right: int
    middle: float


def find_bar(strip: MatLike) -> Bar | None:
    """Return the bar that ends a label's or line's print, or None if no single one is there.

    `strip` is 1 where the page is at least half as dark as print, at `PER_MM`; where the bar
    should be is its middle row.
    """
    middle = strip.shape[0] / 2
    bars = [piece for piece in _pieces(strip) if _is_bar(piece, middle)]
    if len(bars) > 1:
        bars = [piece for piece in bars if _filled(piece) >= _WELL_FILLED]
    if len(bars) != 1:
        return None
    left, top, width, height, _ = (int(v) for v in bars[0])
    return Bar(right=left + width, middle=top + height / 2)


def written_after(strip: MatLike, bar: Bar) -> bool:
    """Return whether ink stands after the bar; `strip` is 1 for ink of any kind."""
    after = strip[:, bar.right + round(_CLEAR_MM * PER_MM) :]
    return _ink_mm2(after) > _MOST_AFTER_MM2


def is_blank(strip: MatLike) -> bool:
    """Return whether a strip holds nothing, not even the print and its bar."""
    return _ink_mm2(strip) <= _MOST_AFTER_MM2


def _ink_mm2(strip: MatLike) -> float:
    if strip.size == 0:
        return 0.0
    return float(_pieces(strip)[:, cv2.CC_STAT_AREA].sum()) / PER_MM**2


def _pieces(strip: MatLike) -> NDArray[np.int32]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    return np.asarray(stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * PER_MM**2])


def _is_bar(piece: NDArray[np.int32], middle: float) -> bool:
    _, top, width, height, _ = (float(v) for v in piece)
    return (
        _WIDE[0] <= width / PER_MM / LABEL_BAR_WIDE_MM <= _WIDE[1]
        and _HIGH[0] <= height / PER_MM / LABEL_BAR_HIGH_MM <= _HIGH[1]
        and _filled(piece) >= _FILLED
        and abs(top + height / 2 - middle) <= _ASIDE_MM * PER_MM
    )


def _filled(piece: NDArray[np.int32]) -> float:
    return float(piece[cv2.CC_STAT_AREA]) / float(
        piece[cv2.CC_STAT_WIDTH] * piece[cv2.CC_STAT_HEIGHT]
    )
