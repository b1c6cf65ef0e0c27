"""A fax machine writes along the top of what it sends; what a person wrote there is seen."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Picture
from services.intake.reading.sender_line import without_sender_line
from shared.events import Outcome, Reason
from tests.bench.forms.cases import template
from tests.bench.forms.generator.files import as_tiff
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import Pen, PenKind, Sheet
from tests.bench.forms.generator.printing import Overlay
from tests.unit.reading.papers import document, paper

DPI, LINES = 204.0, 98.0
SENDER = "2024-09-12 10:14  FRÅN:+46 90 161000 UMEÅ KOMMUN   TILL:+46 8 4527050   S 1/1"
PEN = Pen(PenKind.GEL, width_mm=0.5, cover=1.0, skips=0.0, colour=(0.05, 0.05, 0.06))
Drawn = Callable[[Overlay], None]


def printed(text: str, *, x_mm: float = 12.0, feet_mm: float = 5.2) -> Drawn:
    return lambda overlay: overlay.text(text, x_mm, feet_mm, font="Courier", points=9)


def faxed(picture: Picture, *lines: Drawn, lower_mm: float = -2.5) -> bytes:
    """Return a fax of a sheet that lay a little high, with lines printed over it."""
    width, height = round(DPI * 8.27), round(DPI * 11.69)
    moved = cv2.warpAffine(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA),
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, lower_mm * DPI / 25.4]]),
        (width, height), borderValue=(255,),
    )  # fmt: skip
    over = Overlay()
    for line in lines:
        line(over)
    sent = np.minimum(moved, 255 - cv2.resize(over.layer(), (width, height)))
    dots = cv2.resize(sent, (width, round(LINES * 11.69)), interpolation=cv2.INTER_AREA)
    dots = np.where(dots < 140, 0, 255).astype(np.uint8)
    return as_tiff(dots, round(DPI), round(LINES), bitonal=True, compression="group4")


def noted(words: str, x_mm: float, feet_mm: float, seed: int = 1) -> Picture:
    """Return a good form with words written along its top by hand."""
    sheet = Sheet(np.array(paper()), np.random.default_rng(seed))
    write(sheet, PEN, words, x_mm, feet_mm, x_height_mm=2.0)
    return np.minimum(sheet.printed, 255 - sheet.written)


def test_a_line_that_the_machine_printed_needs_no_person() -> None:
    assert document(faxed(paper(), printed(SENDER)), "fax.tif").outcome is Outcome.AUTO


@pytest.mark.parametrize("feet_mm", [9.0, 8.0, 7.4])
@pytest.mark.parametrize("words", ["ja, men inte i år", "beslut saknas!", "se bilaga"])
def test_what_is_written_at_the_line_is_seen(words: str, feet_mm: float) -> None:
    sent = faxed(noted(words, 120, feet_mm + 2), printed(SENDER))
    assert document(sent, "fax.tif").reasons == (Reason.UNEXPLAINED_INK,)


@pytest.mark.parametrize("words", ["ja, men inte i år", "gäller ej skolan", "med förbehåll"])
def test_what_is_written_in_line_with_it_stays(words: str) -> None:
    data = faxed(noted(words, 168, 7.6), printed("2024-09-12 10:14  " + "0" * 55))
    assert document(data, "fax.tif").outcome is Outcome.REVIEW


def test_a_short_line_of_print_is_no_senders_line() -> None:
    sent = faxed(paper(), printed("Ja, om beslutet vinner laga kraft.", feet_mm=6.6))
    assert document(sent, "fax.tif").reasons == (Reason.UNEXPLAINED_INK,)


@pytest.mark.parametrize(
    "long",
    [
        "Svaret gäller endast om kommunfullmäktige fattar ett sådant beslut i år.",
        "Gäller från kl. 10.30 den 1 oktober 2024, om beslutet då vunnit laga kraft.",
    ],
)
def test_a_long_line_of_print_that_is_no_machines_is_seen(long: str) -> None:
    sent = faxed(paper(), printed(long))
    assert document(sent, "fax.tif").reasons == (Reason.UNEXPLAINED_INK,)


def test_a_line_of_print_further_down_is_none_either() -> None:
    sent = faxed(paper(), printed(SENDER, feet_mm=8.4), lower_mm=0.0)
    assert document(sent, "fax.tif").reasons == (Reason.UNEXPLAINED_INK,)


def test_only_a_fax_has_one() -> None:
    grey = np.full((2386, 1687), 255, np.uint8)
    for dpi in (300.0, None):
        assert without_sender_line(grey, np.eye(3), template(), dpi, dpi) is grey
