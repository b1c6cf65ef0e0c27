"""A page that is one picture, as scanners make them: the picture taken at its full resolution.

A shortcut only. What counts is the page as it is shown: a clip path, a mask or a resource that is
never drawn can make it another than the picture stored. So the page is also rendered, small, and
a picture that does not look like it is not taken. Where nobody can take the stored picture itself
for another, a small copy of it is rendered in its place: what a page is rendered for is then how
it shows its picture, and not a second time the picture's millions of pixels.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from cv2.typing import MatLike

from services.intake.pages.image import check_size, grey_jpeg, is_grey_jpeg, squared
from services.intake.pages.page import MOST_DPI, Limits

_POINTS_PER_INCH = 72.0
_INVISIBLE_TEXT = 3
_LEAST_SIDE_PX = 100
_COMPARED_DPI = 50.0
_COMPARED_SIDE_PX = 700
_ROUNDING_PX = 0.01
_WINDOW_PX = 5
"""2.5 mm: half a box to be ticked."""
_MOST_DIFFERENCE = 16.0
"""Of 255, between the means of a window. Scans, faxes and noise differ from their rendering by less
than 2, a photo of strong colours by 10; a page with another mark in a box by more than 100."""
_PLAIN_KEYS = frozenset(
    ("/Type", "/Subtype", "/Name", "/Width", "/Height", "/BitsPerComponent", "/ColorSpace",
     "/Filter", "/Length")
)  # fmt: skip
"""All that a picture says of itself which is shown with the very tones that its JPEG decodes to."""
_INLINE_PICTURE = b"BI"


@dataclass(frozen=True)
class Scanned:
    """The picture that a page is, turned as the page; `grey`, `dpi`, `coarse_dpi` as in `Page`."""

    grey: MatLike
    dpi: float | None
    coarse_dpi: float | None


@dataclass(frozen=True)
class Veiled:
    """The page is one picture, but is shown in part only, or through a mask."""


def scanned_picture(
    page: pdfium.PdfPage, structure: pikepdf.Page, limits: Limits, data: bytes, index: int
) -> Scanned | Veiled | None:
    """Return the one picture that is the whole page; anything else, where it must be rendered.

    `data` is the file, and `index` tells which of its pages, from 0.
    """
    if pdfium_c.FPDFPage_GetAnnotCount(page.raw) > 0:
        return None
    image = _only_image(page)
    if image is None:
        return None
    stored = _stored(image, structure)
    if stored is None:
        return None
    width_px, height_px = int(stored.Width), int(stored.Height)
    check_size((width_px, height_px), limits)
    if not _covers(image, page) or min(width_px, height_px) < _LEAST_SIDE_PX:
        return None
    a, _, _, d, _, _ = image.get_matrix().get()
    dpi_x, dpi_y = width_px / a * _POINTS_PER_INCH, height_px / d * _POINTS_PER_INCH
    grey = _pixels(image, stored, limits, min(dpi_x, dpi_y))
    if grey is None:
        return None
    if pdfium_c.FPDFPageObj_HasTransparency(image.raw):
        return Veiled()  # programs differ in what they blend a page with
    if _is_plain(stored) and _is_drawn_plainly(structure):
        difference = _difference_of_copy(data, index, grey)
    else:
        difference = _largest_difference(page, image, grey)
    if difference > _MOST_DIFFERENCE:
        return Veiled() if _is_clipped(image) else None
    reduced = grey.shape[1] / width_px
    picture, dpi, coarse = squared(grey, dpi_x * reduced, dpi_y * reduced)
    turns = (-page.get_rotation() // 90) % 4
    if turns:
        picture = np.ascontiguousarray(np.rot90(picture, turns))
    return Scanned(picture, dpi, coarse)


def _only_image(page: pdfium.PdfPage) -> pdfium.PdfImage | None:
    """Return the page's one visible object if that is a picture; hidden text may lie behind it."""
    found: pdfium.PdfImage | None = None
    for thing in page.get_objects(max_depth=1):
        if thing.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            if pdfium_c.FPDFTextObj_GetTextRenderMode(thing.raw) != _INVISIBLE_TEXT:
                return None
        elif isinstance(thing, pdfium.PdfImage) and found is None:
            found = thing
        else:
            return None
    return found


def _stored(image: pdfium.PdfImage, structure: pikepdf.Page) -> pikepdf.Object | None:
    """Return the page's one stored picture if it is the one drawn, and drawn as it is.

    Drawn may be an inline picture, which stands in the page itself.
    """
    stored = list(structure.get_images(recursive=False).values())
    if len(stored) != 1:
        return None
    if any(key in stored[0] for key in ("/SMask", "/Mask", "/Decode", "/ImageMask")):
        return None
    if bytes(image.get_data()) != stored[0].read_raw_bytes():
        return None
    return stored[0]


def _covers(image: pdfium.PdfImage, page: pdfium.PdfPage) -> bool:
    a, b, c, d, x, y = image.get_matrix().get()
    left, bottom, right, top = page.get_bbox()
    slack = 0.01 * max(right - left, top - bottom)
    off = max(abs(x - left), abs(y - bottom), abs(x + a - right), abs(y + d - top))
    return bool(abs(b) + abs(c) < 0.01 and a > 0 and d > 0 and off < slack)


