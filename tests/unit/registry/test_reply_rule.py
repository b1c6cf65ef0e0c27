"""Whom an address that a reply suggests belongs to: what stands beside it, or nobody."""

import pytest

from services.registry.domain.reply import name_beside


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("Kontakta Åsa Öberg, asa.oberg@x.se", "asa.oberg@x.se", "Åsa Öberg"),
        ("asa.oberg@x.se\nÅsa Öberg", "asa.oberg@x.se", "Åsa Öberg"),
        ("Hälsa Anna-Karin Ek!", "anna-karin.ek@x.se", "Anna-Karin Ek"),
        ("Hälsa Anna-Karin Ek!", "annakarin.ek@x.se", "Anna-Karin Ek"),
        ("Fråga Per Erik von Sydow", "per.erik.von.sydow@x.se", ""),
        ("Skriv till eva ek", "eva.ek@x.se", ""),
        ("Skriv till Eva Bo Ek", "eva.ek@x.se", ""),
        ("Kommunstyrelsen svarar", "kommunstyrelsen@x.se", ""),
        ("Eva Ek", "ek@x.se", ""),
        ("", "eva.ek@x.se", ""),
        ("Eva Ek", "", ""),
    ],
)
def test_a_name_is_only_what_stands_in_the_text_word_by_word(
    text: str, address: str, name: str
) -> None:
    assert name_beside(text, address) == name


def test_a_long_text_is_read_quickly() -> None:
    assert name_beside("Ada " * 200_000, "ada.ada.ada.ab@x.se") == ""
