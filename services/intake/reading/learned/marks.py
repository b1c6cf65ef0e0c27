"""Measuring boxes that somebody else printed: small, perhaps a character, with words close by.

Each is found again by its own print. The border is looked for; all other print around it has been
taken out of the page, so that a ring as wide as there is room can be measured.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.learned.blank import Blank
from services.intake.reading.learned.paper import LearnedPage, cut
from services.intake.reading.marks import (
    FAINT,
    LENIENT,
    LIGHT,
    STRICT,
    TRACE,
    off_line,
    runs_across,
    without_specks,
)
from services.intake.reading.measured import MarkMeasure
from services.intake.reading.sides import ink_beside_mm2, joined_with, level_share
from services.intake.reading.strokes import off_strokes, weight_mm
from shared.forms import PICTURE_PER_MM, Box

_SEARCH_MM = 0.8
_AROUND_MM = 0.5
_MARGIN_MM = 4.5
_CLEAR_MM = 0.28
"""Kept free within the border's line: blur and misplacement."""

_SHIFT_MM = 0.1
_RING_FROM_MM = 0.3
_BORDER_REACH_MM = 0.25
_EXIT_MM2 = 0.05
_SMOOTH_MM = 0.12


def measure_learned_marks(page: LearnedPage, blank: Blank) -> tuple[MarkMeasure, ...]:
    """Return the measures of every box of the form, in its order."""
    border_mm = page.template.box_border_mm
    return tuple(_measure(page, blank, box, border_mm) for box in page.template.boxes)


def _measure(page: LearnedPage, blank: Blank, box: Box, border_mm: float) -> MarkMeasure:
    window = box.area.grown(_MARGIN_MM)
    whole = cut(page.fine, window)
    dx, dy = _found_at(whole, cut(blank.fine, box.area.grown(_AROUND_MM)))
    nominal = round(_MARGIN_MM * PICTURE_PER_MM)
    x, y = nominal + dx, nominal + dy
    width, height = (round(s * PICTURE_PER_MM) for s in (box.area.width_mm, box.area.height_mm))
    inset = round((border_mm + _CLEAR_MM) * PICTURE_PER_MM)
    shift = max(1, round(_SHIFT_MM * PICTURE_PER_MM))
    shares = []
    for threshold in (STRICT, LENIENT):
        ink = without_specks(whole > threshold)
        for sx, sy in ((0, 0), (shift, 0), (-shift, 0), (0, shift), (0, -shift)):
            inner = ink[
                y + inset + sy : y + height - inset + sy, x + inset + sx : x + width - inset + sx
            ]
            shares.append(float(inner.mean()))
    smooth = cv2.GaussianBlur(whole, (0, 0), _SMOOTH_MM * PICTURE_PER_MM)
    deep = inset + shift
    inside = smooth[y + deep : y + height - deep, x + deep : x + width - deep]
    place = x, y, width, height
    added = cut(page.fine_rest, window)
    rest = without_specks(added > LENIENT)
    ring, loose, area, exits = _ring(rest, box, place)
    beside, through = ink_beside_mm2(
        added > LIGHT, place, near_mm=_RING_FROM_MM, far_mm=box.reach_mm
    )
    strokes = rest.copy()
    strokes[y : y + height, x : x + width] = (whole > LENIENT)[y : y + height, x : x + width]
    between = whole[y + inset : y + height - inset, x + inset : x + width - inset]
    return MarkMeasure(
        option=box.option,
        ink=shares[0],
        ink_least=min(shares),
        ink_most=max(shares),
        faint=float((inside > FAINT).mean()),
        trace=float((inside > TRACE).mean()),
        ring_mm2=ring,
        ring_loose_mm2=loose,
        ring_fraction=ring / area,
        border_seen=_border_seen(whole, x, y, width, height, border_mm),
        moved_mm=float(np.hypot(dx, dy)) / PICTURE_PER_MM,
        off_line=off_line(strokes, place, inset),
        off_strokes=off_strokes(
            inside=whole > STRICT,
            around=rest,
            added=rest,
            dark=whole > LENIENT,
            place=place,
            inset=inset,
            near_mm=_RING_FROM_MM,
        ),
        exits=exits,
        beside_mm2=beside,
        through_mm2=through,
        level=level_share(whole, place, inset),
        weight_mm=weight_mm(between, FAINT),
        runs=runs_across(between > STRICT),
        inner_mm=(min(width, height) - 2 * inset) / PICTURE_PER_MM,
        area=page.area(box.area),
    )


def _found_at(whole: MatLike, own: MatLike) -> tuple[int, int]:
    """Return how many pixels beside its place the box's print lies, within the search."""
    nominal = round((_MARGIN_MM - _AROUND_MM) * PICTURE_PER_MM)
    search = round(_SEARCH_MM * PICTURE_PER_MM)
    window = whole[
        nominal - search : nominal + own.shape[0] + search,
        nominal - search : nominal + own.shape[1] + search,
    ]
    score = cv2.matchTemplate(window, own, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(score)
    return x - search, y - search


def _border_seen(
    whole: MatLike, x: int, y: int, width: int, height: int, border_mm: float
) -> float:
    """Return the share of the border that is seen, on the side where least of it is."""
    within = round((border_mm + _BORDER_REACH_MM) * PICTURE_PER_MM)
    out = round(_BORDER_REACH_MM * PICTURE_PER_MM)
    strips = (
        whole[y - out : y + within, x : x + width].max(axis=0),
        whole[y + height - within : y + height + out, x : x + width].max(axis=0),
        whole[y : y + height, x - out : x + within].max(axis=1),
        whole[y : y + height, x + width - within : x + width + out].max(axis=1),
    )
    return min(float((strip > LENIENT).mean()) for strip in strips)


def _ring(
    ink: NDArray[np.bool_], box: Box, place: tuple[int, int, int, int]
) -> tuple[float, float, float, int]:
    """Return ink around the box in mm²: all of it, that which does not start at the border; the
    ring's area; and at how many places ink starts at the border. What starts there may be a long
    tick's end; what does not is beside.
    """
    x, y, width, height = place
    near = round(_RING_FROM_MM * PICTURE_PER_MM)
    far = round(box.reach_mm * PICTURE_PER_MM)
    ring = np.zeros_like(ink)
    ring[max(y - far, 0) : y + height + far, max(x - far, 0) : x + width + far] = True
    ring[y - near : y + height + near, x - near : x + width + near] = False
    start = np.zeros_like(ink)
    edge = near + 3
    start[y - edge : y + height + edge, x - edge : x + width + edge] = True
    around: NDArray[np.bool_] = ink & ring
    _, labels, stats, _ = cv2.connectedComponentsWithStats(around.astype(np.uint8), connectivity=8)
    attached = np.unique(labels[start & around])
    loose = around & ~joined_with(around, start & around)
    mm2 = PICTURE_PER_MM**2
    exits = int((stats[attached, cv2.CC_STAT_AREA] >= _EXIT_MM2 * mm2).sum())
    return (
        float(around.sum()) / mm2,
        float(loose.sum()) / mm2,
        max(float(ring.sum()) / mm2, 1.0),
        exits,
    )
