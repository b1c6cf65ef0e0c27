"""Boxes of our own form, marked by a hundred hands: a mark is one whatever the pen, one taken back
or rubbed out is none.

One page holds all the boxes, between our form's own codes and corner marks; any machine may scan
it, and it is measured as any form is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits
from services.intake.pages.trust import Trust
from services.intake.reading.align import as_matrix, register
from services.intake.reading.answer import BoxState, box_state
from services.intake.reading.code import find_codes
from services.intake.reading.identify import own_codes
from services.intake.reading.marks import measure_marks
from services.intake.reading.paper import lay_flat
from services.intake.reading.paper_lines import without_paper_lines
from shared.forms import Box, FormTemplate, Rect
from tests.bench.forms.cases import printed, template
from tests.bench.forms.generator import marks
from tests.bench.forms.generator.devices import Device, deliver
from tests.bench.forms.generator.pen import PER_MM, Layer, Pen, PenKind, Sheet, any_pen
from tests.bench.forms.generator.printing import render

Draw = Callable[[Sheet, Pen, Rect], None]

_AROUND_MM = 2.0
_STEP_MM = (19.5, 18.6)


def _some_mark(sheet: Sheet, pen: Pen, box: Rect) -> None:
    marks.GOOD[str(sheet.random.choice(["tick", "cross"]))](sheet, pen, box)


def level_line_through(sheet: Sheet, pen: Pen, box: Rect) -> None:
    _some_mark(sheet, pen, box)
    y = box.centre_mm[1] + float(sheet.random.uniform(-1.8, 1.8))
    out, lean = (float(v) for v in sheet.random.uniform((1.8, -1.2), (3.6, 1.2)))
    marks.strike(sheet, pen, (box.left_mm - out, y - lean), (box.right_mm + out, y + lean))


def slanting_line_through(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """Over a tick: along an arm of a cross nobody sees it."""
    marks.tick(sheet, pen, box)
    angle = float(sheet.random.uniform(0.35, 1.2)) * float(sheet.random.choice([-1, 1]))
    reach = box.width_mm / 2 / max(abs(np.cos(angle)), abs(np.sin(angle)))
    x, y = box.centre_mm
    ends = []
    for way in (-1, 1):
        far = way * (reach + float(sheet.random.uniform(1.8, 3.6)))
        ends.append((x + far * float(np.cos(angle)), y - far * float(np.sin(angle))))
    marks.strike(sheet, pen, ends[0], ends[1])


def lines_within(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A mark struck out with level lines that end at the box's border."""
    _some_mark(sheet, pen, box)
    inner = box.grown(-0.4)
    for _ in range(int(sheet.random.integers(3, 7))):
        y = float(sheet.random.uniform(inner.top_mm + 0.5, inner.bottom_mm - 0.5))
        marks.strike(sheet, pen, (inner.left_mm, y), (inner.right_mm, y))


