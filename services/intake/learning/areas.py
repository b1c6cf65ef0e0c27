"""Finding the room of a field: after, above or below its text, or in its frame. Pure."""

from typing import Final

from services.intake.learning.fields import Wanted, Way, WrongFields
from services.intake.learning.texts import Run, find_run
from shared.blank import PageSurveyed
from shared.forms import Rect

LEAST_FIELD_MM: Final = (12.0, 4.0)
FIELD_HEIGHT_MM: Final = 6.6
_SAME_LINE_MM: Final = 3.5
_RULE_WITHIN_MM: Final = 9.0
_RULE_BEHIND_MM: Final = 40.0
_BELOW_RULE_MM: Final = 1.0
_MARGIN_MM: Final = 12.0


def find_area(one: Wanted, page: PageSurveyed, room_mm: float = FIELD_HEIGHT_MM) -> Rect:
    """Return where a field is; `room_mm` is the height to give it. Raises WrongFields."""
    room = one.height_mm or room_mm
    match one.way:
        case Way.MM:
            assert one.area is not None
            return one.area
        case Way.AFTER:
            return _after(one, find_run(one, page), page, room)
        case Way.ABOVE:
            return _above(one, find_run(one, page), page, room)
        case Way.BELOW:
            return _below(one, find_run(one, page), page, room)
        case Way.IN:
            return _in_frame(one, find_run(one, page), page)
        case Way.BOX:
            raise WrongFields(f"line {one.line}: {one.name} is not a box to tick")


def _after(one: Wanted, run: Run, page: PageSurveyed, room: float) -> Rect:
    """The line behind the text, as far as it goes; without one, the way to the next print."""
    left, base = run.area.right_mm, run.baseline_mm
    rules = [
        rule
        for rule in page.rules
        if abs(rule.bottom_mm - base) <= _SAME_LINE_MM
        and rule.right_mm > left + LEAST_FIELD_MM[0]
        and rule.left_mm < left + _RULE_BEHIND_MM
    ]
    behind = [
        w.area.left_mm
        for w in page.words
        if w.area.left_mm > left and abs(w.baseline_mm - base) < _SAME_LINE_MM
    ]
    stop = min(behind, default=page.width_mm - _MARGIN_MM)
    if rules:
        rule = min(rules, key=lambda r: max(r.left_mm - left, 0.0))
        right = min(rule.right_mm, stop - 0.5) if stop > rule.left_mm else rule.right_mm
        start, bottom = max(left + 0.8, rule.left_mm), rule.bottom_mm + _BELOW_RULE_MM
    else:
        start, right, bottom = left + 0.8, stop - 1.0, base + 1.6
    if right - start < 1:
        raise WrongFields(f"line {one.line}: {one.name}: no room after “{one.text}”")
    top = max(bottom - room, _print_above(page, start, right, bottom - 2.5))
    return Rect.spanning(start, top, right, bottom)


def _above(one: Wanted, run: Run, page: PageSurveyed, room: float) -> Rect:
    """The room above the line that the text stands under; without one, above the text."""
    text = run.area
    rules = [
        rule
        for rule in page.rules
        if -1 <= text.top_mm - rule.bottom_mm <= _RULE_WITHIN_MM
        and rule.left_mm < text.right_mm
        and rule.right_mm > text.left_mm
    ]
    rule = max(rules, key=lambda r: r.bottom_mm, default=None)
    if rule is None:
        left, right, bottom = text.left_mm, text.left_mm + 80, text.top_mm - 0.5
        right = min(right, page.width_mm - _MARGIN_MM)
    else:
        left, right, bottom = rule.left_mm, rule.right_mm, rule.bottom_mm + 1.5
    top = max(bottom - room, _print_above(page, left, right, bottom - 3))
    if bottom - top < 1:
        raise WrongFields(f"line {one.line}: {one.name}: no room above “{one.text}”")
    return Rect.spanning(left, top, right, bottom)


def _below(one: Wanted, run: Run, page: PageSurveyed, room: float) -> Rect:
    text = run.area
    left = text.left_mm
    right = min(left + 80, page.width_mm - _MARGIN_MM)
    rules = [r for r in page.rules if text.bottom_mm < r.top_mm < text.bottom_mm + room + 5]
    rules = [r for r in rules if r.left_mm < text.right_mm and r.right_mm > left]
    rule = min(rules, key=lambda r: r.top_mm, default=None)
    if rule is not None:
        left, right = rule.left_mm, rule.right_mm
    bottom = text.bottom_mm + room if rule is None else rule.bottom_mm + _BELOW_RULE_MM
    below = [
        w.area.top_mm
        for w in page.words
        if w.area.top_mm > text.bottom_mm
        and w.area.left_mm < right
        and w.area.right_mm > left
        and w.area.top_mm < bottom
    ]
    bottom = min([bottom, *(top - 0.5 for top in below)])
    if bottom - text.bottom_mm < 1:
        raise WrongFields(f"line {one.line}: {one.name}: no room below “{one.text}”")
    return Rect.spanning(left, text.bottom_mm + 0.5, right, bottom)


def _in_frame(one: Wanted, run: Run, page: PageSurveyed) -> Rect:
    """The smallest frame around the text, without the line of the text itself."""
    x, y = run.area.centre_mm
    around = [
        frame
        for frame in page.frames
        if frame.left_mm <= x <= frame.right_mm and frame.top_mm <= y <= frame.bottom_mm
    ]
    if not around:
        raise WrongFields(f"line {one.line}: {one.name}: no frame is drawn around “{one.text}”")
    frame = min(around, key=lambda f: f.width_mm * f.height_mm)
    above, below = run.area.top_mm - frame.top_mm, frame.bottom_mm - run.area.bottom_mm
    beside = frame.right_mm - run.area.right_mm
    if max(above, below) < 4 and beside > LEAST_FIELD_MM[0]:
        return Rect.spanning(
            run.area.right_mm + 0.8, frame.top_mm + 0.3, frame.right_mm - 0.3, frame.bottom_mm
        )
    top, bottom = (
        (frame.top_mm + 0.4, run.area.top_mm - 0.3)
        if above > below
        else (run.area.bottom_mm + 0.3, frame.bottom_mm - 0.1)
    )
    if bottom - top < 1:
        raise WrongFields(f"line {one.line}: {one.name}: no room in the frame of “{one.text}”")
    return Rect.spanning(frame.left_mm + 0.4, top, frame.right_mm - 0.4, bottom)


def _print_above(page: PageSurveyed, left: float, right: float, bottom: float) -> float:
    """Return where the nearest print or line above a place ends, with a little clearance."""
    things = [*(w.area for w in page.words), *page.rules]
    ends = [
        thing.bottom_mm + 0.4
        for thing in things
        if thing.bottom_mm <= bottom and thing.left_mm < right and thing.right_mm > left
    ]
    return max(ends, default=0.0)
