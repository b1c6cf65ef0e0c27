"""Foreign text made fit to stand in a letter."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.letters.plain import (
    MAX_FILE_NAME,
    NAME_NOT_SHOWN,
    file_name,
    listing,
    moment,
    number_word,
    one_line,
    paragraphs_of,
)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("svar.pdf", "svar.pdf"),
        ("Svar från Umeå.pdf", "Svar från Umeå.pdf"),
        ("Svar fra\u030an Umea\u030a.pdf", "Svar från Umeå.pdf"),
        ("C:\\Users\\anna\\svar.pdf", "svar.pdf"),
        ("../../etc/svar.pdf", "svar.pdf"),
        ("svar\r\nBcc: alla.pdf", "svar Bcc: alla.pdf"),
        ("svar\u202efdp.exe", "svar fdp.exe"),
        ("svar\x00\x07.pdf", "svar .pdf"),
        ("", NAME_NOT_SHOWN),
        ("\u200b", NAME_NOT_SHOWN),
        ("https://ont.example/logga-in", NAME_NOT_SHOWN),
        ("www.ont.example", NAME_NOT_SHOWN),
        ("skriv till bov@ont.example.pdf", NAME_NOT_SHOWN),
    ],
)
def test_a_files_name_is_quoted_without_anything_else(given_name: str, shown: str) -> None:
    assert file_name(given_name) == shown


def test_a_long_name_keeps_its_beginning_and_its_ending() -> None:
    shown = file_name("a" * 300 + " kopia.pdf")
    assert shown.startswith("aaaa")
    assert shown.endswith("kopia.pdf")
    assert len(shown) <= MAX_FILE_NAME


@given(st.text(max_size=400))
def test_whatever_the_name_it_is_one_short_visible_line(name: str) -> None:
    for shown in (file_name(name), one_line(name)):
        assert "\n" not in shown
        assert "\r" not in shown
        assert len(shown) <= 200
        assert not any(unicodedata.category(char).startswith("C") for char in shown)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2024, 9, 12, 12, 3, tzinfo=UTC), "12 september 2024 kl. 14.03"),
        (datetime(2024, 9, 30, 21, 59, 59, tzinfo=UTC), "30 september 2024 kl. 23.59"),
        (datetime(2024, 12, 31, 23, 5, tzinfo=UTC), "1 januari 2025 kl. 00.05"),
        (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), "27 oktober 2024 kl. 02.30"),
        (datetime(2024, 10, 27, 1, 30, tzinfo=UTC), "27 oktober 2024 kl. 02.30"),
    ],
)
def test_moments_are_told_in_swedish_and_in_swedens_time(at: datetime, words: str) -> None:
    assert moment(at).replace("\N{NO-BREAK SPACE}", " ") == words


def test_lists_and_small_numbers_are_told_in_swedish() -> None:
    assert [listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])] == [
        "a",
        "a och b",
        "a, b och c",
    ]
    assert [number_word(2), number_word(12), number_word(13)] == ["två", "tolv", "13"]


@pytest.mark.parametrize(
    ("written", "paragraphs"),
    [
        ("", []),
        (" \n\r\n \t\n", []),
        ("en rad", ["en rad"]),
        ("\r\nett\r\ntvå\r\n\r\n \r\n\r\ntre  \r\n", ["ett\ntvå", "tre"]),
        ("a\u2028b\u202ec\x00", ["a\nb c"]),
        ("ord " * 499 + "slut", ["ord " * 499 + "slut"]),
    ],
)
def test_paragraphs_keep_their_lines_and_nothing_hidden(
    written: str, paragraphs: list[str]
) -> None:
    assert paragraphs_of(written) == paragraphs
