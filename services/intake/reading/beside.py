"""What lies beside the form in the picture: another sheet on the same glass, or on the same table.

Codes tell of a second form, if they can be read. Where they cannot, there still is print on paper
outside of the sheet that was read, and somebody has to look at it.
"""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.align import Homography, project
from shared.forms import FormTemplate

_PX_PER_MM = 2
_CELL_MM = 10
_EDGE_MM = 8.0
"""Beside the sheet lie its shadow, its curl, and the rim of the glass."""

_LEAST_PAPER = 0.75
"""Of the sheet's own white: another sheet is about as light as this one."""

_LEAST_PRINT, _MOST_PRINT = 0.02, 0.6
_PRINT_DARKNESS = 0.8
"""Of the cell's own white."""


def print_beside_cm2(grey: MatLike, to_pixels: Homography, template: FormTemplate) -> float:
    """Return how much of the picture outside of the sheet is paper with print on it.

    `grey` is the page as given, `to_pixels` leads from the form's millimetres to its pixels.
    """
    width, height = template.page_width_mm, template.page_height_mm
    sheet = project(to_pixels, [(0, 0), (width, 0), (width, height), (0, height)])
    px_per_mm = float(np.sqrt(cv2.contourArea(sheet.astype(np.float32)) / (width * height)))
    if px_per_mm <= 0:
        return 0.0
    factor = _PX_PER_MM / px_per_mm
    outside_mm2 = grey.size / px_per_mm**2 - width * height
    if outside_mm2 < _CELL_MM**2 or factor > 1:
        return 0.0
    small = _reduced(grey, factor)
    covered: MatLike = np.zeros(small.shape, np.uint8)
    cv2.fillConvexPoly(covered, np.round(sheet * factor).astype(np.int32), (255,))
    white = float(np.percentile(small[covered > 0], 90)) if covered.any() else 255.0
    reach = round(2 * _EDGE_MM * _PX_PER_MM) + 1
    covered = cv2.dilate(covered, np.ones((reach, reach), np.uint8))
    side = _CELL_MM * _PX_PER_MM
    cells, hidden = _cells(small, side), _cells(covered, side)
    lightest = np.percentile(cells, 90, axis=2)
    dark = (cells < _PRINT_DARKNESS * lightest[:, :, None]).mean(axis=2)
    printed = (
        (hidden.max(axis=2) == 0)
        & (lightest >= _LEAST_PAPER * white)
        & (dark >= _LEAST_PRINT)
        & (dark <= _MOST_PRINT)
    )
    return float(printed.sum()) * (_CELL_MM / 10) ** 2


def _reduced(grey: MatLike, factor: float) -> MatLike:
    """Return the picture at this size: by halves as far as they go, which takes a fifth as long."""
    while factor <= 0.5:
        grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        factor *= 2
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _cells(picture: MatLike, side: int) -> MatLike:
    """Return the picture cut into squares: rows, columns, the pixels of each."""
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    cut = picture[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, side * side)
