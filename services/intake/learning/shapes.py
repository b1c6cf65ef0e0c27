"""Boxes, lines and frames of a blank's page, and where the picture shows them. In the child."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import cv2
import numpy as np
from cv2.typing import MatLike

from shared.blank import MOST_SHAPES, BoxShape
from shared.forms import PICTURE_PER_MM, Rect

LARGEST_MM: Final = 450.0
_MM_PER_POINT: Final = 25.4 / 72
_BOX_MM: Final = (2.0, 14.0)
_ABOVE, _BELOW = 0.15, 0.3
"""Of a character's height."""


def rectangles(page: Any, left: float, top: float) -> Iterator[Rect]:
    """Yield drawn rectangles, and the cells that single lines make together."""
    things: list[Any] = [*page.rects, *page.curves]
    for thing in things[:MOST_SHAPES]:
        rect = rect_at(thing["x0"], thing["top"], thing["x1"], thing["bottom"], left, top)
        if rect is not None:
            yield rect
    if len(page.edges) > MOST_SHAPES:
        return
    for table in page.find_tables():
        for x0, y0, x1, y1 in table.cells:
            rect = rect_at(x0, y0, x1, y1, left, top)
            if rect is not None:
                yield rect


def lines(page: Any, left: float, top: float) -> Iterator[Rect]:
    """Yield horizontal lines, half a point thick."""
    for edge in [e for e in page.edges if e["orientation"] == "h"][:MOST_SHAPES]:
        x0, x1 = edge["x0"], edge["x1"]
        rect = rect_at(x0, edge["top"] - 0.25, x1, edge["top"] + 0.25, left, top)
        if rect is not None:
            yield rect


def is_box_size(rect: Rect) -> bool:
    """Whether a rectangle is as large as boxes to tick are."""
    least, most = _BOX_MM
    return least <= rect.width_mm <= most and least <= rect.height_mm <= most


def box_at(ink: MatLike, rect: Rect) -> BoxShape | None:
    """Return the empty frame that the picture shows there, if it does."""
    window = rect.grown(1.0)
    x, y, right, bottom = _px(window)
    crop = ink[max(y, 0) : bottom, max(x, 0) : right]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(crop, connectivity=8)
    best: BoxShape | None = None
    for label, (left, top, width, height, area) in enumerate(stats):
        if label == 0 or min(width, height) < _BOX_MM[0] * PICTURE_PER_MM:
            continue
        piece = labels[top : top + height, left : left + width] == label
        border = float(area) / (2 * (width + height)) / PICTURE_PER_MM
        inset = round((2 * border + 0.1) * PICTURE_PER_MM)
        inner = piece[inset : height - inset, inset : width - inset]
        outline = min(
            piece[:inset].any(axis=0).mean(),
            piece[-inset:].any(axis=0).mean(),
            piece[:, :inset].any(axis=1).mean(),
            piece[:, -inset:].any(axis=1).mean(),
        )
        if inner.size == 0 or inner.any() or outline < 0.9 or not 0.5 < width / height < 2:
            continue
        area_mm = Rect(
            left_mm=(max(x, 0) + left) / PICTURE_PER_MM,
            top_mm=(max(y, 0) + top) / PICTURE_PER_MM,
            width_mm=width / PICTURE_PER_MM,
            height_mm=height / PICTURE_PER_MM,
        )
        if best is None or area_mm.width_mm > best.area.width_mm:
            best = BoxShape(area=area_mm, border_mm=border)
    return best


def distinct(boxes: Iterable[BoxShape]) -> list[BoxShape]:
    """Return the boxes without those that are one and the same, drawn twice."""
    kept: list[BoxShape] = []
    for box in boxes:
        x, y = box.area.centre_mm
        if all(max(abs(x - k.area.centre_mm[0]), abs(y - k.area.centre_mm[1])) > 1 for k in kept):
            kept.append(box)
    return kept


def around(chars: Sequence[dict[str, Any]], left: float, top: float) -> Rect | None:
    """Return the rectangle around some characters of pdfplumber's."""
    return rect_at(
        min(c["x0"] for c in chars),
        min(c["top"] for c in chars),
        max(c["x1"] for c in chars),
        max(c["bottom"] for c in chars),
        left,
        top,
    )


def rect_at(x0: float, y0: float, x1: float, y1: float, left: float, top: float) -> Rect | None:
    """Return a rectangle of points in millimetres from the crop box; None for what is none."""
    values = [float(v) for v in (x0 - left, y0 - top, x1 - left, y1 - top)]
    mm = [v * _MM_PER_POINT for v in values]
    if not all(-LARGEST_MM < v < 2 * LARGEST_MM for v in mm) or mm[2] <= mm[0] or mm[3] <= mm[1]:
        return None
    return Rect.spanning(*mm)


def ink_of(ink: MatLike, rect: Rect, *, anywhere: bool) -> Rect | None:
    """Return the bounds of what is printed at a rectangle, or None if nothing is.

    Fonts state too little room above and below the line: pieces count that reach out there from the
    rectangle, or `anywhere` all that are there.
    """
    left, top, right, bottom = _px(rect)
    above, below = (round(s * rect.height_mm * PICTURE_PER_MM) for s in (_ABOVE, _BELOW))
    left, bottom = max(left, 0), bottom + below
    shown = min(max(top, 0), above)
    top = max(top, 0) - shown
    crop = ink[top : bottom + 1, left : right + 1]
    if crop.size == 0:
        return None
    if not anywhere:
        _, labels = cv2.connectedComponents(crop, connectivity=8)
        own = np.unique(labels[shown : max(labels.shape[0] - below, shown + 1)])
        crop = np.isin(labels, own[own > 0]).astype(np.uint8)
    points = cv2.findNonZero(crop)
    if points is None:
        return None
    x, y, width, height = cv2.boundingRect(points)
    return Rect(
        left_mm=(left + x) / PICTURE_PER_MM,
        top_mm=(top + y) / PICTURE_PER_MM,
        width_mm=width / PICTURE_PER_MM,
        height_mm=height / PICTURE_PER_MM,
    )


def _px(rect: Rect) -> tuple[int, int, int, int]:
    return (
        round(rect.left_mm * PICTURE_PER_MM),
        round(rect.top_mm * PICTURE_PER_MM),
        round(rect.right_mm * PICTURE_PER_MM),
        round(rect.bottom_mm * PICTURE_PER_MM),
    )
