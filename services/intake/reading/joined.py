"""Whether one signature runs on into the next box: it must not count for two people."""

from itertools import combinations

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.paper import PER_MM, FlatPage
from shared.forms import Rect

_INK = 90
_INSIDE_MM = 1.5
_RULE_MM = 8.0
_BRIDGE_MM = 1.0
"""A stroke that crosses a box's border is cut when the border is taken out; this mends it."""


def signatures_joined(page: FlatPage) -> bool:
    """Return whether a stroke runs from one of the form's signature boxes into another."""
    areas = [signature.area for signature in page.template.signatures]
    return any(_joined(page, one, other) for one, other in combinations(areas, 2))


def _joined(page: FlatPage, one: Rect, other: Rect) -> bool:
    if one.bottom_mm <= other.top_mm or other.bottom_mm <= one.top_mm:
        upper, lower = sorted((one, other), key=lambda rect: rect.top_mm)
        between = Rect.spanning(
            max(upper.left_mm, lower.left_mm),
            upper.bottom_mm - _INSIDE_MM,
            min(upper.right_mm, lower.right_mm),
            lower.top_mm + _INSIDE_MM,
        )
        return _crossed_downwards(page.crop(between))
    first, second = sorted((one, other), key=lambda rect: rect.left_mm)
    between = Rect.spanning(
        first.right_mm - _INSIDE_MM,
        max(first.top_mm, second.top_mm),
        second.left_mm + _INSIDE_MM,
        min(first.bottom_mm, second.bottom_mm),
    )
    return _crossed_downwards(cv2.transpose(page.crop(between)))


def _crossed_downwards(darkness: MatLike) -> bool:
    """Whether a piece of ink reaches from the first row to the last, the boxes' borders aside."""
    ink = (darkness > _INK).astype(np.uint8)
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, round(_RULE_MM * PER_MM)), np.uint8))
    strokes = cv2.subtract(ink, cv2.dilate(rules, np.ones((3, 1), np.uint8)))
    bridge = round(_BRIDGE_MM * PER_MM)
    whole = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((bridge, bridge), np.uint8))
    _, labels = cv2.connectedComponents(whole, connectivity=8)
    above, below = set(labels[0].tolist()), set(labels[-1].tolist())
    return bool((above & below) - {0})
