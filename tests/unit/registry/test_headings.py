"""Which initiative a blank names in print."""

from services.registry.domain.headings import named_in

NAMES = {
    "e-arkiv-2026": "E-arkiv",
    "skola-2026": "E-arkiv för skolan",
    "bygglov-2026": "Gemensam e-tjänst för bygglov",
    "oro-2026": "Gemensam e-tjänst för orosanmälan",
}


def named(text: str) -> set[str]:
    return set(named_in(text.split(), NAMES))


def test_a_name_is_found_whatever_its_case_and_marks() -> None:
    assert named("Anslutning till: GEMENSAM E-TJÄNST för bygglov.") == {"bygglov-2026"}


def test_a_blank_without_a_name_names_nothing() -> None:
    assert named("Svar på erbjudande om e-tjänst") == set()
    assert named("") == set()


def test_a_name_within_a_longer_one_is_not_meant() -> None:
    assert named("E-arkiv för skolan") == {"skola-2026"}
    assert named("E-arkiv för skolan och E-arkiv") == {"skola-2026", "e-arkiv-2026"}


def test_letters_with_dots_are_letters_of_their_own() -> None:
    assert named("Gemensam e-tjanst for bygglov") == set()
