"""Measuring the boxes: how much ink is inside, and how much around.

Each box is found again by its printed border within two millimetres, because paper bends. Then ink
is counted between the borders, under two binarisations and small shifts, and in a ring around.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import MarkMeasure
from services.intake.reading.paper import FINE_PER_MM, FlatPage
from services.intake.reading.sides import ink_beside_mm2, joined_with, level_share
from services.intake.reading.strokes import off_strokes, weight_mm
from shared.forms import Box

STRICT = 128
"""Half as dark as print: a pen."""

LENIENT = 77
"""Three tenths as dark as print: a pencil, or a pen through a bad scanner."""

LIGHT = 50
"""A fifth: a pencil's line that leaves a box counts as one."""

FAINT = 28
"""A ninth: something is there, and it is not noise once smoothed."""

TRACE = 18
"""A fourteenth: if so much of a box is darker, somebody rubbed out a mark, or hardly pressed."""

_SEARCH_MM = 2.0
_MARGIN_MM = 5.2
_BORDER_CLEAR_MM = 0.5
"""Kept free on each side of the border's line: blur and misplacement."""

_RING_FROM_MM = 0.45
_RING_TO_MM = 3.0
_SHIFT_MM = 0.2
_SPECK_MM2 = 0.12
_SMOOTH_MM = 0.17
_DUST_MM = 0.9
"""Smoothed. Grit on a scanner's glass, a dot of toner; no pen's mark is as short."""

_EXIT_MM2 = 0.05
_CROSSES_MM = 1.0
"""A line goes on at least so far outside; on a coarse fax it is broken after that."""

_OPPOSITE_DEG = 120.0
_LINE_SPARE_MM = 0.8
_LINE_MOST_MM = 3.0


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
    inside, more = (smooth[y + n : y + side - n, x + n : x + side - n] for n in (deep, inset))
    if _is_dust(inside) or _is_dust(more):
        inside = np.zeros_like(inside)
    lenient = without_specks(darkness > LENIENT)
    ring, loose, area, exits = _ring(lenient, x, y, side)
    place = x, y, side, side
    beside, through = ink_beside_mm2(
        darkness > LIGHT, place, near_mm=_RING_FROM_MM, far_mm=_RING_TO_MM
    )
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
        border_seen=_border_seen(darkness, x, y, side, border_mm),
        moved_mm=float(np.hypot(x - nominal, y - nominal)) / FINE_PER_MM,
        off_line=off_line(lenient, place, inset),
        exits=exits,
        beside_mm2=beside,
        through_mm2=through,
        level=level_share(darkness, place, inset),
        weight_mm=weight_mm(
            darkness[y + inset : y + side - inset, x + inset : x + side - inset], FAINT
        ),
        off_strokes=off_strokes(
            inside=lenient,
            around=lenient,
            dark=darkness > LENIENT,
            place=place,
            inset=inset,
            near_mm=_RING_FROM_MM,
        )
        if exits
        else None,
        runs=runs_across(
            (darkness > STRICT)[y + inset : y + side - inset, x + inset : x + side - inset]
        ),
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


def _ring(ink: NDArray[np.bool_], x: int, y: int, side: int) -> tuple[float, float, float, int]:
    """Return ink around the box in mm²: all of it, that which does not start at the border; the
    ring's area; and at how many places ink starts at the border. What starts there may be a long
    tick's end; what does not is beside.
    """
    inner, outer = (round(mm * FINE_PER_MM) for mm in (_RING_FROM_MM, _RING_TO_MM))
    ring = ink[y - outer : y + side + outer, x - outer : x + side + outer].copy()
    hole = slice(outer - inner, outer + side + inner)
    ring[hole, hole] = False
    area = (ring.size - (side + 2 * inner) ** 2) / FINE_PER_MM**2
    touching = np.zeros_like(ring)
    edge = slice(outer - inner - 2, outer + side + inner + 2)
    touching[edge, edge] = True
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ring.astype(np.uint8), connectivity=8)
    attached = np.unique(labels[touching & ring])
    loose = ring & ~joined_with(ring, touching & ring)
    exits = int((stats[attached, cv2.CC_STAT_AREA] >= _EXIT_MM2 * FINE_PER_MM**2).sum())
    return float(ring.sum()) / FINE_PER_MM**2, float(loose.sum()) / FINE_PER_MM**2, area, exits


