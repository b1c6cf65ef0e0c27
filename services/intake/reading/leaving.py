"""A signature that leaves its box: followed a little way around it, the box's frame taken out."""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.paper import PER_MM
from shared.forms import Rect, SignatureArea

_FOLLOWED_MM = 1.6
"""Not into what is printed above a box."""

_PART_MM, _OFF_MM = 5.0, 1.0
"""A part of the frame, and how far from its place it may be seen."""


def leaves(ink: MatLike) -> bool:
    """Return whether there is ink along any edge of a picture."""
    return bool(ink[0].any() or ink[-1].any() or ink[:, 0].any() or ink[:, -1].any())


def close_around(signature: SignatureArea) -> Rect:
    """Return a signature's box and a little of what is around it, within its reach."""
    wide, reach = signature.area.grown(_FOLLOWED_MM), signature.reach
    return Rect.spanning(
        max(wide.left_mm, reach.left_mm, 0.0),
        max(wide.top_mm, reach.top_mm, 0.0),
        min(wide.right_mm, reach.right_mm),
        min(wide.bottom_mm, reach.bottom_mm),
    )


def without_frame(ink: MatLike, box: Rect, area: Rect) -> MatLike:
    """Return the ink of `area`, at `PER_MM`, without the box's printed border."""
    bare = ink.copy()
    off, long = round(_OFF_MM * PER_MM), round(_PART_MM * PER_MM)
    for at_mm in (box.top_mm - area.top_mm, box.bottom_mm - area.top_mm):
        y = round(at_mm * PER_MM)
        rows = slice(max(y - off, 0), y + off)
        bare[rows][_lines(ink[rows], (1, long)) > 0] = 0
    for at_mm in (box.left_mm - area.left_mm, box.right_mm - area.left_mm):
        x = round(at_mm * PER_MM)
        columns = slice(max(x - off, 0), x + off)
        bare[:, columns][_lines(ink[:, columns], (long, 1)) > 0] = 0
    return bare


def _lines(ink: MatLike, along: tuple[int, int]) -> MatLike:
    lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(along, np.uint8))
    return cv2.dilate(lines, np.ones((3, 3), np.uint8))
