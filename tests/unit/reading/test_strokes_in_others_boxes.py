"""Crosses and ticks in boxes of others' forms are told from marks that were taken back.

One page holds a hundred boxes, each marked by another hand; it is scanned and measured as any.
"""

import io
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from services.console.demo.scans import Picture, blank_page
from services.intake.learning.survey import survey
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.reading.answer import BoxState, box_state
from services.intake.reading.learned.blank import LearnedForm
from shared.forms import Box, FormPrint, FormTemplate, PrintedWord, Rect, SignatureArea
from shared.identifiers import digest_of
from tests.bench.forms.generator import marks
from tests.bench.forms.generator.devices import Device, deliver
from tests.bench.forms.generator.pen import Pen, Sheet, any_pen

_MM = 72 / 25.4
_ROWS, _COLUMNS = 12, 9
SMALL_MM, USUAL_MM = 2.8, 4.7
"""A box that is a character in a word processor's form, and a box that is drawn."""

Draw = Callable[[Sheet, Pen, Rect], None]


def struck_once(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A mark with one line across it."""
    marks.GOOD[str(sheet.random.choice(["tick", "cross"]))](sheet, pen, box)
    y = box.centre_mm[1] + float(sheet.random.uniform(-0.3, 0.3)) * box.height_mm
    out = float(sheet.random.uniform(0.3, 0.6)) * box.width_mm
    marks.strike(sheet, pen, (box.left_mm - out, y), (box.right_mm + out, y))


def struck_through(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A mark with two lines across it."""
    marks.GOOD[str(sheet.random.choice(["tick", "cross"]))](sheet, pen, box)
    for _ in range(2):
        y = box.centre_mm[1] + float(sheet.random.uniform(-0.3, 0.3)) * box.height_mm
        out = float(sheet.random.uniform(0.3, 0.5)) * box.width_mm
        marks.strike(sheet, pen, (box.left_mm - out, y), (box.right_mm + out, y))


TAKEN_BACK: tuple[Draw, ...] = (
    marks.struck_out,
    marks.scrawled_over,
    struck_once,
    struck_through,
)
HEAVY: tuple[Draw, ...] = (marks.double_cross, marks.joined_cross, marks.scribble)
LEAVING: tuple[Draw, ...] = (marks.cross, marks.big_cross, marks.long_tick)


@pytest.mark.parametrize("side_mm", [SMALL_MM, USUAL_MM])
def test_a_mark_taken_back_is_for_a_person(side_mm: float) -> None:
    states = read(TAKEN_BACK, side_mm)
    # Of a hundred hands one may draw lines that nobody tells from a cross.
    assert states.count(BoxState.MARKED) <= 0.02 * len(states)


@pytest.mark.parametrize("side_mm", [SMALL_MM, USUAL_MM])
def test_a_cross_or_a_tick_that_leaves_its_box_is_a_mark(side_mm: float) -> None:
    states = read(LEAVING, side_mm)
    assert states.count(BoxState.MARKED) >= 0.9 * len(states)


@pytest.mark.parametrize(("side_mm", "least"), [(SMALL_MM, 0.8), (USUAL_MM, 0.95)])
def test_a_mark_that_covers_most_of_its_box_is_one(side_mm: float, least: float) -> None:
    states = read(HEAVY, side_mm)
    assert states.count(BoxState.MARKED) >= least * len(states)


def read(drawn: Sequence[Draw], side_mm: float) -> list[BoxState]:
    """Return the states of boxes that were marked in these ways by turns."""
    form, paper = blank(side_mm)
    sheet = Sheet(np.asarray(paper), np.random.default_rng(7))
    for number, box in enumerate(form.template.boxes):
        drawn[number % len(drawn)](sheet, any_pen(sheet.random), box.area)
    made = deliver(sheet, Device.SCANNER)
    found = measure_file(made.data, made.filename, "", Limits(), {}, learned=[form])
    [page] = found.pages
    return [box_state(mark) for mark in page.learned[0].form.marks]


@cache
def blank(side_mm: float) -> tuple[LearnedForm, Picture]:
    """Return a form of many boxes as a reader has it, and its paper."""
    border_mm = 0.25
    places = [(22 + 20 * x, 32 + 19.0 * y) for y in range(_ROWS) for x in range(_COLUMNS)]
    out = io.BytesIO()
    page = Canvas(out, pagesize=(210 * _MM, 297 * _MM), invariant=1)
    page.setFont("Helvetica", 11)
    page.drawString(22 * _MM, 280 * _MM, "Svar om anslutning till Kompetensgemenskaper")
    page.drawString(22 * _MM, 12 * _MM, "Sveriges Kommuner och Regioner, blankett sjutton")
    page.setFont("Helvetica", 7)
    page.setLineWidth(border_mm * _MM)
    for number, (x, y) in enumerate(places):
        inner = (side_mm - border_mm) * _MM
        left, top = x + border_mm / 2, 297 - y - side_mm + border_mm / 2
        page.rect(left * _MM, top * _MM, inner, inner)
        page.drawString((x + 10) * _MM, (297 - y - 1) * _MM, f"ruta {number}")
    page.showPage()
    page.save()
    surveyed, [picture] = survey(out.getvalue(), Limits())
    elsewhere = Rect(left_mm=150, top_mm=10, width_mm=50, height_mm=10)
    template = FormTemplate(
        version=1,
        page_width_mm=210,
        page_height_mm=297,
        corner_marks=(),
        codes=(),
        boxes=tuple(
            Box(
                option=f"b{number}",
                area=Rect(left_mm=x, top_mm=y, width_mm=side_mm, height_mm=side_mm),
                label=Rect(left_mm=x + 10, top_mm=y, width_mm=8, height_mm=3),
            )
            for number, (x, y) in enumerate(places)
        ),
        box_border_mm=border_mm,
        signatures=(SignatureArea(name="signature", area=elsewhere, reach=elsewhere),),
        fields=(),
        print=FormPrint(
            picture=digest_of(picture),
            words=tuple(
                PrintedWord(text=word.text, area=word.area, telling=False)
                for word in surveyed.pages[0].words
            ),
        ),
    )
    return LearnedForm("kompetens-2024", template, picture), blank_page(out.getvalue())