def blackened(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A cross taken back with upright lines that end by the border; a thin pen leaves paper."""
    marks.cross(sheet, pen, box.grown(-1.2))
    inner = box.grown(-float(sheet.random.uniform(0.3, 0.6)))
    lines = int(sheet.random.integers(5, 8))
    for x in np.linspace(inner.left_mm + 0.5, inner.right_mm - 0.5, lines):
        at, lean = x + sheet.random.uniform(-0.15, 0.15), sheet.random.uniform(-0.2, 0.2)
        marks.strike(
            sheet, pen, (at - lean, inner.top_mm + 0.4), (at + lean, inner.bottom_mm - 0.4)
        )


def rubbed_out(sheet: Sheet, pen: Pen, box: Rect) -> None:
    width, cover, skips = (
        float(v) for v in sheet.random.uniform((0.4, 0.12, 0.25), (0.7, 0.3, 0.5))
    )
    marks.cross(sheet, Pen(pen.kind, width, cover, skips, pen.colour), box)


def with_a_felt_pen(draw: Draw) -> Draw:
    def drawn(sheet: Sheet, pen: Pen, box: Rect) -> None:
        draw(sheet, Pen(PenKind.FIBRE, 1.15, cover=0.97, skips=0.0, colour=pen.colour), box)

    return drawn


MARKS: tuple[Draw, ...] = tuple(marks.GOOD.values())
STRUCK: tuple[Draw, ...] = (
    marks.struck_out,
    marks.scrawled_over,
    level_line_through,
    slanting_line_through,
    lines_within,
)
TRACES: tuple[Draw, ...] = (marks.faint, rubbed_out)


@pytest.mark.parametrize("device", [Device.SCANNER, Device.FAX, Device.PHONE])
def test_a_mark_is_one_whatever_the_pen(device: Device) -> None:
    states = read(MARKS, device)
    assert states.count(BoxState.MARKED) >= 0.93 * len(states)


@pytest.mark.parametrize("device", [Device.SCANNER, Device.FAX, Device.PHONE])
def test_a_mark_taken_back_is_for_a_person(device: Device) -> None:
    states = read(STRUCK, device)
    assert states.count(BoxState.MARKED) <= 0.02 * len(states)
    assert BoxState.EMPTY not in states


def test_a_felt_pens_mark_taken_back_is_for_a_person() -> None:
    for drawn in (STRUCK, (blackened,)):
        states = read([with_a_felt_pen(draw) for draw in drawn], Device.SCANNER)
        assert states.count(BoxState.MARKED) <= 0.02 * len(states)
        assert BoxState.EMPTY not in states


@pytest.mark.parametrize("device", [Device.SCANNER, Device.PHONE])
def test_a_mark_rubbed_out_is_none(device: Device) -> None:
    assert BoxState.MARKED not in read(TRACES, device)


def read(drawn: Sequence[Draw], device: Device) -> list[BoxState]:
    """Return the states of boxes that were marked in these ways by turns."""
    form, paper = _boxes_all_over()
    sheet = Sheet(paper, np.random.default_rng(11))
    for number, box in enumerate(form.boxes):
        drawn[number % len(drawn)](sheet, any_pen(sheet.random), box.area)
    made = deliver(sheet, device)
    trust = Trust(at=datetime.now(UTC))
    [page] = open_pages(made.data, made.filename, "", Limits(), trust)
    codes = own_codes(find_codes(page.grey))
    laid = register(page.grey, codes, form, stated_dpi=page.dpi, stated_coarse_dpi=page.coarse_dpi)
    assert laid is not None
    flat = lay_flat(page.grey, as_matrix(laid), form)
    assert flat is not None
    return [box_state(mark) for mark in measure_marks(without_paper_lines(flat))]


@cache
def _boxes_all_over() -> tuple[FormTemplate, Layer]:
    """Return our form with nothing but boxes between its codes and marks, and its paper."""
    form, blank = template(), render(printed())
    [one, *_] = form.boxes
    kept = [code.symbol.grown(9) for code in form.codes]
    kept += [mark.grown(4) for mark in form.corner_marks]
    paper = np.full_like(blank, 255)
    for rect in kept:
        paper[_pixels(rect)] = blank[_pixels(rect)]
    box_print = blank[_pixels(one.area.grown(_AROUND_MM))]
    boxes: list[Box] = []
    # In whole pixels from the printed box, of which each is a copy.
    across, down = (round(step * PER_MM) / PER_MM for step in _STEP_MM)
    for row in range(-4, 11):
        for column in range(9):
            area = Rect(
                left_mm=one.area.left_mm + column * across,
                top_mm=one.area.top_mm + row * down,
                width_mm=one.area.width_mm,
                height_mm=one.area.height_mm,
            )
            if any(_overlap(area.grown(_AROUND_MM + 4), rect) for rect in kept):
                continue
            paper[_pixels(area.grown(_AROUND_MM))] = box_print
            boxes.append(one.model_copy(update={"option": f"b{len(boxes)}", "area": area}))
    return form.model_copy(update={"boxes": tuple(boxes)}), paper


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.left_mm < other.right_mm
        and other.left_mm < one.right_mm
        and one.top_mm < other.bottom_mm
        and other.top_mm < one.bottom_mm
    )


def _pixels(rect: Rect) -> tuple[slice, slice]:
    left, top = round(rect.left_mm * PER_MM), round(rect.top_mm * PER_MM)
    height, width = round(rect.height_mm * PER_MM), round(rect.width_mm * PER_MM)
    return slice(top, top + height), slice(left, left + width)
