"""What is written along the paper's edge is seen; shadows, staples and dirt there are nobody's."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Channel, Picture, as_png, scan
from shared.events import Outcome, Reason
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import Pen, PenKind, Sheet
from tests.unit.reading.papers import PER_MM, document, paper, png
from tests.unit.reading.test_clips_and_folds import drawn

PEN = Pen(PenKind.BALLPOINT, width_mm=0.45, cover=0.95, skips=0.03, colour=(0.1, 0.16, 0.52))


def noted(words: str, x_mm: float, feet_mm: float) -> Picture:
    """Return a good form with words written on it by hand, 3 mm high at most."""
    sheet = Sheet(np.array(paper()), np.random.default_rng(3))
    write(sheet, PEN, words, x_mm, feet_mm, x_height_mm=1.6, slant=0.1)
    return np.minimum(sheet.printed, 255 - sheet.written)


@pytest.mark.parametrize("words", ["ja, men inte i år", "se bilaga", "ej beslutat"])
@pytest.mark.parametrize(("x_mm", "feet_mm"), [(30, 5.0), (120, 5.2), (90, 294.0)])
def test_words_at_the_upper_or_lower_edge_are_for_a_person(
    words: str, x_mm: float, feet_mm: float
) -> None:
    assert document(png(noted(words, x_mm, feet_mm))).reasons == (Reason.UNEXPLAINED_INK,)


def test_so_are_words_a_little_further_in() -> None:
    assert document(png(noted("ej beslutat", 70, 6.4))).reasons == (Reason.UNEXPLAINED_INK,)


@pytest.mark.parametrize(("left_mm", "feet_mm"), [(60, 8.0), (120, 7.0), (90, 292.5)])
def test_so_are_typed_words_whose_letters_lie_half_in_the_margin(
    left_mm: float, feet_mm: float
) -> None:
    page = Image.fromarray(np.array(paper()))
    at = (left_mm * PER_MM, feet_mm * PER_MM)
    font = ImageFont.load_default(4 * PER_MM)
    ImageDraw.Draw(page).text(at, "Makulerat svar", fill=25, font=font, anchor="ls")
    assert document(png(np.asarray(page))).reasons == (Reason.UNEXPLAINED_INK,)


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.PHONE, Channel.FAX])
def test_they_are_seen_through_any_channel(channel: Channel) -> None:
    data = as_png(scan(noted("ja, men inte i år", 60, 5.2), channel, seed=6))
    assert Reason.UNEXPLAINED_INK in document(data).reasons


@pytest.mark.parametrize("edge", ["left", "right"])
def test_words_down_the_margin_are_for_a_person(edge: str) -> None:
    turned = np.ascontiguousarray(np.rot90(paper()))
    sheet = Sheet(turned, np.random.default_rng(3))
    write(sheet, PEN, "ej beslutat", 150, {"left": 208.0, "right": 5.2}[edge], x_height_mm=1.6)
    page = np.rot90(np.minimum(sheet.printed, 255 - sheet.written), -1)
    assert document(png(np.ascontiguousarray(page))).reasons == (Reason.UNEXPLAINED_INK,)


def test_shadows_staples_and_torn_corners_need_no_person() -> None:
    worn = drawn(paper(), [(0, 0), (210, 0)], [(0, 0), (0, 297)], thick_mm=5.0)
    worn = drawn(worn, [(204, 3), (209, 8)], [(203, 290), (210, 296)], thick_mm=3.0)
    worn = drawn(worn, [(12, 4), (24, 4.2)], [(207, 40), (207, 52)], thick_mm=0.5)
    worn = drawn(worn, [(80, 4), (81.3, 5)], thick_mm=1.0)
    assert document(png(worn)).outcome is Outcome.AUTO
