"""Signatures given on the screen that come as print or pictures: for a person, always."""

import io
from collections.abc import Sequence

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from services.console.demo.scans import Hand, Picture
from services.intake.reading.proof import is_proof_sheet, is_proof_stamp
from shared.events import DocumentReading, Outcome, Reason, SignatureState
from tests.bench.forms.cases import printed, template
from tests.unit.reading.papers import PER_MM, document, measured, paper, pdf, png
from tests.unit.reading.screen import filled

SHEET = (
    "Verifikat",
    "Transaktion 09222115557512345678",
    "Dokument: Svarsformulär – Kompetensgemenskaper",
    "Undertecknare",
    "ÅSA ÖBERG",
    'Identifierad med svenskt BankID som "ÅSA ÖBERG"',
    "Signerade 2024-09-12 14:03:22 CET (+0200)",
    "Dokumentets fingeravtryck (SHA-256): 9f86d081884c7d659a2feaa0c55ad015",
)
STAMP = ("Elektroniskt undertecknad av", "Åsa Öberg", "2024-09-12 14:03 med BankID")
"""In all services' own words; the sheets differ, and say the same things."""


def sheet_as_text() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for row, line in enumerate(SHEET):
        canvas.drawString(70, 760 - 26 * row, line)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def sheet_as_picture() -> Picture:
    return written(blank(), SHEET, (20.0, 30.0), size=40, apart_mm=9)


def blank() -> Picture:
    return np.full_like(paper(), 255)


def written(
    picture: Picture,
    lines: Sequence[str],
    at_mm: tuple[float, float],
    *,
    size: int,
    apart_mm: float,
) -> Picture:
    image = Image.fromarray(np.array(picture))
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype("DejaVuSans.ttf", size)
    for row, line in enumerate(lines):
        at = (at_mm[0] * PER_MM, (at_mm[1] + row * apart_mm) * PER_MM)
        draw.text(at, line, font=font, fill=0)
    return np.array(image)


def joined(*files: bytes) -> bytes:
    with pikepdf.new() as whole:
        for data in files:
            with pikepdf.open(io.BytesIO(data)) as part:
                whole.add_pages_from(part)
        file = io.BytesIO()
        whole.save(file)
    return file.getvalue()


def assert_for_a_person(reading: DocumentReading) -> None:
    assert reading.outcome is Outcome.REVIEW
    assert Reason.E_SIGNATURE_ON_PAPER in reading.reasons
    assert Reason.SIGNATURE_MISSING not in reading.reasons


def test_a_sheet_of_text_behind_an_unsigned_form() -> None:
    flat = joined(filled({}, ("answer.ja",)), sheet_as_text())
    assert_for_a_person(document(flat, "svar.pdf"))


def test_a_scanned_sheet_behind_an_unsigned_form() -> None:
    reading = document(pdf([paper(hand=Hand.NOTHING), sheet_as_picture()]), "svar.pdf")
    assert_for_a_person(reading)
    assert Reason.EXTRA_PAGE in reading.reasons


def test_a_scanned_sheet_before_the_form() -> None:
    assert_for_a_person(document(pdf([sheet_as_picture(), paper(hand=Hand.NOTHING)]), "svar.pdf"))


def test_another_appendix_is_no_proof() -> None:
    other = written(
        blank(),
        ("Protokoll", "Kommunstyrelsen 2024-09-03", "§ 112 Digitala initiativ", "Beslut: ja"),
        (20.0, 30.0),
        size=40,
        apart_mm=9,
    )
    reading = document(pdf([paper(hand=Hand.NOTHING), other]), "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.E_SIGNATURE_ON_PAPER not in reading.reasons
    assert Reason.SIGNATURE_MISSING in reading.reasons


def stamped(lines: Sequence[str]) -> Picture:
    area = template().signatures[0].area
    at = (area.left_mm + 5, area.top_mm + 4)
    return written(paper(hand=Hand.NOTHING), lines, at, size=34, apart_mm=6)


def test_a_stamp_in_the_box_is_not_handwriting() -> None:
    reading = document(png(stamped(STAMP)))
    assert (reading.outcome, reading.reasons) == (
        Outcome.REVIEW,
        (Reason.E_SIGNATURE_ON_PAPER,),
    )
    assert reading.signature is SignatureState.UNCLEAR


@pytest.mark.parametrize("at_mm", [(2.0, 1.5), (30.0, 1.5), (50.0, 22.0)])
def test_a_name_drawn_like_handwriting_beside_a_stamp_is_not_handwriting(
    at_mm: tuple[float, float],
) -> None:
    area = template().signatures[0].area
    at = (area.left_mm + at_mm[0], area.top_mm + at_mm[1])
    picture = written(paper(), ("DocuSigned by:",), at, size=28, apart_mm=6)
    reading = document(png(picture))
    assert (reading.outcome, reading.reasons) == (
        Outcome.REVIEW,
        (Reason.E_SIGNATURE_ON_PAPER,),
    )


@pytest.mark.parametrize(
    "text",
    [
        " ".join(SHEET),
        "Signeringsbevis. Dokument-ID 5f3a. Signerat av: Eva Ek (BankID), IP-adress 192.0.2.1",
        "Certificate Of Completion Envelope Id: 9A1B Signed by: Eva Ek",
        "Underskriftslogg Elektronisk underskrift med Freja+ SHA-512",
    ],
)
def test_a_sheet_is_told_by_what_it_says(text: str) -> None:
    assert is_proof_sheet(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Protokollsutdrag. Kommunstyrelsen beslutar att ansluta sig. Justerat och undertecknat.",
        "Vi använder BankID i våra e-tjänster och vill införa fler.",
        "Underskrift. Skriv under för hand på utskriften. Mejla till registratur@skr.se.",
    ],
)
def test_other_texts_are_no_sheets(text: str) -> None:
    assert not is_proof_sheet(text)


def test_our_own_form_says_nothing_like_it() -> None:
    [page] = measured(printed(), "svar.pdf").pages
    assert "Underskrift" in page.text
    assert not is_proof_sheet(page.text)
    assert not is_proof_stamp(page.text)
