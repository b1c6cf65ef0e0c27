"""Finding the boxes of a blank that staff named. Pure."""

from collections.abc import Sequence
from typing import Final

from services.intake.learning.fields import OPTION_FIELD, Wanted, WrongFields
from services.intake.learning.texts import find_run
from shared.blank import BoxShape, PageSurveyed
from shared.forms import Box, Rect
from shared.identifiers import OptionKey

_BOX_WITHIN_MM: Final = 25.0
_BOX_CLEARLY_NEARER_MM: Final = 3.0
_SAME_LINE_MM: Final = 3.5
_MOST_REACH_MM: Final = 3.0
_LEAST_REACH_MM: Final = 0.8


def find_boxes(
    wanted: Sequence[Wanted], page: PageSurveyed, options: Sequence[OptionKey]
) -> list[tuple[Box, BoxShape]]:
    """Return the box of each option, in the order of the options. Raises WrongFields."""
    asked = {match["option"]: one for one in wanted if (match := OPTION_FIELD.fullmatch(one.name))}
    for key, one in asked.items():
        if key not in options:
            raise WrongFields(
                f"line {one.line}: the initiative has no option {key}, only {', '.join(options)}"
            )
    missing = [key for key in options if key not in asked]
    if missing:
        raise WrongFields(
            f"the box of {', '.join(missing)} is not given: answer.{missing[0]}",
            field=f"answer.{missing[0]}",
            fault="not_given",
        )
    shapes = {key: _shape(asked[key], page) for key in options}
    for key, shape in shapes.items():
        twin = next((k for k, s in shapes.items() if k != key and s == shape), None)
        if twin is not None:
            raise WrongFields(
                f"line {asked[key].line}: answer.{key} and answer.{twin} are one box",
                field=f"answer.{key}",
                fault="one_box_twice",
            )
    areas = [shape.area for shape in shapes.values()]
    return [
        (
            Box(
                option=key,
                area=shape.area,
                label=_label(shape.area, page),
                reach_mm=_reach(shape.area, areas),
            ),
            shape,
        )
        for key, shape in shapes.items()
    ]


def _shape(one: Wanted, page: PageSurveyed) -> BoxShape:
    if one.area is not None:
        return _shape_at(one, one.area, page)
    run = find_run(one, page)
    y = run.area.centre_mm[1]
    near = sorted(
        (
            (_gap(run.area, shape.area), shape)
            for shape in page.boxes
            if abs(shape.area.centre_mm[1] - y) <= _SAME_LINE_MM
        ),
        key=lambda found: found[0],
    )
    near = [found for found in near if found[0] <= _BOX_WITHIN_MM]
    if not near:
        raise WrongFields(f"line {one.line}: {one.name}: no empty box stands beside “{one.text}”")
    if len(near) > 1 and near[1][0] - near[0][0] < _BOX_CLEARLY_NEARER_MM:
        raise WrongFields(
            f"line {one.line}: {one.name}: two boxes stand equally near “{one.text}”; use mm"
        )
    return near[0][1]


def _shape_at(one: Wanted, area: Rect, page: PageSurveyed) -> BoxShape:
    x, y = area.centre_mm
    inside = [
        shape
        for shape in page.boxes
        if abs(shape.area.centre_mm[0] - x) <= area.width_mm / 2
        and abs(shape.area.centre_mm[1] - y) <= area.height_mm / 2
    ]
    where = f"line {one.line}: " if one.line else ""
    if len(inside) != 1:
        found = "no empty box" if not inside else f"{len(inside)} boxes"
        raise WrongFields(
            f"{where}{one.name}: {found} at {area.left_mm:.1f}, {area.top_mm:.1f} mm",
            field=one.name,
            fault="several_boxes" if inside else "no_box",
        )
    return inside[0]


def _gap(one: Rect, other: Rect) -> float:
    return max(one.left_mm - other.right_mm, other.left_mm - one.right_mm, 0.0)


def _reach(area: Rect, all_areas: Sequence[Rect]) -> float:
    """Half the way to the nearest other box: what is nearer to that one is not this one's."""
    gaps = [
        max(
            _gap(area, other),
            area.top_mm - other.bottom_mm,
            other.top_mm - area.bottom_mm,
        )
        for other in all_areas
        if other != area
    ]
    return max(_LEAST_REACH_MM, min([_MOST_REACH_MM, *(gap / 2 for gap in gaps)]))


def _label(area: Rect, page: PageSurveyed) -> Rect:
    """The printed words on the box's line, on the side where they are nearest."""
    beside = [
        w.area for w in page.words if abs(w.area.centre_mm[1] - area.centre_mm[1]) <= _SAME_LINE_MM
    ]
    boxes = [b.area for b in page.boxes if b.area != area]
    right = sorted((r for r in beside if r.left_mm > area.left_mm), key=lambda r: r.left_mm)
    ends = [b.left_mm for b in boxes if b.left_mm > area.right_mm and _on_line(b, area)]
    right = [r for r in right if r.right_mm <= min(ends, default=page.width_mm)]
    chosen = right or [r for r in beside if r.right_mm <= area.left_mm]
    if not chosen:
        return area
    return Rect.spanning(
        min(r.left_mm for r in chosen),
        min(r.top_mm for r in chosen),
        max(r.right_mm for r in chosen),
        max(r.bottom_mm for r in chosen),
    )


def _on_line(one: Rect, other: Rect) -> bool:
    return abs(one.centre_mm[1] - other.centre_mm[1]) <= _SAME_LINE_MM
