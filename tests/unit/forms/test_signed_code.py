"""The code printed on a form: compact, signed, and refused when it is anybody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.form_code import (
    ForgedCode,
    FormCode,
    NotOurCode,
    UnknownFormVersion,
    options_mark,
    parse,
    sign,
    verify,
)
from shared.own_form import own_form

KEY = b"the key of the association......"
MARK = options_mark(("ja", "nej"))
CODE = FormCode(initiative="kompetens-2024", municipality="0180", version=1, page=1, options=MARK)


@given(
    initiative=st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,9}", fullmatch=True).filter(
        lambda text: len(text) <= 20
    ),
    municipality=st.from_regex(r"[0-9]{4}", fullmatch=True),
    options=st.lists(st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True), min_size=1, max_size=4),
)
def test_what_is_signed_is_verified_and_fits_in_a_qr_code_of_version_3q(
    initiative: str, municipality: str, options: list[str]
) -> None:
    code = FormCode(
        initiative=initiative,
        municipality=municipality,
        version=1,
        page=1,
        options=options_mark(options),
    )
    text = sign(code, KEY)
    assert verify(text, KEY) == parse(text) == code
    assert len(text) <= 47
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_the_longest_name_of_an_initiative_fits_in_a_qr_code_of_version_3q() -> None:
    longest = CODE.model_copy(update={"initiative": "a" * 20})
    assert len(sign(longest, KEY)) == 47
    assert verify(sign(longest, KEY), KEY) == longest


def test_the_mark_of_the_options_tells_their_keys_and_their_order() -> None:
    lists = [("ja", "nej"), ("nej", "ja"), ("avvakta", "ja"), ("ja",), ("ja", "nej", "avvakta")]
    assert len({options_mark(each) for each in lists}) == len(lists)
    assert options_mark(["ja", "nej"]) == MARK


def test_the_mark_of_the_options_is_signed() -> None:
    other = CODE.model_copy(update={"options": options_mark(("nej", "ja"))})
    swapped = sign(CODE, KEY).replace(MARK, other.options)
    assert parse(swapped) == other
    with pytest.raises(ForgedCode):
        verify(swapped, KEY)


def test_a_leading_zero_of_the_municipality_survives() -> None:
    assert verify(sign(CODE, KEY), KEY).municipality == "0180"


def test_another_key_does_not_verify() -> None:
    with pytest.raises(ForgedCode):
        verify(sign(CODE, b"another key"), KEY)


@pytest.mark.parametrize("position", range(3, 44))
def test_a_change_anywhere_in_the_text_is_noticed(position: int) -> None:
    text = sign(CODE, KEY)
    if position >= len(text):
        return
    changed = text[:position] + ("Z" if text[position] != "Z" else "Y") + text[position + 1 :]
    with pytest.raises((ForgedCode, NotOurCode, UnknownFormVersion)):
        verify(changed, KEY)


@pytest.mark.parametrize(
    "text", ["", "https://skr.se", "H1", "H1/X/2480/11/short", "h1/a/2480/11/A"]
)
def test_other_codes_are_not_ours(text: str) -> None:
    with pytest.raises(NotOurCode):
        verify(text, KEY)


def test_a_later_version_of_the_form_is_named_as_such_once_its_signature_holds() -> None:
    later = CODE.model_copy(update={"version": 2})
    with pytest.raises(UnknownFormVersion):
        verify(sign(later, KEY), KEY)


def test_a_later_scheme_of_codes_is_named_as_such() -> None:
    with pytest.raises(UnknownFormVersion):
        verify("H2" + sign(CODE, KEY)[2:], KEY)


def test_a_form_has_between_one_and_four_different_options() -> None:
    assert [box.option for box in own_form(("a", "b", "c", "d")).boxes] == ["a", "b", "c", "d"]
    for wrong in ((), ("a", "a"), ("a", "b", "c", "d", "e")):
        with pytest.raises(ValueError, match="options"):
            own_form(wrong)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_nothing_on_the_form_overlaps_a_box_and_its_ring(count: int) -> None:
    template = own_form(tuple("abcd"[:count]))
    others = [
        *template.may_carry_ink(),
        *(box.label for box in template.boxes),
    ]
    for box in template.boxes:
        ring = box.area.grown(3.2)
        for other in others:
            apart = (
                other.right_mm <= ring.left_mm
                or other.left_mm >= ring.right_mm
                or other.bottom_mm <= ring.top_mm
                or other.top_mm >= ring.bottom_mm
            )
            assert apart, (box, other)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_everything_stands_within_the_page_and_clear_of_the_codes(count: int) -> None:
    template = own_form(tuple("abcd"[:count]))
    for field in template.fields:
        assert field.area.bottom_mm < 250
        assert field.area.right_mm <= 189
    for code in template.codes:
        assert code.module_mm >= 1.0
        quiet = code.symbol.grown(4 * code.module_mm - 0.001)
        for mark in template.corner_marks:
            assert (
                mark.right_mm <= quiet.left_mm
                or mark.left_mm >= quiet.right_mm
                or mark.bottom_mm <= quiet.top_mm
                or mark.top_mm >= quiet.bottom_mm
            )
