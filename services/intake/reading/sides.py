"""What tells a mark from one taken back, whatever pen it was: where it leaves its box, and how its
strokes lie.

Crosses and ticks leave a box at its corners, if at all, and slope. Lines that take a mark back run
out beside the middle of its sides; most of them are level.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import FINE_PER_MM

Place = tuple[int, int, int, int]
"""A box's left, top, width and height in a picture at `FINE_PER_MM`, in pixels."""

_CORNER = 0.2
"""Of a side, at each of its ends."""

_GAP_MM = 0.9
"""A thin line is broken on a coarse fax: dots so near to each other are one."""

_SPECK_MM2 = 0.12
_LEVEL_DEG = 25.0
_BLUR_PX = 1.0
_CLEAR_PX = 1


def ink_beside_mm2(
    dark: NDArray[np.bool_], place: Place, *, near_mm: float, far_mm: float
) -> tuple[float, float]:
    """Return ink beside the middle of a box's sides, corners left out, in mm²: all of it, and
    what there is on both of two opposite sides at least.

    It is looked for from `near_mm` outside of the box to `far_mm`.
    """
    x, y, width, height = place
    near, far = (round(mm * FINE_PER_MM) for mm in (near_mm, far_mm))
    around = dark.copy()
    around[y - near : y + height + near, x - near : x + width + near] = False
    ink = _without_specks(_gaps_closed(around))
    across, down = round(_CORNER * width), round(_CORNER * height)
    rows = slice(y + down, y + height - down)
    columns = slice(x + across, x + width - across)
    left, right, above, below = (
        float(part.sum()) / FINE_PER_MM**2
        for part in (
            ink[rows, max(x - far, 0) : x - near],
            ink[rows, x + width + near : x + width + far],
            ink[max(y - far, 0) : y - near, columns],
            ink[y + height + near : y + height + far, columns],
        )
    )
    return left + right + above + below, max(min(left, right), min(above, below))


def joined_with(ink: NDArray[np.bool_], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the ink that hangs together with `start`, a part of it, over small gaps as well."""
    _, labels = cv2.connectedComponents(_gaps_closed(ink).astype(np.uint8), connectivity=8)
    return ink & np.isin(labels, np.unique(labels[start]))


def _gaps_closed(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    gap = round(_GAP_MM * FINE_PER_MM)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
    # With a margin: closing would else fill in along the picture's edge.
    framed = np.pad(ink, gap).astype(np.uint8)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, disc)[gap:-gap, gap:-gap]
    return np.asarray(closed > 0, dtype=np.bool_)


def _without_specks(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * FINE_PER_MM**2
    keep[0] = False
    return np.asarray(keep[labels], dtype=np.bool_)


def level_share(darkness: MatLike, place: Place, inset: int) -> float:
    """Return the share of edges in a box, by how sharp they are, that run level, or nearly.

    `inset` is its border's width, blur included. Of an even black there is 0.
    """
    x, y, width, height = place
    clear = inset + _CLEAR_PX
    soft = cv2.GaussianBlur(darkness, (0, 0), _BLUR_PX).astype(np.float32)
    inner = slice(y + clear, y + height - clear), slice(x + clear, x + width - clear)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0)[inner]
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1)[inner]
    sharp = across**2 + down**2
    level = np.abs(across) < np.tan(np.deg2rad(_LEVEL_DEG)) * np.abs(down)
    total = float(sharp.sum())
    return float(sharp[level].sum()) / total if total else 0.0
