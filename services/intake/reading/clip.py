"""A paper clip that was left on the sheet, and its shadow: two straight wires from the top edge.

Anything else that hangs from the edge stays: only what is as straight and as long as wire, and the
bend between two wires, is taken for a clip.
"""

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.paper import PER_MM, FlatPage
from shared.forms import FormTemplate, Rect

_INK = 80
_DARK = 128
"""Wires that lie close stay apart, however blurred."""

_LEAST_WIRE_MM = 9.0
_MOST_REACH_MM = 45.0
_MOST_THICK_MM = 1.8
_STARTS_WITHIN_MM = 6.5
"""Of the paper's edge; print and scanning may cut off as much."""

_MOST_APART_MM = 12.0
_AROUND_MM = 0.6
_BEND_MM = (12.0, 7.0)
_BEND_BEGINS_MM = 3.0
"""At most so far above the ends of the wires."""

_CLEAR_OF_ANSWERS_MM = 8.0


def without_clip(page: FlatPage) -> FlatPage:
    """Return the page with paper where a clip was, or as it is if none is surely there."""
    top = page.darkness[: round(_MOST_REACH_MM * PER_MM)]
    wires = _wires((top > _DARK).astype(np.uint8))
    if wires is None or _near_answers(wires, page.template):
        return page
    clip = cv2.bitwise_or(wires, _bends((top > _INK).astype(np.uint8), wires))
    darkness = page.darkness.copy()
    darkness[: len(clip)][clip > 0] = 0
    return replace(page, darkness=darkness)


def _wires(ink: MatLike) -> MatLike | None:
    """Return where wires and what blurs them lie, if there are two close to each other."""
    upright = np.ones((round(_LEAST_WIRE_MM * PER_MM), 1), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, upright), connectivity=8
    )
    thin = [
        label
        for label in range(1, count)
        if stats[label, cv2.CC_STAT_WIDTH] <= _MOST_THICK_MM * PER_MM
        and stats[label, cv2.CC_STAT_TOP] <= _STARTS_WITHIN_MM * PER_MM
        and stats[label, cv2.CC_STAT_TOP] + stats[label, cv2.CC_STAT_HEIGHT] < ink.shape[0]
    ]
    lefts = stats[:, cv2.CC_STAT_LEFT]
    pairs = [
        pair
        for pair in combinations(thin, 2)
        if abs(int(lefts[pair[0]]) - int(lefts[pair[1]])) <= _MOST_APART_MM * PER_MM
    ]
    if not pairs:
        return None
    found = np.isin(labels, sorted({label for pair in pairs for label in pair}))
    around = 2 * round(_AROUND_MM * PER_MM) + 1
    return cv2.dilate(found.astype(np.uint8), np.ones((around, around), np.uint8))


def _bends(ink: MatLike, wires: MatLike) -> MatLike:
    """Return the pieces of ink that lead from one wire to another."""
    rest = np.where(wires > 0, 0, ink).astype(np.uint8)
    _, wire_labels, wire_stats, _ = cv2.connectedComponentsWithStats(wires, connectivity=8)
    ends = wire_stats[:, cv2.CC_STAT_TOP] + wire_stats[:, cv2.CC_STAT_HEIGHT]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    bends = np.zeros_like(ink)
    for label in range(1, count):
        _, _, width, height, _ = (int(v) / PER_MM for v in stats[label])
        piece = (labels == label).astype(np.uint8)
        near = np.unique(wire_labels[cv2.dilate(piece, np.ones((3, 3), np.uint8)) > 0])
        at_ends = [
            wire
            for wire in near[near > 0]
            if stats[label, cv2.CC_STAT_TOP] >= ends[wire] - _BEND_BEGINS_MM * PER_MM
        ]
        if width <= _BEND_MM[0] and height <= _BEND_MM[1] and len(at_ends) > 1:
            bends = cv2.bitwise_or(bends, piece)
    return bends


def _near_answers(wires: MatLike, template: FormTemplate) -> bool:
    for rect in (
        *(box.area for box in template.boxes),
        *(box.label for box in template.boxes),
        *(signature.reach for signature in template.signatures),
    ):
        if wires[_as_slices(rect.grown(_CLEAR_OF_ANSWERS_MM))].any():
            return True
    return False


def _as_slices(rect: Rect) -> tuple[slice, slice]:
    def px(mm: float) -> int:
        return max(round(mm * PER_MM), 0)

    return slice(px(rect.top_mm), px(rect.bottom_mm)), slice(px(rect.left_mm), px(rect.right_mm))
