"""Whether a later state of a PDF shows the same as an earlier one, further signatures apart.

What counts is what a person sees and what the form's fields say: that is what was signed.
"""

import io
from collections.abc import Collection
from ctypes import c_int
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from services.intake.pages.fields import form_values

_DPI = 100
_LONGEST_SIDE_PX = 2000
_RIM_PX = 3
_POINTS_PER_INCH = 72
_MOST_DIFFERENCE = 24
"""Grey levels between two renderings of the same."""

_WHITE = 250
_LEAST_SIDE_MM = 8.0
"""A signature shown over anything smaller could be meant to fill in a box."""

_Box = tuple[float, float, float, float]


def shows_the_same(before: bytes, after: bytes) -> bool:
    """Whether two states of a PDF look alike on every page and their fields say the same.

    Where signatures were added since, there must have been blank paper. Raises what the PDF
    libraries raise for damaged files.
    """
    with pikepdf.open(io.BytesIO(before)) as old, pikepdf.open(io.BytesIO(after)) as new:
        if len(old.pages) != len(new.pages) or _values(old) != _values(new):
            return False
        signed_before = [set(boxes) for boxes in _signed_boxes(old)]
        added = [
            boxes - signed_before[index] for index, boxes in enumerate(map(set, _signed_boxes(new)))
        ]
    earlier, later = pdfium.PdfDocument(before), pdfium.PdfDocument(after)
    try:
        for document in (earlier, later):
            if document.init_forms() and document.formenv is not None:
                pdfium_c.FPDF_RemoveFormFieldHighlight(document.formenv.raw)
        return all(
            _alike(earlier[number], later[number], boxes) for number, boxes in enumerate(added)
        )
    finally:
        earlier.close()
        later.close()


def _values(document: pikepdf.Pdf) -> dict[tuple[int, str], str]:
    """What the fields say, by page and name; empty fields left out."""
    return {
        (page, name): value
        for page, fields in form_values(document).items()
        for name, value in fields.items()
        if value
    }


def _signed_boxes(document: pikepdf.Pdf) -> list[list[_Box]]:
    """Return, for each page, the places of signatures that are given and may be seen."""
    boxes: list[list[_Box]] = []
    for page in document.pages:
        found = []
        for widget in page.obj.get("/Annots", ()):
            parent: Any = widget.get("/Parent", {})
            signed = "/V" in widget or "/V" in parent
            if widget.get("/FT", parent.get("/FT")) == "/Sig" and signed:
                x0, y0, x1, y1 = (float(number) for number in widget["/Rect"])
                found.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
        boxes.append([box for box in found if box[2] > box[0] and box[3] > box[1]])
    return boxes


def _alike(before: pdfium.PdfPage, after: pdfium.PdfPage, added: Collection[_Box]) -> bool:
    if before.get_size() != after.get_size() or before.get_rotation() != after.get_rotation():
        return False
    old, new = _rendered(before), _rendered(after)
    same = np.abs(old.astype(np.int16) - new.astype(np.int16)) <= _MOST_DIFFERENCE
    for box in added:
        least_pt = _LEAST_SIDE_MM / 25.4 * _POINTS_PER_INCH
        if min(box[2] - box[0], box[3] - box[1]) < least_pt:
            return False
        # A frame may be printed along the edge of the place to sign in.
        if (old[_pixels(after, box, old.shape, -_RIM_PX)] < _WHITE).any():
            return False
        same[_pixels(after, box, old.shape, _RIM_PX)] = True
    return bool(same.all())


def _rendered(page: pdfium.PdfPage) -> NDArray[np.uint8]:
    scale = min(_DPI / _POINTS_PER_INCH, _LONGEST_SIDE_PX / max(page.get_size()))
    bitmap = page.render(scale=scale, grayscale=True)
    return np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)


def _pixels(
    page: pdfium.PdfPage, box: _Box, shape: tuple[int, ...], grown_px: int
) -> tuple[slice, slice]:
    """Return the rows and columns of a place on the page, grown on every side."""
    height, width = shape[:2]
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        column, row = c_int(), c_int()
        pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, column, row)
        corners.append((row.value, column.value))
    rows, columns = zip(*corners, strict=True)
    return _grown(rows, grown_px), _grown(columns, grown_px)


def _grown(ends: tuple[int, ...], px: int) -> slice:
    return slice(max(min(ends) - px, 0), max(max(ends) + px, 0))
