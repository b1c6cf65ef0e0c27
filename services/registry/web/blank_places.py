"""What on a blank's page may be a field: the boxes, lines and frames found, each with a name."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from shared.blank import PageSurveyed, Word
from shared.forms import Rect

_LINE_ROOM_MM: Final = 7.0
_SIGNATURE_ROOM_MM: Final = 16.0
_LEAST_ROOM_MM: Final = 4.0
_BELOW_LINE_MM: Final = 1.0
_CLEAR_MM: Final = 0.4
_SAME_LINE_MM: Final = 3.5
_FRAME_INSET_MM: Final = 0.3
_MOST_WORDS: Final = 6
_MOST_PLACES: Final = 300


@dataclass(frozen=True)
class Place:
    """One place that was found. `tall` is the room of a signature there."""

    key: str
    kind: str
    """`box`, `line`, `frame` or `widget`."""
    area: Rect
    tall: Rect
    near: str
    """The print beside it."""

    def room(self, field: str) -> Rect:
        """What a field of that name gets there."""
        return self.tall if field.startswith("signature") else self.area


def places_on(page: PageSurveyed) -> list[Place]:
    """The places on a page, boxes first, each kind from the top down."""
    return [
        Place(f"{kind}-{number}", kind, area, tall, _near(area, page))
        for number, (kind, area, tall) in enumerate(islice(_found(page), _MOST_PLACES), start=1)
    ]


def _found(page: PageSurveyed) -> Iterator[tuple[str, Rect, Rect]]:
    for shape in sorted(page.boxes, key=lambda one: _order(one.area)):
        yield "box", shape.area, shape.area
    for widget in sorted(page.widgets, key=lambda one: _order(one.area)):
        yield "widget", widget.area, widget.area
    for rule in sorted(page.rules, key=_order):
        low = _above(rule, page, _LINE_ROOM_MM)
        if low.height_mm >= _LEAST_ROOM_MM:
            yield "line", low, _above(rule, page, _SIGNATURE_ROOM_MM)
    for frame in sorted(page.frames, key=_order):
        inner = frame.grown(-_FRAME_INSET_MM)
        yield "frame", inner, inner


def _order(area: Rect) -> tuple[float, float]:
    return round(area.top_mm), area.left_mm


def _above(rule: Rect, page: PageSurveyed, room_mm: float) -> Rect:
    """The room above a line to write on, as far as the print above it."""
    bottom = rule.bottom_mm + _BELOW_LINE_MM
    ends = [
        thing.bottom_mm + _CLEAR_MM
        for thing in (*(word.area for word in page.words), *page.rules)
        if thing.bottom_mm <= rule.top_mm - 1
        and thing.left_mm < rule.right_mm
        and thing.right_mm > rule.left_mm
    ]
    top = max([bottom - room_mm, 0.0, *ends])
    return Rect(
        left_mm=rule.left_mm,
        top_mm=top,
        width_mm=rule.width_mm,
        height_mm=max(bottom - top, 0.1),
    )


def _near(area: Rect, page: PageSurveyed) -> str:
    """The first words beside a place: to its right, else to its left, else above or below it."""
    level = [
        word
        for word in page.words
        if abs(word.area.centre_mm[1] - area.centre_mm[1]) <= _SAME_LINE_MM
        or area.top_mm <= word.area.centre_mm[1] <= area.bottom_mm
    ]
    right = [word for word in level if word.area.left_mm >= area.left_mm]
    left = [word for word in level if word.area.right_mm <= area.left_mm + 1]
    column = [
        word
        for word in page.words
        if word.area.left_mm < area.right_mm
        and word.area.right_mm > area.left_mm
        and min(abs(word.area.top_mm - area.bottom_mm), abs(area.top_mm - word.area.bottom_mm)) < 6
    ]
    small = area.width_mm < 10
    chosen = next((one for one in ((right, left) if small else (left, right)) if one), column)
    if not small and column and not left:
        chosen = column
    return _text(chosen[-_MOST_WORDS:] if chosen is left else chosen[:_MOST_WORDS])


def _text(words: list[Word]) -> str:
    return " ".join(word.text for word in words)