def _pixels(
    image: pdfium.PdfImage, stored: pikepdf.Object, limits: Limits, dpi: float
) -> MatLike | None:
    if image.get_filters() == ["DCTDecode"] and stored.get("/ColorSpace") in (
        pikepdf.Name.DeviceGray,
        pikepdf.Name.DeviceRGB,
    ):
        return grey_jpeg(bytes(image.get_data()), limits, dpi=dpi)
    if dpi > MOST_DPI * 1.5:
        return None  # cheaper, and gentler on memory, to let PDFium reduce it while rendering
    bitmap = image.get_bitmap(render=False)
    if bitmap.format == pdfium_c.FPDFBitmap_Gray:
        return np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
    return np.asarray(bitmap.to_pil().convert("L"))


# --- What is shown -----------------------------------------------------------------------------


def _is_plain(stored: pikepdf.Object) -> bool:
    """Whether a picture is a grey JPEG that every program decodes to the same tones.

    Colours are not: programs differ in what they make of those that no screen can show.
    """
    return (
        set(stored.keys()) <= _PLAIN_KEYS
        and stored.get("/Filter") in (pikepdf.Name.DCTDecode, [pikepdf.Name.DCTDecode])
        and stored.get("/ColorSpace") == pikepdf.Name.DeviceGray
        and stored.get("/BitsPerComponent") == 8
        and is_grey_jpeg(stored.read_raw_bytes(), (int(stored.Width), int(stored.Height)))
    )


def _is_drawn_plainly(structure: pikepdf.Page) -> bool:
    """Whether what a page draws must be the stored picture, in the colour space that it names.

    An inline picture says for itself how it is decoded; a page may set another space in the place
    of a plain one (ISO 32000-1, 8.6.5.6).
    """
    resources, contents = structure.obj.get("/Resources"), structure.obj.get("/Contents")
    if not isinstance(resources, pikepdf.Dictionary) or "/ColorSpace" in resources:
        return False
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    return all(
        isinstance(stream, pikepdf.Stream) and _INLINE_PICTURE not in stream.read_bytes()
        for stream in streams
    )


def _difference_of_copy(data: bytes, index: int, grey: MatLike) -> float:
    """Return `_largest_difference` of a page that shows a small copy in place of its picture.

    The file is opened anew for it: to PDFium a picture is one for all pages that show it.
    """
    with pdfium.PdfDocument(data) as document:
        page = document[index]
        image = _only_image(page)
        if image is None:
            return math.inf
        while max(grey.shape) > 2 * _COMPARED_SIDE_PX:
            grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return _largest_difference(page, image, grey, replacing=True)


def _largest_difference(
    page: pdfium.PdfPage, image: pdfium.PdfImage, grey: MatLike, *, replacing: bool = False
) -> float:
    """Return by how much (of 255) the page differs from the picture in the worst small window.

    `replacing`: the page's picture is first replaced by this one.
    """
    left, bottom, right, top = page.get_bbox()
    longest = max(right - left, top - bottom)
    scale = min(_COMPARED_DPI / _POINTS_PER_INCH, _COMPARED_SIDE_PX / longest)
    # Turned back, to lie as the picture is stored.
    rotation = -page.get_rotation() % 360
    width, height = (math.ceil(side * scale) for side in page.get_size())
    if rotation % 180:
        width, height = height, width
    a, _, _, d, x, y = image.get_matrix().get()
    # PDFium stretches the page to whole pixels, and the picture outwards to whole pixels of those.
    across, down = width / (right - left), height / (top - bottom)
    columns = _whole_pixels((x - left) * across, (x + a - left) * across)
    rows = _whole_pixels((top - y - d) * down, (top - y) * down)
    small = cv2.resize(
        grey, (columns[1] - columns[0], rows[1] - rows[0]), interpolation=cv2.INTER_AREA
    )
    if replacing:
        image.set_bitmap(_bitmap(small))
    shown = page.render(scale=scale, grayscale=True, rotation=rotation).to_numpy()
    shown = shown.reshape(height, width)
    expected = np.full_like(shown, 255)
    expected[max(rows[0], 0) : max(rows[1], 0), max(columns[0], 0) : max(columns[1], 0)] = small[
        max(-rows[0], 0) : max(height - rows[0], 0),
        max(-columns[0], 0) : max(width - columns[0], 0),
    ]
    window = (_WINDOW_PX, _WINDOW_PX)
    one, other = (cv2.blur(each.astype(np.float32), window) for each in (shown, expected))
    return float(np.abs(one - other).max())


def _bitmap(grey: MatLike) -> pdfium.PdfBitmap:
    height, width = grey.shape
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium_c.FPDFBitmap_Gray)
    pixels = bitmap.to_numpy()
    pixels[...] = grey.reshape(pixels.shape)
    return bitmap


def _whole_pixels(start: float, end: float) -> tuple[int, int]:
    first = math.floor(start + _ROUNDING_PX)
    return first, max(math.ceil(end - _ROUNDING_PX), first + 1)


def _is_clipped(image: pdfium.PdfImage) -> bool:
    clip = pdfium_c.FPDFPageObj_GetClipPath(image.raw)
    return bool(clip) and pdfium_c.FPDFClipPath_CountPaths(clip) > 0
