"""Searchable copies, and whether a page shows the words that it says it has."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from cv2.typing import MatLike
from PIL import Image, ImageDraw, ImageFont
from pydantic import ValidationError

from services.intake.pages.page import Word
from services.intake.searchable.copy import searchable_copy
from services.intake.searchable.found import MOST_WORDS, FoundPage, FoundWord
from services.intake.searchable.pages import shows_its_words
from shared.events import Source

SAID = ("Yttrande", "kommunstyrelsen", "Jönköping", "september", "ansluter")


def drawn(words: Sequence[str], *, ink: int = 0) -> MatLike:
    """A page with words below each other."""
    page = Image.new("L", (800, 1000), 255)
    font = ImageFont.load_default(28)
    for row, word in enumerate(words):
        ImageDraw.Draw(page).text((100, 100 + 60 * row), word, ink, font=font)
    return np.asarray(page)


def layer(words: Sequence[str]) -> list[Word]:
    """What the file says stands in those places."""
    return [
        Word(word, 0.12, (98 + 60 * row) / 1000, 0.5, (138 + 60 * row) / 1000)
        for row, word in enumerate(words)
    ]


def page(*words: FoundWord, number: int = 1) -> tuple[FoundPage, bytes]:
    picture = cv2.imencode(".jpg", drawn(SAID))[1].tobytes()
    return (
        FoundPage(number=number, width_px=800, height_px=1000, source=Source.OCR, words=words),
        picture,
    )


def word(text: str, left: float = 0.1, top: float = 0.1) -> FoundWord:
    return FoundWord(text=text, left=left, top=top, right=left + 0.2, bottom=top + 0.03)


def text_of(copy: bytes) -> list[str]:
    with pdfium.PdfDocument(copy) as document:
        return [each.get_textpage().get_text_bounded().strip() for each in document]


def test_every_page_has_its_words_where_they_stand() -> None:
    copy = searchable_copy(
        [page(word("Åsa"), word("Öberg", left=0.4)), page(number=2), page(word("sist"), number=3)]
    )
    assert text_of(copy) == ["Åsa Öberg", "", "sist"]
    with pdfium.PdfDocument(copy) as document:
        text = document[0].get_textpage()
        left, _, _, top = text.get_charbox(0)
        width, height = document[0].get_size()
    assert left / width == pytest.approx(0.1, abs=0.01)
    assert 1 - top / height == pytest.approx(0.1, abs=0.03)


def test_the_same_pages_give_the_same_bytes() -> None:
    assert searchable_copy([page(word("Åsa"))]) == searchable_copy([page(word("Åsa"))])


def test_words_cannot_break_out_of_the_text() -> None:
    strange = ") Tj ET /JavaScript", "<>\\()%", "\U0001f600smil", "\u202eedro"
    copy = searchable_copy([page(*(word(each, top=n / 5) for n, each in enumerate(strange)))])
    assert ") Tj ET /JavaScript" in text_of(copy)[0]
    assert "smil" in text_of(copy)[0]
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        assert {str(key) for key in pdf.Root} == {"/Type", "/Pages", "/Lang", "/Metadata"}
        assert {str(key) for key in pdf.pages[0].obj} <= {
            "/Type", "/Parent", "/MediaBox", "/Resources", "/Contents",
        }  # fmt: skip


def test_the_font_is_inside_and_the_colours_need_no_device() -> None:
    with pikepdf.open(io.BytesIO(searchable_copy([page(word("Åsa"))]))) as pdf:
        resources = pdf.pages[0].Resources
        font = resources.Font.Words.DescendantFonts[0]
        assert len(font.FontDescriptor.FontFile2.read_bytes()) > 100
        assert str(resources.XObject.Page.ColorSpace[0]) == "/CalGray"


def test_more_than_a_page_holds_is_not_taken_from_a_child() -> None:
    with pytest.raises(ValidationError):
        page(*[word("x")] * (MOST_WORDS + 1))
    with pytest.raises(ValidationError):
        FoundWord(text="x", left=float("nan"), top=0, right=1, bottom=1)


def test_lines_of_text_are_lines() -> None:
    found, _ = page(word("Åsa"), word("Öberg", left=0.4), word("Umeå", top=0.2))
    assert found.text == "Åsa Öberg\nUmeå"


def test_a_page_that_shows_its_words_is_believed() -> None:
    assert shows_its_words(drawn(SAID), layer(SAID))


@pytest.mark.parametrize(
    ("grey", "words"),
    [
        (drawn(SAID, ink=255), layer(SAID)),
        (drawn(()), layer(SAID)),
        (drawn(SAID), layer(("Nej", "kommunen", "avstår", "härmed", "bestämt"))),
        (drawn(SAID), layer(SAID[:1])),
        (drawn(SAID), []),
        (drawn(SAID), [Word("punkt", 0.5, 0.5, 0.5, 0.5)] * 3),
    ],
    ids=["white", "nothing there", "other words", "a scan with a stamp", "none", "no places"],
)
def test_a_page_that_does_not_is_not(grey: MatLike, words: list[Word]) -> None:
    assert not shows_its_words(grey, words)
