"""Whether what runs out of a box is two straight strokes: a cross, a tick with a long arm.

What takes a mark back – a line through it, or several – lies along no two such strokes.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import FINE_PER_MM

_REACH_MM = 2.0
"""So far around the box a stroke's way is told from where it runs; hands bend beyond."""

_SPARE_MM = 0.3
"""Strokes by hand are not quite straight."""

_WIDEST_MM = 1.5
"""No pen's; lines close together are wider where they leave the box."""

_SOFT_MM = 0.17
_LEAST_STROKE_MM2 = 0.5
_LEAST_ARM_MM2 = 0.05
_USUAL_MM = 0.5
_CORNER_DEG = 20.0
_ACROSS = np.deg2rad(np.arange(20.0, 72.0, 5.0))
"""Directions across a stroke that slopes one way; mirrored, of one that slopes the other. A level
stroke is among neither: that is how marks are struck out."""


def off_strokes(
    *,
    inside: NDArray[np.bool_],
    around: NDArray[np.bool_],
    dark: NDArray[np.bool_],
    place: tuple[int, int, int, int],
    inset: int,
    near_mm: float,
    added: NDArray[np.bool_] | None = None,
) -> float:
    """Return the share of ink in a box, and close around it, that is off two straight strokes.

    The pictures are of the same part of the page, at `FINE_PER_MM`: ink to look at within the box
    and around it, all that is dark, and, where it can be told, what is none of the form's print.
    `place` is the box's left, top, width and height there, `inset` its border's width. What lies
    on the border, or nearer to it than `near_mm`, is left out: it cannot be told from the border.
    """
    x, y, width, height = place
    near, far = (round(mm * FINE_PER_MM) for mm in (near_mm, _REACH_MM))
    ring = np.zeros_like(around)
    ring[y - far : y + height + far, x - far : x + width + far] = True
    ring[y - near : y + height + near, x - near : x + width + near] = False
    arms = around & ring
    inner = slice(y + inset, y + height - inset), slice(x + inset, x + width - inset)
    ink = arms.copy()
    ink[inner] = inside[inner]
    middle = x + width / 2, y + height / 2
    return off_two_strokes(ink, arms_wide_mm(arms, arms if added is None else added, dark, middle))


def off_two_strokes(ink: NDArray[np.bool_], pen_mm: float) -> float:
    """Return the share of ink that no two straight strokes cover, one sloping each way.

    `ink` is what a pen of this width left in a box and around it, at `FINE_PER_MM`, with nothing
    of the box's border.
    """
    y, x = np.nonzero(ink)
    if y.size == 0:
        return 0.0
    wide = max(1, round((pen_mm + _SPARE_MM) * FINE_PER_MM))
    best = 0
    for angle in _ACROSS:
        covered = _covered(y, x, angle, wide)
        left = ~covered
        others = (int(_covered(y[left], x[left], np.pi - a, wide).sum()) for a in _ACROSS)
        best = max(best, int(covered.sum()) + max(others))
    return 1.0 - best / y.size


def _covered(
    y: NDArray[np.intp], x: NDArray[np.intp], across: float, wide: int
) -> NDArray[np.bool_]:
    """Return which places the straight stroke of this direction covers that covers most."""
    if y.size == 0:
        return np.zeros(0, np.bool_)
    at = np.round(x * np.cos(across) + y * np.sin(across)).astype(int)
    at -= at.min()
    summed = np.cumsum(np.bincount(at, minlength=int(at.max()) + wide + 1))
    within = summed[wide - 1 :] - np.concatenate(([0], summed[:-wide]))
    start = int(within.argmax())
    return np.asarray((at >= start) & (at < start + wide), dtype=np.bool_)


def arms_wide_mm(
    arms: NDArray[np.bool_],
    added: NDArray[np.bool_],
    dark: NDArray[np.bool_],
    middle: tuple[float, float],
) -> float:
    """Return how wide the arms are that leave the box around `middle`: the middle one of widths.

    Arms are cut off close to the box, in `added` too; `dark` holds the box's border as well. An
    arm at each corner is a cross's, and is seen as wide as it is where nothing is cut off.
    Elsewhere it may be several lines, which are wide beside the border: what is cut off counts.
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        arms.astype(np.uint8), connectivity=8
    )
    least = _LEAST_ARM_MM2 * FINE_PER_MM**2
    found = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least]
    if not found:
        return _USUAL_MM
    off = np.abs(centres[found] - np.array(middle))
    slope = np.degrees(np.arctan2(off[:, 1], off[:, 0]))
    at_corners = bool((np.abs(slope - 45) <= _CORNER_DEG).all())
    framed = np.pad(dark if at_corners else added, 1).astype(np.uint8)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    widths = [2 * float(depth[labels == label].max()) / FINE_PER_MM for label in found]
    return min(float(np.median(widths)), _WIDEST_MM)


def weight_mm(darkness: MatLike, faint: int) -> float:
    """Return how wide the strokes in a picture would be if their ink were as black as print.

    What a blurred scan takes from a stroke's darkness it adds to its width: their product tells a
    thin pen from a trace, whatever the scan. Looked at is what is darker than `faint`.
    """
    soft = cv2.GaussianBlur(darkness, (0, 0), _SOFT_MM * FINE_PER_MM)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (soft > faint).astype(np.uint8), connectivity=8
    )
    large = stats[:, cv2.CC_STAT_AREA] >= _LEAST_STROKE_MM2 * FINE_PER_MM**2
    large[0] = False
    strokes = large[labels].astype(np.uint8)
    outlines, _ = cv2.findContours(strokes, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    long_px = sum(cv2.arcLength(outline, True) for outline in outlines) / 2
    if not long_px:
        return 0.0
    black_px2 = float(darkness[cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > 0].sum()) / 255
    return black_px2 / long_px / FINE_PER_MM
