"""What is written along the very edge of the paper, where shadows and torn corners lie, too. Pure.

Those hang together with the edge, streaks and staples are thin, and dirt lies alone; words do not.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations

import cv2
import numpy as np
from cv2.typing import MatLike

from shared.forms import Rect

_OUTERMOST_MM = 1.0
_LEAST_THICK_MM, _LEAST_LONG_MM, _MOST_LONG_MM = 0.75, 1.2, 40.0
_THIN = 0.1
_LEAST_MM2 = 0.5
_LEAST_WIRE_MM = 5.0
_WORD_APART_MM = 6.0
_LEAST_ALONE_MM = 4.0
"""Letters that are joined."""
_HOLE_MM = (4.0, 9.0)
_HOLE_WITHIN_MM = 22.0
_GRAIN_MM = 1.2
_HOLES_APART_MM, _HOLES_OFF_MM = 80.0, 1.5
"""ISO 838. Nobody writes two round things so far apart, as far from the edge as each other."""


def written_along_edges(
    ink: MatLike, asked: MatLike, edge_mm: float, per_mm: int
) -> Mapping[Rect, float]:
    """Return the pieces of writing within `edge_mm` of the paper's edges, or that reach further
    in, with their areas in mm².

    `ink` is 1 where there is ink, and holds the whole page; `asked` is 1 where writing is asked
    for: what comes from there may run on to the edge.
    """
    height, width = ink.shape[:2]
    edge, outermost = round(edge_mm * per_mm), round(_OUTERMOST_MM * per_mm)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    from_fields = set(np.unique(labels[asked > 0]).tolist())
    pieces: dict[Rect, float] = {}
    for label, stat in enumerate(stats[1:], start=1):
        left, top, wide, tall, area = (int(v) for v in stat)
        right, bottom = left + wide, top + tall
        if min(left, top, width - right, height - bottom) < outermost:
            continue
        if left > edge and top > edge and right < width - edge and bottom < height - edge:
            continue
        reaches_in = right > edge and bottom > edge and left < width - edge and top < height - edge
        if reaches_in and (label in from_fields or _is_wire(wide, tall, area, per_mm)):
            continue
        rect = Rect(
            left_mm=left / per_mm,
            top_mm=top / per_mm,
            width_mm=wide / per_mm,
            height_mm=tall / per_mm,
        )
        if is_punched(rect, area / per_mm**2, width / per_mm, height / per_mm):
            continue
        if _like_a_letter(rect) and area >= _LEAST_MM2 * per_mm**2:
            pieces[rect] = area / per_mm**2
    return {
        rect: area
        for rect, area in pieces.items()
        if max(rect.width_mm, rect.height_mm) >= _LEAST_ALONE_MM
        or any(_near(rect, other) for other in pieces if other is not rect)
    }


def is_punched(rect: Rect, area_mm2: float, page_width_mm: float, page_height_mm: float) -> bool:
    """Whether a piece of ink is a hole that was punched near an edge of the paper."""
    short, long = sorted((rect.width_mm, rect.height_mm))
    x, y = rect.centre_mm
    return (
        min(x, y, page_width_mm - x, page_height_mm - y) <= _HOLE_WITHIN_MM
        and _HOLE_MM[0] <= short
        and long <= _HOLE_MM[1]
        and short / long > 0.75
        and area_mm2 / (long * short) > 0.55
    )


def grainy_holes(ink: MatLike, per_mm: int) -> list[Rect]:
    """Return where holes were punched, two and two, of which a scan in two levels made grain.

    `ink` is as for `written_along_edges`.
    """
    grain = np.ones((round(_GRAIN_MM * per_mm),) * 2, np.uint8)
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, grain)
    holes = list(_punched(closed, per_mm))
    return [one for one, other in permutations(holes, 2) if _as_far_as_a_punch(one, other)]


def _punched(ink: MatLike, per_mm: int) -> Iterator[Rect]:
    height, width = (side / per_mm for side in ink.shape[:2])
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for stat in stats[1:]:
        left, top, wide, tall, area = (float(v) for v in stat)
        rect = Rect(
            left_mm=left / per_mm,
            top_mm=top / per_mm,
            width_mm=wide / per_mm,
            height_mm=tall / per_mm,
        )
        if is_punched(rect, area / per_mm**2, width, height):
            yield rect


def _as_far_as_a_punch(one: Rect, other: Rect) -> bool:
    aside, along = sorted(abs(a - b) for a, b in zip(one.centre_mm, other.centre_mm, strict=True))
    return aside <= _HOLES_OFF_MM and abs(along - _HOLES_APART_MM) <= _HOLES_OFF_MM


def _is_wire(wide: int, tall: int, area: int, per_mm: int) -> bool:
    """Whether a piece is thin and longer than a letter, however it lies: a staple, a hair."""
    long_mm = float(np.hypot(wide, tall)) / per_mm
    return long_mm >= _LEAST_WIRE_MM and area / per_mm**2 < _LEAST_THICK_MM * long_mm


def _like_a_letter(rect: Rect) -> bool:
    short, long = sorted((rect.width_mm, rect.height_mm))
    thin = short < max(_LEAST_THICK_MM, _THIN * long)
    return not thin and _LEAST_LONG_MM <= long <= _MOST_LONG_MM


def _near(one: Rect, other: Rect) -> bool:
    return (
        one.left_mm - other.right_mm <= _WORD_APART_MM
        and other.left_mm - one.right_mm <= _WORD_APART_MM
        and one.top_mm - other.bottom_mm <= _WORD_APART_MM
        and other.top_mm - one.bottom_mm <= _WORD_APART_MM
    )
