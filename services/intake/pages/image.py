"""Pictures: PNG, JPEG and TIFF (several pages, fax compression) with Pillow.

Only these three formats are ever handed to Pillow, whatever a file calls itself.
"""

import io
import warnings
from collections.abc import Iterator

import cv2
import numpy as np
from cv2.typing import MatLike
from PIL import ExifTags, Image, UnidentifiedImageError

from services.intake.pages.page import MOST_DPI, Limits, Page, PageFault
from shared.events import Reason

FORMATS = ("PNG", "JPEG", "TIFF")

_LEAST_STATED_DPI = 90.0
"""Phones and browsers write 72 or 96 for want of knowledge; the latter does no harm."""

_LONGEST_SIDE = 4200
"""Pixels; a larger picture of unknown resolution is reduced to this."""

_PREVIEW_SHARE = 0.55
"""A phone's gain map is half as large as its picture, or less."""

_MIRRORED = frozenset({2, 4, 5, 7})
_TURNS = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}
"""EXIF orientation → whether to mirror left and right, then quarter turns anticlockwise."""


def image_pages(data: bytes, limits: Limits) -> Iterator[Page]:
    """Yield the pages of a picture file. Raises PageFault."""
    # Pillow only warns between one and two times its own limit; ours is checked below.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            count = getattr(image, "n_frames", 1)
            if count > limits.pages:
                raise PageFault(Reason.TOO_MANY_PAGES, f"{count} pages")
            first = image.size
            number = 0
            for frame in range(count):
                image.seek(frame)
                if image.format == "MPO" and _is_preview(image.size, first):
                    continue
                number += 1
                yield _page(image, number, limits)
    except Image.DecompressionBombError as bomb:
        raise PageFault(Reason.TOO_MANY_PIXELS, str(bomb)) from bomb
    except UnidentifiedImageError as wrong:
        raise PageFault(Reason.UNREADABLE_FILE, "not a picture that can be opened") from wrong
    except (OSError, SyntaxError, EOFError) as broken:
        # What Pillow's decoders say of damaged data.
        raise PageFault(Reason.UNREADABLE_FILE, f"broken picture: {broken}") from broken
    except (ValueError, TypeError, KeyError, AttributeError) as strange:
        # Nobody said that the file is damaged: another program may well open it. For a person.
        raise PageFault(Reason.READER_CRASHED, f"reader stumbled: {strange!r}") from strange


def grey_jpeg(data: bytes, limits: Limits, *, dpi: float | None) -> MatLike:
    """Decode a JPEG to grey, reduced while decoding if finer than 300 dpi. Raises PageFault."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            check_size(image.size, limits)
            return _decoded(image, dpi)
    except Image.DecompressionBombError as bomb:
        raise PageFault(Reason.TOO_MANY_PIXELS, str(bomb)) from bomb
    except (OSError, SyntaxError) as broken:
        raise PageFault(Reason.UNREADABLE_FILE, f"broken picture: {broken}") from broken


def is_grey_jpeg(data: bytes, size: tuple[int, int]) -> bool:
    """Whether it is a JPEG of one channel and this width and height, and of one picture only."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return (image.format, image.mode, image.size) == ("JPEG", "L", size)
    except (Image.DecompressionBombError, OSError, SyntaxError):
        return False


def check_size(size: tuple[int, int], limits: Limits) -> None:
    """Raise PageFault if a picture has too many pixels to be decoded."""
    if size[0] * size[1] > limits.pixels:
        raise PageFault(Reason.TOO_MANY_PIXELS, f"{size[0]} × {size[1]} pixels")


def squared(
    grey: MatLike, dpi_x: float | None, dpi_y: float | None
) -> tuple[MatLike, float | None, float | None]:
    """Return the picture with square pixels of at most 300 dpi, its dpi and its coarser dpi.

    A fax has twice as many dots across as down; the coarser axis is stretched.
    """
    height, width = grey.shape[:2]
    known = dpi_x and dpi_y and min(dpi_x, dpi_y) >= _LEAST_STATED_DPI
    if not known or dpi_x is None or dpi_y is None or not 0.2 < dpi_x / dpi_y < 5:
        factor = min(1.0, _LONGEST_SIDE / max(height, width))
        return _resized(grey, round(width * factor), round(height * factor)), None, None
    fine = max(dpi_x, dpi_y)
    wanted = min(fine, MOST_DPI)
    if 0.97 < dpi_x / dpi_y < 1.03 and fine <= MOST_DPI * 1.05:
        return grey, fine, min(dpi_x, dpi_y)
    resized = _resized(grey, round(width * wanted / dpi_x), round(height * wanted / dpi_y))
    return resized, wanted, min(dpi_x, dpi_y)


def _page(image: Image.Image, number: int, limits: Limits) -> Page:
    check_size(image.size, limits)
    dpi_x, dpi_y = _stated_dpi(image)
    full = max(image.size)
    orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    grey = _decoded(image, min(dpi_x, dpi_y) if dpi_x and dpi_y else None)
    reduced = max(grey.shape) / full
    if dpi_x and dpi_y:
        dpi_x, dpi_y = dpi_x * reduced, dpi_y * reduced
    if image.format == "TIFF":
        # Pillow has turned it already; the resolution is that of the picture as stored.
        if _TURNS.get(orientation, 0) % 2:
            dpi_x, dpi_y = dpi_y, dpi_x
        orientation = 1
    picture, dpi, coarse = squared(grey, dpi_x, dpi_y)
    return Page(number=number, grey=_upright(picture, orientation), dpi=dpi, coarse_dpi=coarse)


def _is_preview(size: tuple[int, int], first: tuple[int, int]) -> bool:
    """Whether a picture behind a phone's picture is one for screens of other kinds.

    Such a one is much smaller, and no program shows it; another page is as large as the first.
    """
    return max(size) < _PREVIEW_SHARE * max(first)


def _upright(picture: MatLike, orientation: int) -> MatLike:
    if orientation in _MIRRORED:
        picture = np.fliplr(picture)
    return np.ascontiguousarray(np.rot90(picture, _TURNS.get(orientation, 0)))


def _decoded(image: Image.Image, dpi: float | None) -> MatLike:
    if image.format in ("JPEG", "MPO"):
        width, height = image.size
        factor = dpi / MOST_DPI if dpi else max(width, height) / _LONGEST_SIDE
        if factor >= 2 or image.mode != "L":
            # libjpeg leaves colour, and whole powers of two, out while it decodes.
            image.draft("L", (int(width / max(factor, 1)), int(height / max(factor, 1))))
    return np.asarray(on_white(image), dtype=np.uint8)


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture in grey, white where it is transparent."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        opaque = image.convert("RGBA")
        paper = Image.new("RGBA", opaque.size, "white")
        return Image.alpha_composite(paper, opaque).convert("L")
    if image.mode == "L":
        image.load()
        return image  # to convert it would copy it
    return image.convert("L")


def _stated_dpi(image: Image.Image) -> tuple[float | None, float | None]:
    stated = image.info.get("dpi")
    if not stated:
        return None, None
    x, y = float(stated[0]), float(stated[1])
    if not (np.isfinite(x) and np.isfinite(y)) or min(x, y) < _LEAST_STATED_DPI:
        return None, None
    return x, y


def _resized(grey: MatLike, width: int, height: int) -> MatLike:
    if (height, width) == grey.shape[:2]:
        return grey
    shrinks = width <= grey.shape[1] and height <= grey.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(grey, (max(width, 1), max(height, 1)), interpolation=method)
