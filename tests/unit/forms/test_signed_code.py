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

KEY = b"the key of the association......"
MARK = options_mark(("ja", "nej"))
CODE = FormCode(
    initiative="kompetens-2024",
    municipality="0180",
    version=2,
    page=1,
    signatories=2,
    options=MARK,
)
OLD_CODE = CODE.model_copy(update={"version": 1, "signatories": 1})


@given(
    initiative=st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,9}", fullmatch=True).filter(
        lambda text: len(text) <= 20
    ),
    municipality=st.from_regex(r"[0-9]{4}", fullmatch=True),
    options=st.lists(st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True), min_size=1, max_size=4),
    printed=st.sampled_from([(1, 1), (2, 1), (2, 2)]),
)
def test_what_is_signed_is_verified_and_fits_in_a_qr_code_of_version_3q(
    initiative: str, municipality: str, options: list[str], printed: tuple[int, int]
) -> None:
    code = FormCode(
        initiative=initiative,
        municipality=municipality,
        version=printed[0],
        page=1,
        signatories=printed[1],
        options=options_mark(options),
    )
    text = sign(code, KEY)
    assert verify(text, KEY) == parse(text) == code
    assert len(text) <= 47
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize("code", [CODE, OLD_CODE])
def test_the_longest_name_of_an_initiative_fits_in_a_qr_code_of_version_3q(code: FormCode) -> None:
    longest = code.model_copy(update={"initiative": "a" * 20})
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


def test_how_many_are_to_sign_is_signed() -> None:
    alone = CODE.model_copy(update={"signatories": 1})
    text = sign(CODE, KEY)
    fewer = text.replace(f"212{MARK}", f"211{MARK}")
    assert parse(fewer) == alone
    with pytest.raises(ForgedCode):
        verify(fewer, KEY)


def test_a_code_of_the_first_version_still_says_what_it_said() -> None:
    printed_once = "H1/KOMPETENS-2024/0180/11" + MARK
    text = sign(OLD_CODE, KEY)
    assert text.startswith(printed_once + "/")
    assert verify(text, KEY) == OLD_CODE


def test_the_first_version_has_no_code_for_several_signatories() -> None:
    with pytest.raises(UnknownFormVersion):
        sign(OLD_CODE.model_copy(update={"signatories": 2}), KEY)


def test_more_signatories_than_a_form_has_room_for_are_a_later_version() -> None:
    with pytest.raises(UnknownFormVersion):
        verify(sign(CODE.model_copy(update={"signatories": 3}), KEY), KEY)


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
    later = CODE.model_copy(update={"version": 3})
    with pytest.raises(UnknownFormVersion):
        verify(sign(later, KEY), KEY)


def test_a_later_scheme_of_codes_is_named_as_such() -> None:
    with pytest.raises(UnknownFormVersion):
        verify("H3" + sign(CODE, KEY)[2:], KEY)


@pytest.mark.parametrize("code", [CODE, OLD_CODE])
def test_a_code_of_one_scheme_is_none_of_the_other(code: FormCode) -> None:
    text = sign(code, KEY)
    other = text.replace("H2/", "H1/") if text.startswith("H2") else text.replace("H1/", "H2/")
    with pytest.raises(NotOurCode):
        verify(other, KEY)
