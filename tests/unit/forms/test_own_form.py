"""The geometry of our own form: room for everything, and nothing in each other's way."""

from itertools import combinations

import pytest

from shared.form_code import UnknownFormVersion
from shared.forms import FormTemplate, Rect
from shared.own_form import own_form

LAYOUTS = [
    own_form(tuple("abcd"[:options]), version, signatories)
    for version, most in ((1, 1), (2, 2))
    for signatories in range(1, most + 1)
    for options in (1, 2, 3, 4)
]
every_layout = pytest.mark.parametrize(
    "template",
    LAYOUTS,
    ids=lambda t: f"v{t.version}-{len(t.boxes)}-options-{len(t.signatures)}-signatories",
)


def overlap(one: Rect, other: Rect) -> bool:
    return not (
        other.right_mm <= one.left_mm
        or other.left_mm >= one.right_mm
        or other.bottom_mm <= one.top_mm
        or other.top_mm >= one.bottom_mm
    )


def test_a_form_has_between_one_and_four_different_options() -> None:
    assert [box.option for box in own_form(("a", "b", "c", "d")).boxes] == ["a", "b", "c", "d"]
    for wrong in ((), ("a", "a"), ("a", "b", "c", "d", "e")):
        with pytest.raises(ValueError, match="options"):
            own_form(wrong)


def test_a_form_has_one_or_two_signatories() -> None:
    for wrong in (0, 3):
        with pytest.raises(ValueError, match="signatories"):
            own_form(("ja", "nej"), signatories=wrong)
    with pytest.raises(UnknownFormVersion):
        own_form(("ja", "nej"), 1, 2)
    with pytest.raises(UnknownFormVersion):
        own_form(("ja", "nej"), 3)


def test_each_signatory_has_a_box_and_fields_of_their_own() -> None:
    template = own_form(("ja", "nej"), signatories=2)
    assert [box.name for box in template.signatures] == ["signature", "signature_2"]
    names = [field.name for field in template.fields]
    assert names == [
        "signatory.name", "signatory.title", "place_date",
        "signatory_2.name", "signatory_2.title", "place_date_2",
        "contact.name", "contact.email", "contact.phone", "their_reference",
    ]  # fmt: skip


@every_layout
def test_nothing_on_the_form_overlaps_a_box_and_its_ring(template: FormTemplate) -> None:
    others = [
        *template.may_carry_ink(),
        *template.barred_lines,
        *(box.label for box in template.boxes),
    ]
    for box in template.boxes:
        ring = box.area.grown(box.reach_mm + 0.2)
        assert not [other for other in others if overlap(ring, other)]


@every_layout
def test_no_two_things_to_fill_in_overlap(template: FormTemplate) -> None:
    areas = [
        *(box.label for box in template.boxes),
        *(signature.area for signature in template.signatures),
        *(field.area for field in template.fields),
        *(field.caption for field in template.fields),
        *(() if template.stamp is None else (template.stamp,)),
    ]
    # Captions may touch the line above them.
    shrunk = [area.grown(-0.2) for area in areas]
    assert not [pair for pair in combinations(shrunk, 2) if overlap(*pair)]


@every_layout
def test_a_line_that_ends_with_a_bar_has_its_strip_to_itself(template: FormTemplate) -> None:
    areas = [*template.may_carry_ink(), *(box.label for box in template.boxes)]
    strips = template.barred_lines
    assert not [pair for pair in combinations(strips, 2) if overlap(*pair)]
    assert not [
        (strip, area) for strip in strips for area in areas if overlap(strip.grown(-0.9), area)
    ]


@every_layout
def test_everything_stands_within_the_page_and_clear_of_the_codes(template: FormTemplate) -> None:
    for code in template.codes:
        assert code.module_mm >= 1.0
        quiet = code.symbol.grown(4 * code.module_mm - 0.001)
        things = [
            *template.corner_marks,
            *(field.area for field in template.fields),
            *(signature.area for signature in template.signatures),
            *(() if template.stamp is None else (template.stamp,)),
        ]
        assert not [thing for thing in things if overlap(quiet, thing)]
    for area in template.may_carry_ink():
        assert area.left_mm > 10
        assert area.top_mm > 10
        assert area.bottom_mm <= 297 - 10
