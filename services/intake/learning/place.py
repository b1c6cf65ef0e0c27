"""Finding the places that staff named on a blank form. Pure.

What is not found, or could be two places, is refused with the line that asks for it: a template
that is a guess would misread every form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.intake.learning.fields import (
    OPTION_FIELD,
    SIGNATURE_FIELD,
    FieldsFile,
    Wanted,
    Way,
    WrongFields,
    is_known,
)
from services.intake.learning.surveyed import BlankSurveyed, BoxShape, PageSurveyed, Word
from services.intake.learning.telling import telling_words
from shared.forms import Box, FormPrint, FormTemplate, Rect, SignatureArea, TextField
from shared.identifiers import Digest, OptionKey

LEAST_WORDS: Final = 25
"""With less print a scan cannot be laid over the blank, nor told from another form."""

_BOX_WITHIN_MM = 25.0
_BOX_CLEARLY_NEARER_MM = 3.0
_SAME_LINE_MM = 3.5
_RULE_WITHIN_MM = 9.0
_FIELD_HEIGHT_MM = 6.6
_BELOW_RULE_MM = 1.0
_LEAST_FIELD_MM = (12.0, 4.0)
_SIGNATURE_ROOM_MM = 24.0
_LEAST_SIGNATURE_MM = (30.0, 9.0)
_MARGIN_MM = 12.0
_MOST_REACH_MM = 3.0
_LEAST_BOX_MM = 2.0


@dataclass(frozen=True)
class _Run:
    """Consecutive words of one line that read as the text asked for."""

    words: tuple[Word, ...]

    @property
    def area(self) -> Rect:
        return Rect.spanning(
            min(w.area.left_mm for w in self.words),
            min(w.area.top_mm for w in self.words),
            max(w.area.right_mm for w in self.words),
            max(w.area.bottom_mm for w in self.words),
        )

    @property
    def baseline_mm(self) -> float:
        return self.words[0].baseline_mm


def template_of(
    blank: BlankSurveyed,
    file: FieldsFile,
    *,
    picture: Digest,
    options: Sequence[OptionKey],
    names: Sequence[str],
    version: int,
) -> FormTemplate:
    """Return the template of a blank form. Raises WrongFields.

    `picture` is the digest of the page's picture, `options` the keys of the initiative's options
    in their order, `names` texts that say which initiative it is.
    """
    if file.page > len(blank.pages):
        raise WrongFields(f"page {file.page}: the blank has {len(blank.pages)}")
    page = blank.pages[file.page - 1]
    if len(page.words) < LEAST_WORDS:
        raise WrongFields(
            f"the blank has {len(page.words)} words of text; at least {LEAST_WORDS} are needed to "
            "know a scan of it (a scanned blank has none: use the file it was printed from)"
        )
    wanted = _with_widgets(file, page)
    boxes = _boxes(wanted, page, options)
    signatures = tuple(
        _signature(one, page) for one in wanted if SIGNATURE_FIELD.fullmatch(one.name)
    )
    if not signatures:
        raise WrongFields("no field is called signature")
    fields = tuple(
        _field(one, page)
        for one in wanted
        if not SIGNATURE_FIELD.fullmatch(one.name) and not OPTION_FIELD.fullmatch(one.name)
    )
    template = FormTemplate(
        version=version,
        page_width_mm=page.width_mm,
        page_height_mm=page.height_mm,
        corner_marks=(),
        codes=(),
        boxes=tuple(box for box, _ in boxes),
        box_border_mm=min(shape.border_mm for _, shape in boxes),
        signatures=signatures,
        fields=fields,
        stamp=None if file.stamp is None else _area(file.stamp, page),
        print=FormPrint(
            picture=picture,
            words=telling_words(page, [box.label for box, _ in boxes], names),
        ),
        municipality=file.municipality,
    )
    _refuse_overlaps(template, {one.name: one for one in wanted})
    return template


def _with_widgets(file: FieldsFile, page: PageSurveyed) -> list[Wanted]:
    """What the file says, and the blank's own form fields of known names where it says nothing."""
    said = {one.name for one in file.fields}
    return [
        *file.fields,
        *(
            Wanted(widget.name, 0, Way.MM, area=widget.area)
            for widget in page.widgets
            if widget.name not in said and is_known(widget.name)
        ),
    ]


# --- Boxes -------------------------------------------------------------------------------------


def _boxes(
    wanted: Sequence[Wanted], page: PageSurveyed, options: Sequence[OptionKey]
) -> list[tuple[Box, BoxShape]]:
    asked = {match["option"]: one for one in wanted if (match := OPTION_FIELD.fullmatch(one.name))}
    for key, one in asked.items():
        if key not in options:
            raise WrongFields(
                f"line {one.line}: the initiative has no option {key}, only {', '.join(options)}"
            )
    missing = [key for key in options if key not in asked]
    if missing:
        raise WrongFields(f"the box of {', '.join(missing)} is not given: answer.{missing[0]}")
    shapes = {key: _shape(asked[key], page) for key in options}
    for key, shape in shapes.items():
        twin = next((k for k, s in shapes.items() if k != key and s == shape), None)
        if twin is not None:
            raise WrongFields(f"line {asked[key].line}: answer.{key} and answer.{twin} are one box")
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
    run = _run(one, page)
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
        raise WrongFields(f"{where}{one.name}: {found} at {area.left_mm:.1f}, {area.top_mm:.1f} mm")
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
    return max(0.8, min([_MOST_REACH_MM, *(gap / 2 for gap in gaps)]))


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


# --- Fields and signatures ---------------------------------------------------------------------


