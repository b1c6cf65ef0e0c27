"""The files that machines write: PDF with one picture, TIFF, JPEG with orientation, PNG."""

import io
import time

from PIL import ExifTags, Image

from tests.bench.forms.generator.optics import Picture

_WRITTEN = time.gmtime(1_726_128_000)
"""12 September 2024, always: the same parameters give the same bytes."""


def as_pdf(picture: Picture, dpi_x: int, dpi_y: int, *, bitonal: bool, quality: int) -> bytes:
    """Return a PDF of one picture; two levels with fax compression, else JPEG."""
    file = io.BytesIO()
    more = {} if bitonal else {"quality": quality}
    _image(picture, bitonal).save(
        file, "PDF", dpi=(dpi_x, dpi_y), creationDate=_WRITTEN, modDate=_WRITTEN, **more
    )
    return file.getvalue()


def as_tiff(
    picture: Picture, dpi_x: int, dpi_y: int, *, bitonal: bool, compression: str = "group4"
) -> bytes:
    file = io.BytesIO()
    kind = compression if bitonal else "tiff_lzw"
    _image(picture, bitonal).save(file, "TIFF", compression=kind, dpi=(dpi_x, dpi_y))
    return file.getvalue()


def as_jpeg(picture: Picture, dpi: int, quality: int, *, orientation: int = 1) -> bytes:
    """Return a JPEG; `orientation` is EXIF's, 1 for upright."""
    file = io.BytesIO()
    exif = Image.Exif()
    if orientation != 1:
        exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(picture).save(file, "JPEG", quality=quality, dpi=(dpi, dpi), exif=exif)
    return file.getvalue()


def as_png(picture: Picture, dpi: int, *, bitonal: bool) -> bytes:
    file = io.BytesIO()
    _image(picture, bitonal).save(file, "PNG", dpi=(dpi, dpi), compress_level=1)
    return file.getvalue()


def _image(picture: Picture, bitonal: bool) -> Image.Image:
    image = Image.fromarray(picture)
    return image.convert("1", dither=Image.Dither.NONE) if bitonal else image
