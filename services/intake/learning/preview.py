"""The blank with its fields drawn on it, for staff to check before scans are read by it."""

import io
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from shared.forms import PICTURE_PER_MM, FormTemplate, Rect

_SCALE: Final = 0.55
_Colour = tuple[int, int, int]
_BOX: Final[_Colour] = (190, 30, 30)
_LABEL: Final[_Colour] = (230, 150, 150)
_SIGNATURE: Final[_Colour] = (30, 70, 190)
_FIELD: Final[_Colour] = (20, 120, 60)
_STAMP: Final[_Colour] = (120, 120, 120)
_TELLING: Final[_Colour] = (235, 150, 20)


def preview(template: FormTemplate, picture: bytes) -> bytes:
    """Return a PNG: boxes red, signatures blue, text fields green, telling words underlined."""
    with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
        size = round(opened.width * _SCALE), round(opened.height * _SCALE)
        image = opened.convert("RGB").resize(size, Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)
    for word in template.print.words if template.print is not None else ():
        if word.telling:
            left, _, right, bottom = _px(word.area)
            pen.line((left, bottom + 2, right, bottom + 2), fill=_TELLING, width=2)
    for name, area, colour in _places(template):
        left, top, right, bottom = _px(area)
        pen.rectangle((left, top, right, bottom), outline=colour, width=2)
        pen.text((left + 3, bottom + 3), name, fill=colour, font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _places(template: FormTemplate) -> Iterator[tuple[str, Rect, _Colour]]:
    for box in template.boxes:
        yield "", box.label, _LABEL
        yield f"answer.{box.option}", box.area, _BOX
    for signature in template.signatures:
        yield signature.name, signature.area, _SIGNATURE
    for field in template.fields:
        yield field.name, field.area, _FIELD
    if template.stamp is not None:
        yield "stamp", template.stamp, _STAMP


def _px(area: Rect) -> tuple[float, float, float, float]:
    per_mm = PICTURE_PER_MM * _SCALE
    return (
        area.left_mm * per_mm,
        area.top_mm * per_mm,
        area.right_mm * per_mm,
        area.bottom_mm * per_mm,
    )
