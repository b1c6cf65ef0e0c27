"""Measuring the boxes: how much ink is inside, and how much around.

Each box is found again by its printed border within a millimetre, because paper bends. Then ink is
counted between the borders, under two binarisations and small shifts, and in a ring around.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import MarkMeasure
from services.intake.reading.paper import FINE_PER_MM, FlatPage
from shared.forms import Box

STRICT = 128
"""Half as dark as print: a pen."""

LENIENT = 77
"""Three tenths as dark as print: a pencil, or a pen through a bad scanner."""

FAINT = 28
"""A ninth: something is there, and it is not noise once smoothed."""

_SEARCH_MM = 1.0
_MARGIN_MM = 4.5
_BORDER_CLEAR_MM = 0.5
"""Kept free on each side of the border's line: blur and misplacement."""

_RING_FROM_MM = 0.45
_RING_TO_MM = 3.0
_SHIFT_MM = 0.2
_SPECK_MM2 = 0.12
_SMOOTH_MM = 0.17


def measure_marks(page: FlatPage) -> tuple[MarkMeasure, ...]:
    """Return the measures of every box of the form, in its order."""
    border_mm = page.template.box_border_mm
    return tuple(_measure(page, box, border_mm) for box in page.template.boxes)


def _measure(page: FlatPage, box: Box, border_mm: float) -> MarkMeasure:
    darkness = page.fine_crop(box.area.grown(_MARGIN_MM))
    side = round(box.area.width_mm * FINE_PER_MM)
    x, y = _find_border(darkness, side, border_mm)
    nominal = round(_MARGIN_MM * FINE_PER_MM)
    inset = round((border_mm + _BORDER_CLEAR_MM) * FINE_PER_MM)
    shift = max(1, round(_SHIFT_MM * FINE_PER_MM))
    shares = []
    for threshold in (STRICT, LENIENT):
        ink = without_specks(darkness > threshold)
        for dx, dy in ((0, 0), (shift, 0), (-shift, 0), (0, shift), (0, -shift)):
            inner = ink[
                y + inset + dy : y + side - inset + dy, x + inset + dx : x + side - inset + dx
            ]
            shares.append(float(inner.mean()))
    smooth = cv2.GaussianBlur(darkness, (0, 0), _SMOOTH_MM * FINE_PER_MM)
    deep = inset + round(2 * _SMOOTH_MM * FINE_PER_MM)  # out of reach of the border's blur
    faint = smooth[y + deep : y + side - deep, x + deep : x + side - deep] > FAINT
    ring, loose, area = _ring(without_specks(darkness > LENIENT), x, y, side)
    return MarkMeasure(
        option=box.option,
        ink=shares[0],
        ink_least=min(shares),
        ink_most=max(shares),
        faint=float(faint.mean()),
        ring_mm2=ring,
        ring_loose_mm2=loose,
        ring_fraction=ring / area,
        border_seen=_border_seen(darkness, x, y, side, border_mm),
        moved_mm=float(np.hypot(x - nominal, y - nominal)) / FINE_PER_MM,
        area=page.area(box.area),
    )


def _find_border(darkness: MatLike, side: int, border_mm: float) -> tuple[int, int]:
    """Return the top left of the place, within the search, where the printed border lies."""
    line = max(2, round(border_mm * FINE_PER_MM))
    outline = np.zeros((side, side), np.float32)
    cv2.rectangle(outline, (line // 2, line // 2), (side - 1 - line // 2,) * 2, (1.0,), line)
    search = round(_SEARCH_MM * FINE_PER_MM)
    nominal = round(_MARGIN_MM * FINE_PER_MM)
    window = darkness[
        nominal - search : nominal + side + search, nominal - search : nominal + side + search
    ]
    # A pen stroke must not pull the border: beyond print's black, darker does not count for more.
    score = cv2.matchTemplate(np.minimum(window, 255).astype(np.float32), outline, cv2.TM_CCORR)
    _, _, _, (dx, dy) = cv2.minMaxLoc(score)
    return nominal - search + dx, nominal - search + dy


def _border_seen(darkness: MatLike, x: int, y: int, side: int, border_mm: float) -> float:
    """Return the share of the border that is seen, on the side where least of it is."""
    reach = round((border_mm + 0.3) * FINE_PER_MM)
    out = round(0.3 * FINE_PER_MM)
    strips = (
        darkness[y - out : y + reach, x : x + side].max(axis=0),
        darkness[y + side - reach : y + side + out, x : x + side].max(axis=0),
        darkness[y : y + side, x - out : x + reach].max(axis=1),
        darkness[y : y + side, x + side - reach : x + side + out].max(axis=1),
    )
    return min(float((strip > LENIENT).mean()) for strip in strips)


def _ring(ink: NDArray[np.bool_], x: int, y: int, side: int) -> tuple[float, float, float]:
    """Return ink around the box in mm²: all of it, that which does not start at the border; and
    the ring's area. What starts at the border may be a long tick's end; what does not is beside.
    """
    inner, outer = (round(mm * FINE_PER_MM) for mm in (_RING_FROM_MM, _RING_TO_MM))
    ring = ink[y - outer : y + side + outer, x - outer : x + side + outer].copy()
    hole = slice(outer - inner, outer + side + inner)
    ring[hole, hole] = False
    area = (ring.size - (side + 2 * inner) ** 2) / FINE_PER_MM**2
    touching = np.zeros_like(ring)
    edge = slice(outer - inner - 2, outer + side + inner + 2)
    touching[edge, edge] = True
    _, labels = cv2.connectedComponents(ring.astype(np.uint8), connectivity=8)
    attached = np.unique(labels[touching & ring])
    loose = ring & ~np.isin(labels, attached)
    return float(ring.sum()) / FINE_PER_MM**2, float(loose.sum()) / FINE_PER_MM**2, area


def without_specks(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return ink, at `FINE_PER_MM`, without what is too small to be a pen's."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    if count <= 1:
        return ink
    keep = stats[:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * FINE_PER_MM**2
    keep[0] = False
    return np.asarray(keep[labels], dtype=np.bool_)