def runs_across(inner: NDArray[np.bool_]) -> float:
    """Return how many strokes a line across the box meets on average, down or across."""
    if inner.size == 0:
        return 0.0
    across = np.diff(inner.astype(np.int8), axis=1, prepend=0) == 1
    down = np.diff(inner.astype(np.int8), axis=0, prepend=0) == 1
    return max(float(across.sum(axis=1).mean()), float(down.sum(axis=0).mean()))


def off_line(ink: NDArray[np.bool_], place: tuple[int, int, int, int], inset: int) -> float:
    """Return the share of ink inside that no straight line explains which runs in at one side of
    the box and out at the other: a fold, a streak, a stroke that was meant for something else.

    `place` is the box's left, top, width and height in the picture, `inset` its border's width.
    """
    x, y, width, height = place
    inner, outer = (round(mm * FINE_PER_MM) for mm in (_RING_FROM_MM, _RING_TO_MM))
    whole = ink[y - outer : y + height + outer, x - outer : x + width + outer].astype(np.uint8)
    ring = whole.copy()
    ring[outer - inner : outer + height + inner, outer - inner : outer + width + inner] = 0
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ring, connectivity=8)
    near = outer - inner - 2
    inside = np.unique(labels[near : outer + height + inner + 2, near : outer + width + inner + 2])
    far = labels.copy()
    left = outer - inner - round(_CROSSES_MM * FINE_PER_MM)
    far[left : height + 2 * outer - left, left : width + 2 * outer - left] = 0
    outside = np.unique(far)
    crossings = [label for label in range(1, count) if label in inside and label in outside]
    box = (
        slice(outer + inset, outer + height - inset),
        slice(outer + inset, outer + width - inset),
    )
    least = float(whole[box].mean())
    middle = (np.array(whole.shape[::-1]) - 1) / 2
    for index, one in enumerate(crossings):
        for other in crossings[index + 1 :]:
            a, b = centres[one], centres[other]
            if _angle_deg(a - middle, b - middle) < _OPPOSITE_DEG:
                continue
            wide = min(
                max(
                    stats[i, cv2.CC_STAT_AREA]
                    / max(stats[i, cv2.CC_STAT_WIDTH], stats[i, cv2.CC_STAT_HEIGHT])
                    for i in (one, other)
                ),
                _LINE_MOST_MM * FINE_PER_MM,
            )
            rest = whole.copy()
            reach = (b - a) / 2
            start, end = np.round(a - reach).astype(int), np.round(b + reach).astype(int)
            cv2.line(rest, start, end, (0,), round(wide + _LINE_SPARE_MM * FINE_PER_MM))
            least = min(least, float(rest[box].mean()))
    return least


def _angle_deg(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    length = float(np.hypot(*one) * np.hypot(*other))
    return float(np.degrees(np.arccos(np.clip(one @ other / max(length, 1e-9), -1, 1))))


def _is_dust(inside: MatLike) -> bool:
    """Whether there is one dot only in what is inside a box, with paper all around."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        (inside > TRACE).astype(np.uint8), connectivity=8
    )
    if count != 2:
        return False
    left, top, width, height, _ = (int(v) for v in stats[1])
    rows, columns = inside.shape[:2]
    apart = min(left, top, columns - left - width, rows - top - height) > 0
    return apart and max(width, height) <= _DUST_MM * FINE_PER_MM


def without_specks(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return ink, at `FINE_PER_MM`, without what is too small to be a pen's."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    if count <= 1:
        return ink
    keep = stats[:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * FINE_PER_MM**2
    keep[0] = False
    return np.asarray(keep[labels], dtype=np.bool_)