def _signature(one: Wanted, page: PageSurveyed) -> SignatureArea:
    area = _area(one, page, room_mm=_SIGNATURE_ROOM_MM)
    _refuse_small(one, area, _LEAST_SIGNATURE_MM)
    reach = Rect.spanning(area.left_mm - 5, area.top_mm - 2, area.right_mm + 5, area.bottom_mm + 5)
    return SignatureArea(name=one.name, area=area, reach=reach)


def _field(one: Wanted, page: PageSurveyed) -> TextField:
    area = _area(one, page, room_mm=_FIELD_HEIGHT_MM)
    _refuse_small(one, area, _LEAST_FIELD_MM)
    return TextField(
        name=one.name,
        area=area,
        caption=Rect(
            left_mm=area.left_mm, top_mm=area.top_mm, width_mm=area.width_mm, height_mm=0.1
        ),
        # Long names run out into the margin, and descenders below the line.
        reach=Rect.spanning(
            area.left_mm - 2, area.top_mm - 1.5, area.right_mm + 15, area.bottom_mm + 2
        ),
    )


def _refuse_small(one: Wanted, area: Rect, least: tuple[float, float]) -> None:
    if area.width_mm < least[0] or area.height_mm < least[1]:
        raise WrongFields(
            f"line {one.line}: {one.name}: there are only {area.width_mm:.0f} × "
            f"{area.height_mm:.0f} mm, and it takes {least[0]:.0f} × {least[1]:.0f}; use mm"
        )


def _area(one: Wanted, page: PageSurveyed, room_mm: float = _FIELD_HEIGHT_MM) -> Rect:
    room = one.height_mm or room_mm
    match one.way:
        case Way.MM:
            assert one.area is not None
            return one.area
        case Way.AFTER:
            return _after(one, _run(one, page), page, room)
        case Way.ABOVE:
            return _above(one, _run(one, page), page, room)
        case Way.BELOW:
            return _below(one, _run(one, page), page, room)
        case Way.IN:
            return _in_frame(one, _run(one, page), page)
        case Way.BOX:
            return _shape(one, page).area


def _after(one: Wanted, run: _Run, page: PageSurveyed, room: float) -> Rect:
    """The line behind the text, as far as it goes; without one, the way to the next print."""
    left, base = run.area.right_mm, run.baseline_mm
    rules = [
        rule
        for rule in page.rules
        if abs(rule.bottom_mm - base) <= _SAME_LINE_MM
        and rule.right_mm > left + _LEAST_FIELD_MM[0]
        and rule.left_mm < left + _RULE_WITHIN_MM + 30
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


def _above(one: Wanted, run: _Run, page: PageSurveyed, room: float) -> Rect:
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


def _below(one: Wanted, run: _Run, page: PageSurveyed, room: float) -> Rect:
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


def _in_frame(one: Wanted, run: _Run, page: PageSurveyed) -> Rect:
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
    if max(above, below) < 4 and beside > _LEAST_FIELD_MM[0]:
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


# --- Texts -------------------------------------------------------------------------------------


def _run(one: Wanted, page: PageSurveyed) -> _Run:
    found = _runs(one.text, page.words)
    if not found:
        raise WrongFields(f"line {one.line}: {one.name}: “{one.text}” is not printed on the blank")
    if one.nth is not None:
        if one.nth > len(found):
            raise WrongFields(
                f"line {one.line}: {one.name}: “{one.text}” stands {len(found)} times, "
                f"not {one.nth}"
            )
        return found[one.nth - 1]
    if len(found) > 1:
        raise WrongFields(
            f"line {one.line}: {one.name}: “{one.text}” stands {len(found)} times; "
            "say which with nth, counted from the top"
        )
    return found[0]


def _runs(text: str, words: Sequence[Word]) -> list[_Run]:
    """Return every place where the text stands on one line, from the top; it may end in "…"."""
    open_ended = text.endswith(("...", "…"))
    pattern = text.rstrip(".… ").split() if open_ended else text.split()
    if not pattern:
        return []
    ordered = sorted(words, key=lambda w: (round(w.baseline_mm), w.area.left_mm))
    found: list[_Run] = []
    for start, first in enumerate(ordered):
        line = [
            w
            for w in ordered[start : start + 4 * len(pattern)]
            if abs(w.baseline_mm - first.baseline_mm) < 1.5 and w.area.left_mm >= first.area.left_mm
        ][: len(pattern)]
        if len(line) < len(pattern):
            continue
        same = all(w.text == p for w, p in zip(line[:-1], pattern[:-1], strict=True))
        last, wanted = line[-1].text, pattern[-1]
        if same and (last == wanted or (open_ended and last.startswith(wanted))):
            found.append(_Run(tuple(line)))
    return found


def _refuse_overlaps(template: FormTemplate, wanted: dict[str, Wanted]) -> None:
    """Two fields over one another: one of them was told wrongly."""
    places = [
        *((f"answer.{box.option}", box.area) for box in template.boxes),
        *((s.name, s.area.grown(-1)) for s in template.signatures),
        *((f.name, f.area.grown(-1)) for f in template.fields),
    ]
    for number, (name, area) in enumerate(places):
        for other_name, other in places[:number]:
            apart = (
                area.right_mm <= other.left_mm
                or other.right_mm <= area.left_mm
                or area.bottom_mm <= other.top_mm
                or other.bottom_mm <= area.top_mm
            )
            if not apart:
                line = max(wanted[name].line, wanted[other_name].line)
                raise WrongFields(f"line {line}: {name} lies over {other_name}")
