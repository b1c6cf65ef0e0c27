"""Measuring the signature boxes: is there something written by hand in them?

Nobody's signature is compared with anything. A handwritten name is told from a typed one by the
size of what hangs together: printed letters are small and stand apart.
"""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.measured import SignatureMeasure
from services.intake.reading.paper import PER_MM, FlatPage
from shared.forms import Rect

_INK = 90
_FRAME_CLEAR_MM = 1.4
_SPECK_MM2 = 0.35
_LEAST_TALL_MM = 5.5
_LEAST_WIDE_MM = 7.0
_LINE_THICKNESS_MM = 2.0
_FRAME_BAND_MM = 1.5
_FRAME_SHARE = 0.7


def measure_signatures(page: FlatPage) -> tuple[SignatureMeasure, ...]:
    """Return what each signature box of the form holds, in its order."""
    return tuple(_measure(page, signature.area) for signature in page.template.signatures)


def _measure(page: FlatPage, box: Rect) -> SignatureMeasure:
    crop = page.crop(box.grown(-_FRAME_CLEAR_MM))
    ink = (crop > _INK).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    ink_px = 0
    stroke = written = tallest = widest = 0.0
    for label in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[label])
        if area < _SPECK_MM2 * PER_MM**2:
            continue
        piece = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
        length = _stroke_mm(piece)
        ink_px += area
        stroke += length
        if _looks_written(piece):
            written += length
            tallest = max(tallest, height / PER_MM)
            widest = max(widest, width / PER_MM)
    return SignatureMeasure(
        ink_mm2=ink_px / PER_MM**2,
        ink_fraction=ink_px / max(ink.size, 1),
        stroke_mm=stroke,
        written_mm=written,
        tallest_mm=tallest,
        widest_mm=widest,
        area=page.area(box),
    )


def _looks_written(piece: MatLike) -> bool:
    height, width = (side / PER_MM for side in piece.shape[:2])
    if height < _LEAST_TALL_MM or width < _LEAST_WIDE_MM:
        return False
    points = cv2.findNonZero(piece)
    centre, size, angle = cv2.minAreaRect(points)
    if min(size) / PER_MM < _LINE_THICKNESS_MM:
        return False
    return not _is_frame(points, (centre[0], centre[1]), (size[0], size[1]), angle)


def _is_frame(
    points: MatLike, centre: tuple[float, float], size: tuple[float, float], angle_deg: float
) -> bool:
    """Whether nearly all the ink lies along the edges of the rectangle around it: a stamp."""
    width, height = size
    turn = np.deg2rad(angle_deg)
    xy = points.reshape(-1, 2).astype(np.float64) - centre
    along = xy[:, 0] * np.cos(turn) + xy[:, 1] * np.sin(turn)
    across = -xy[:, 0] * np.sin(turn) + xy[:, 1] * np.cos(turn)
    to_edge = np.minimum(width / 2 - np.abs(along), height / 2 - np.abs(across))
    return float((to_edge < _FRAME_BAND_MM * PER_MM).mean()) > _FRAME_SHARE


def _stroke_mm(piece: MatLike) -> float:
    """Return the length of the pen's way: half the outline, as a stroke has two sides."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return sum(float(cv2.arcLength(o, True)) for o in outlines) / 2 / PER_MM
