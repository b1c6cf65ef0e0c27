"""The form by which one field of a blank is pointed out: a place that was found, or millimetres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.registry.drafts import LEAST_SIDE_MM
from services.registry.tables import Initiative
from services.registry.web.blank_places import Place
from shared.forms import STAMP, TEXT_FIELDS, Rect

SIDES = ("vanster", "topp", "bredd", "hojd")
"""The form's fields for left, top, width and height."""


@dataclass(frozen=True)
class Wanted:
    """A field that a form may have, and whether it must have it."""

    name: str
    needed: bool


def wanted_fields(initiative: Initiative) -> list[Wanted]:
    """The fields of a form for this initiative, in the order in which one looks for them."""
    signatures = ["signature", *(f"signature.{n}" for n in range(2, initiative.signatories + 1))]
    return [
        *(Wanted(f"answer.{option}", True) for option in initiative.options),
        *(Wanted(name, True) for name in signatures),
        *(Wanted(name, False) for name in (*TEXT_FIELDS, STAMP)),
    ]


def area_in(
    form: Mapping[str, str], places: Sequence[Place], width_mm: float, height_mm: float
) -> Rect | None:
    """Where the form says that its field is, or None if that is no place on the page."""
    chosen = form.get("plats", "")
    if chosen:
        place = next((one for one in places if one.key == chosen), None)
        return None if place is None else place.room(form.get("falt", ""))
    numbers = [_number(form.get(side, "")) for side in SIDES]
    left, top, width, height = numbers
    if left is None or top is None or width is None or height is None:
        return None
    if min(left, top) < 0 or min(width, height) < LEAST_SIDE_MM:
        return None
    if left + width > width_mm + 0.1 or top + height > height_mm + 0.1:
        return None
    return Rect(left_mm=left, top_mm=top, width_mm=width, height_mm=height)


def next_to_point(wanted: Sequence[Wanted], pointed: Mapping[str, object], after: str) -> str:
    """The field to go on with: the first after `after` that is not pointed out, or the first."""
    names = [one.name for one in wanted]
    start = names.index(after) + 1 if after in names else 0
    left = [name for name in names[start:] + names[:start] if name not in pointed]
    return left[0] if left else names[0]


def _number(text: str) -> float | None:
    try:
        value = round(float(text.strip().replace(",", ".")), 1)
    except ValueError:
        return None
    return value if -1e4 < value < 1e4 else None
