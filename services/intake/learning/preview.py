"""The blank with its fields drawn on it, for staff to check before scans are read by it."""

import io
from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from shared.forms import PICTURE_PER_MM, FormTemplate, Rect

_SCALE: Final = 0.55
_GAP: Final = 4.0
_Colour = tuple[int, int, int]
_Room = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the preview."""

_BOX: Final[_Colour] = (190, 30, 30)
_LABEL: Final[_Colour] = (230, 150, 150)
_SIGNATURE: Final[_Colour] = (30, 70, 190)
_FIELD: Final[_Colour] = (20, 120, 60)
_STAMP: Final[_Colour] = (120, 120, 120)
_TELLING: Final[_Colour] = (235, 150, 20)
_PAPER: Final[_Colour] = (255, 255, 255)


def preview(template: FormTemplate, picture: bytes) -> bytes:
    """Return a PNG: boxes red, signatures blue, text fields green, telling words underlined.

    Each is named where its name hides no print and no other name, if there is such a place.
    """
    with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
        size = round(opened.width * _SCALE), round(opened.height * _SCALE)
        image = opened.convert("RGB").resize(size, Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)
    words = template.print.words if template.print is not None else ()
    for word in words:
        if word.telling:
            left, _, right, bottom = _px(word.area)
            pen.line((left, bottom + 2, right, bottom + 2), fill=_TELLING, width=2)
    places = list(_places(template))
    for _, area, colour in places:
        pen.rectangle(_grown(_px(area), 2), outline=colour, width=2)
    taken = [*(_px(word.area) for word in words), *(_px(area) for _, area, _ in places)]
    for name, area, colour in places:
        if name:
            width, height = pen.textbbox((0, 0), name, font=font)[2:]
            room = free_room(_px(area), width, height, size, taken)
            pen.rectangle(room, fill=_PAPER)
            pen.text(room[:2], name, fill=colour, font=font)
            taken.append(room)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def free_room(
    area: _Room, width: float, height: float, page: tuple[int, int], taken: Sequence[_Room]
) -> _Room:
    """Return where a name of that size is best written: in its area, or beside it."""
    left, top, right, bottom = area
    middle = (top + bottom - height) / 2
    corners = (
        (right - width - _GAP, top + _GAP / 2),
        (left - width - 2 * _GAP, middle),
        (right + 2 * _GAP, middle),
        (left, top - height - _GAP),
        (left, bottom + _GAP),
    )
    rooms = [(x, y, x + width, y + height) for x, y in corners]
    inside, *beside = rooms
    fits = width + 2 * _GAP < right - left and height + _GAP < bottom - top
    others = [one for one in taken if one != area]
    on_page = [
        room
        for room in ([inside] if fits else []) + beside
        if room[0] >= 0 and room[1] >= 0 and room[2] <= page[0] and room[3] <= page[1]
    ]
    return min(on_page, key=lambda room: sum(_shared(room, one) for one in others), default=inside)


def _shared(one: _Room, other: _Room) -> float:
    """The room that two share, in square pixels."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _grown(room: _Room, by: float) -> _Room:
    return room[0] - by, room[1] - by, room[2] + by, room[3] + by


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


def _px(area: Rect) -> _Room:
    per_mm = PICTURE_PER_MM * _SCALE
    return (
        area.left_mm * per_mm,
        area.top_mm * per_mm,
        area.right_mm * per_mm,
        area.bottom_mm * per_mm,
    )
