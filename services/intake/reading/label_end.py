"""Whether something was written after print of any length: "ja, … men inte i år".

Handwriting in line with the print is as tall as the print, and cannot be told from it by its looks.
Our form therefore ends each label, and each line whose words vary, with a short solid bar; what
stands after it was added.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import PER_MM
from shared.forms import LABEL_BAR_HIGH_MM, LABEL_BAR_WIDE_MM

_WIDE = (0.7, 1.7)
_HIGH = (0.84, 1.25)
"""Times the printed bar: blur and a coarse fax make it wider and higher."""

_FILLED = 0.7
_ASIDE_MM = 1.3
_CLEAR_MM = 0.4
_SPECK_MM2 = 0.2
_MOST_AFTER_MM2 = 0.8


def written_after(strip: MatLike) -> bool:
    """Return whether ink stands after the bar, or no single bar is there to tell.

    `strip` is the label's part of the page, 1 for ink, at `PER_MM`, its middle row the bar's.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    pieces = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * PER_MM**2]
    bars = [piece for piece in pieces if _is_bar(piece, strip.shape[0])]
    if len(bars) != 1:
        return True
    [bar] = bars
    end = bar[cv2.CC_STAT_LEFT] + bar[cv2.CC_STAT_WIDTH] + _CLEAR_MM * PER_MM
    after = pieces[:, cv2.CC_STAT_LEFT] + pieces[:, cv2.CC_STAT_WIDTH] > end
    after &= pieces[:, cv2.CC_STAT_LEFT] != bar[cv2.CC_STAT_LEFT]
    return float(pieces[after, cv2.CC_STAT_AREA].sum()) / PER_MM**2 > _MOST_AFTER_MM2


def written_in_line(strip: MatLike) -> bool:
    """Return whether a strip with one line of print, or none, holds anything more; as above."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    pieces = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * PER_MM**2]
    blank = float(pieces[:, cv2.CC_STAT_AREA].sum()) / PER_MM**2 <= _MOST_AFTER_MM2
    return not blank and written_after(strip)


def _is_bar(piece: NDArray[np.int32], strip_height: int) -> bool:
    _, top, width, height, area = (float(v) for v in piece)
    return (
        _WIDE[0] <= width / PER_MM / LABEL_BAR_WIDE_MM <= _WIDE[1]
        and _HIGH[0] <= height / PER_MM / LABEL_BAR_HIGH_MM <= _HIGH[1]
        and area >= _FILLED * width * height
        and abs(top + height / 2 - strip_height / 2) <= _ASIDE_MM * PER_MM
    )
