"""What is no good answer, however it comes: never recorded by the machine, always with a reason."""

import io
import textwrap
from collections.abc import Callable, Sequence
from datetime import date

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Picture, Stroke, blank_page
from services.registry.forms.print import print_form
from shared.events import DocumentKind, Outcome, Reason
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS, template
from tests.unit.reading.papers import PER_MM, document, documents, paper, pdf, png, wiped

A4 = (3508, 2480)
Stack = Callable[[Sequence[Picture]], Picture]
NO = {"nej": Stroke.CROSS}


def printed_by(key: bytes = KEY, initiative: str = INITIATIVE) -> Picture:
    return blank_page(
        print_form(
            initiative=initiative,
            initiative_name="Kompetensgemenskaper",
            round_name="2024",
            last_answer_day=date(2024, 9, 30),
            options=OPTIONS,
            municipality=MUNICIPALITY,
            municipality_name="Umeå kommun",
            key=key,
        )
    )


def filled(blank_form: Picture) -> Picture:
    """Return the form with everything that was written on a good one written on it."""
    empty = blank_page_of_ours()
    return np.minimum(blank_form, np.where(paper() < empty, paper(), 255).astype(np.uint8))


def blank_page_of_ours() -> Picture:
    return printed_by()


def typeset(width: int, height: int, *, columns: int, points: int, words: str) -> Picture:
    """Return a page of printed words in columns."""
    picture = Image.new("L", (width, height), 248)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(points)
    wide = width // columns
    for column in range(columns):
        line = textwrap.fill(words * 400, wide // max(points // 2, 1) - 4)[: 3 * wide]
        draw.multiline_text((column * wide + 40, 300), line, 30, font=font, spacing=12)
    return np.asarray(picture, dtype=np.uint8)


def newspaper() -> Picture:
    page = typeset(*A4[::-1], columns=4, points=34, words="Kommunen svarar ja till handslaget. ")
    page = np.array(page)
    y, x = np.mgrid[0:900, 0:1100]
    page[600:1500, 100:1200] = 255 * ((np.sin(x / 4) + np.sin(y / 4) + np.sin(x / 300)) > 0)
    cv2.putText(page, "JA TILL HANDSLAGET", (120, 240), cv2.FONT_HERSHEY_TRIPLEX, 6, (0,), 16)
    return page


def receipt() -> Picture:
    return typeset(900, 2600, columns=1, points=40, words="Kaffe 25,00 SUMMA 25,00 KORT ")


def other_form() -> Picture:
    """Somebody else's form, with boxes, lines, a signature, and a QR code that is not ours."""
    import segno

    page = np.full(A4, 250, np.uint8)
    for number, text in enumerate(("Ansokan om bygglov", "[X] Ja", "[  ] Nej", "Underskrift")):
        at = (300, 500 + 400 * number)
        cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 3, (0,), 8)
        cv2.rectangle(page, (1500, at[1] - 100), (1620, at[1] + 20), (0,), 4)
    file = io.BytesIO()
    segno.make("https://example.se/bygglov", error="q").save(file, kind="png", scale=12, border=4)
    code = np.asarray(Image.open(file).convert("L"))
    page[60 : 60 + code.shape[0], 1900 : 1900 + code.shape[1]] = code
    return page


def beside(left: Picture, right: Picture) -> Picture:
    return np.hstack([left, right])


def unread(picture: Picture) -> set[Reason]:
    """Return the reasons of a page, which must not be recorded and must not be taken for a form."""
    reading = document(pdf([picture]), "svar.pdf")
    assert reading.outcome is not Outcome.AUTO
    assert reading.kind is DocumentKind.OTHER
    return set(reading.reasons)


@pytest.mark.parametrize("white", [255, 246, 230])
def test_a_blank_page(white: int) -> None:
    assert unread(np.full(A4, white, np.uint8)) == {Reason.BLANK_PAGE}


def test_a_black_page() -> None:
    assert unread(np.zeros(A4, np.uint8)) == {Reason.NO_CODE}


def test_a_page_of_another_form() -> None:
    assert unread(other_form()) == {Reason.NO_CODE}


def test_a_newspaper_page() -> None:
    assert unread(newspaper()) == {Reason.NO_CODE}


def test_a_receipt() -> None:
    assert unread(receipt()) == {Reason.NO_CODE}


@pytest.mark.parametrize(
    "cut", [np.s_[:, : round(170 * PER_MM)], np.s_[: round(240 * PER_MM), :]], ids=["right", "foot"]
)
def test_a_form_with_one_code_cut_off(cut: tuple[slice, slice]) -> None:
    reading = document(pdf([np.ascontiguousarray(paper()[cut])]), "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.CODE_MISSING_ONE in reading.reasons


def test_a_form_with_both_codes_cut_off() -> None:
    middle = paper()[round(70 * PER_MM) : round(230 * PER_MM)]
    assert unread(np.ascontiguousarray(middle)) == {Reason.NO_CODE}


def test_a_form_of_another_round() -> None:
    reading = document(pdf([filled(printed_by(initiative="kompetens-2019"))]), "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNKNOWN_INITIATIVE in reading.reasons
    assert reading.answer is None


def test_a_form_with_a_forged_code() -> None:
    reading = document(pdf([filled(printed_by(key=b"a key of somebody else's, or a guess"))]))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.CODE_FORGED in reading.reasons
    assert reading.initiative is None


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_two_forms_on_one_page(share: float) -> None:
    both = beside(paper(), paper(NO, seed=4))
    both = cv2.resize(both, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    for reading in documents(pdf([both]), "svar.pdf"):
        assert reading.outcome is Outcome.REVIEW
        assert Reason.SEVERAL_FORMS_ON_PAGE in reading.reasons


@pytest.mark.parametrize("stacked", [np.hstack, np.vstack])
def test_a_form_beside_one_whose_codes_cannot_be_read(stacked: Stack) -> None:
    other = paper(NO, seed=4)
    for code in template().codes:
        other = wiped(other, code.symbol.grown(1))
    reading = document(pdf([stacked([paper(), other])]), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.EXTRA_PAGE,))


def test_a_form_beside_a_newspaper() -> None:
    reading = document(pdf([beside(paper(), newspaper())]), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.EXTRA_PAGE,))


@pytest.mark.parametrize("grey", [0, 120, 252])
def test_a_form_on_a_larger_glass_is_read(grey: int) -> None:
    reading = document(pdf([beside(paper(), np.full(A4, grey, np.uint8))]), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


def test_the_same_form_twice_with_different_answers() -> None:
    for reading in documents(pdf([paper(), paper(NO, seed=4)]), "svar.pdf"):
        assert reading.outcome is Outcome.REVIEW
        assert reading.reasons == (Reason.SAME_MAIL_CONTRADICTS,)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_a_picture_of_10_000_by_10_000(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (10_000, 10_000), 1).save(file, "PNG", compress_level=1)
    reading = document(file.getvalue(), "svar.png")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_MANY_PIXELS,))


def test_500_pages_of_which_the_first_is_a_good_form() -> None:
    small = np.full((200, 150), 255, np.uint8)
    reading = document(pdf([paper(), *[small] * 499]), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_MANY_PAGES,))


def test_a_good_form_is_recorded_as_these_are_not() -> None:
    assert document(png(filled(printed_by()))).outcome is Outcome.AUTO
