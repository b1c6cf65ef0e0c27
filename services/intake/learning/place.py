"""From what staff named on a blank form to its template. Pure.

What is not found, or could be two places, is refused with the line that asks for it: a template
that is a guess would misread every form.
"""

from collections.abc import Sequence
from typing import Final

from services.intake.learning.areas import LEAST_FIELD_MM, find_area
from services.intake.learning.boxes import find_boxes
from services.intake.learning.fields import (
    OPTION_FIELD,
    SIGNATURE_FIELD,
    FieldsFile,
    Wanted,
    Way,
    WrongFields,
    is_known,
)
from services.intake.learning.telling import telling_words
from shared.blank import BlankSurveyed, PageSurveyed
from shared.forms import FormPrint, FormTemplate, Rect, SignatureArea, TextField
from shared.identifiers import Digest, OptionKey

LEAST_WORDS: Final = 25
"""With less print a scan cannot be laid over the blank, nor told from another form."""

_LEAST_WORD_MM: Final = 2.5
_SIGNATURE_ROOM_MM: Final = 24.0
_LEAST_SIGNATURE_MM: Final = (30.0, 9.0)


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
    words = [word for word in page.words if word.area.width_mm >= _LEAST_WORD_MM]
    if len(words) < LEAST_WORDS:
        raise WrongFields(
            f"the blank has {len(words)} words of text; at least {LEAST_WORDS} are needed to "
            "know a scan of it (a scanned blank has none: use the file it was printed from)",
            fault="few_words",
        )
    wanted = _with_widgets(file, page)
    boxes = find_boxes(wanted, page, options)
    signatures = tuple(
        _signature(one, page) for one in wanted if SIGNATURE_FIELD.fullmatch(one.name)
    )
    if not signatures:
        raise WrongFields("no field is called signature", field="signature", fault="not_given")
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
        stamp=None if file.stamp is None else find_area(file.stamp, page),
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


def _signature(one: Wanted, page: PageSurveyed) -> SignatureArea:
    area = find_area(one, page, room_mm=_SIGNATURE_ROOM_MM)
    _refuse_small(one, area, _LEAST_SIGNATURE_MM)
    reach = Rect.spanning(area.left_mm - 5, area.top_mm - 2, area.right_mm + 5, area.bottom_mm + 5)
    return SignatureArea(name=one.name, area=area, reach=reach)


def _field(one: Wanted, page: PageSurveyed) -> TextField:
    area = find_area(one, page)
    _refuse_small(one, area, LEAST_FIELD_MM)
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
            f"{area.height_mm:.0f} mm, and it takes {least[0]:.0f} × {least[1]:.0f}; use mm",
            field=one.name,
            fault="too_small",
        )


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
                raise WrongFields(
                    f"line {line}: {name} lies over {other_name}", field=name, fault="overlaps"
                )
