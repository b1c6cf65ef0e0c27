"""Marks that were taken back, and lines that were never meant as marks."""

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Picture, Stroke
from shared.events import Outcome, Reason
from shared.forms import Rect
from tests.bench.forms.cases import template
from tests.unit.reading.papers import PER_MM, document, paper, png

Line = tuple[tuple[float, float], tuple[float, float]]


def drawn(page: Picture, lines: list[Line], width_mm: float = 0.5, grey: int = 40) -> Picture:
    """Draw straight lines, in millimetres of the form."""
    result = np.array(page)
    for line in lines:
        start, end = (tuple(round(v * PER_MM) for v in point) for point in line)
        cv2.line(result, start, end, (grey,), round(width_mm * PER_MM), cv2.LINE_AA)
    return result


def box(index: int = 0) -> Rect:
    return template().boxes[index].area


def across(y_mm: float) -> Line:
    return (0.0, y_mm), (210.0, y_mm)


@pytest.mark.parametrize("lean_mm", [0.0, 1.0, -2.5])
def test_a_streak_through_an_empty_box_marks_nothing(lean_mm: float) -> None:
    x, y = box().centre_mm
    page = drawn(paper({}), [((0.0, y - lean_mm), (2 * x, y + lean_mm))])
    reading = document(png(page))
    assert reading.outcome is Outcome.REVIEW
    assert reading.answer is None


@pytest.mark.parametrize(("across_mm", "down_mm"), [(8.0, 7.0), (9.0, 2.5), (5.0, 1.0)])
def test_a_stroke_that_only_passes_through_marks_nothing(across_mm: float, down_mm: float) -> None:
    x, y = box().centre_mm
    stroke = (x - across_mm, y + down_mm), (x + across_mm, y - down_mm)
    reading = document(png(drawn(paper({}), [stroke])))
    assert reading.outcome is Outcome.REVIEW
    assert reading.answer is None


@pytest.mark.parametrize("lines", [3, 5])
def test_a_mark_struck_out_with_lines_is_for_a_person(lines: int) -> None:
    area = box()
    over = [
        ((area.left_mm - 1.5, y), (area.right_mm + 1.5, y + 0.4))
        for y in np.linspace(area.top_mm + 1, area.bottom_mm - 1, lines)
    ]
    reading = document(png(drawn(paper({"ja": Stroke.TICK}), over, width_mm=0.3)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.MARK_DOUBTFUL in reading.reasons


def test_a_corrected_form_goes_to_a_person_not_back() -> None:
    area = box()
    over = [
        ((area.left_mm - 1.5, y), (area.right_mm + 1.5, y + 0.4))
        for y in np.linspace(area.top_mm + 1, area.bottom_mm - 1, 5)
    ]
    page = drawn(paper({"ja": Stroke.TICK, "nej": Stroke.CROSS}), over, width_mm=0.3)
    assert document(png(page)).outcome is Outcome.REVIEW


def test_a_cross_with_arms_outside_the_box_is_a_mark() -> None:
    area = box().grown(2)
    arms = [
        ((area.left_mm, area.top_mm), (area.right_mm, area.bottom_mm)),
        ((area.right_mm, area.top_mm), (area.left_mm, area.bottom_mm)),
    ]
    reading = document(png(drawn(paper({}), arms)))
    assert reading.outcome is Outcome.AUTO
    assert reading.answer is not None
    assert reading.answer.text == "ja"


@pytest.mark.parametrize("away_mm", [4.0, 5.0, 7.0])
def test_a_tick_that_missed_the_other_box_is_for_a_person(away_mm: float) -> None:
    other = box(1)
    x, y = other.left_mm - away_mm, other.centre_mm[1]
    tick = [((x - 2, y), (x - 1, y + 2)), ((x - 1, y + 2), (x + 1.5, y - 2))]
    assert document(png(drawn(paper(), tick))).outcome is Outcome.REVIEW


def test_a_streak_down_the_page_through_a_label_needs_no_person() -> None:
    x = template().boxes[0].label.left_mm + 22
    page = drawn(paper(), [((x, 0.0), (x + 1, 297.0))], width_mm=0.3, grey=90)
    assert document(png(page)).outcome is Outcome.AUTO


def test_a_page_curled_a_little_needs_no_person() -> None:
    page = paper()
    rows, columns = np.indices(page.shape, dtype=np.float32)
    rows += 1.6 * PER_MM * np.sin(columns / page.shape[1] * np.pi)
    bent = cv2.remap(page, columns, rows, cv2.INTER_LINEAR, borderValue=(255,))
    assert document(png(np.asarray(bent))).outcome is Outcome.AUTO


def test_a_short_line_through_the_chosen_words_is_for_a_person() -> None:
    label = template().boxes[0].label
    y = label.centre_mm[1] + 0.4
    page = drawn(paper(), [((label.left_mm, y), (label.left_mm + 15, y + 0.5))], width_mm=0.4)
    reading = document(png(page))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNEXPLAINED_INK in reading.reasons


@pytest.mark.parametrize("aside_mm", [-1.8, -1.4, -1.0, -0.6, 0.0, 0.4, 0.6, 1.0, 1.4, 1.8])
def test_a_thin_line_through_one_word_is_seen_at_any_height(aside_mm: float) -> None:
    """Along the letters' tops and feet it is hardest to tell from letters that run together."""
    label = template().boxes[0].label
    x, y = label.left_mm + 8, label.centre_mm[1] + aside_mm
    page = drawn(paper(), [((x, y), (x + 15, y + 0.2))], width_mm=0.3)
    assert Reason.UNEXPLAINED_INK in document(png(page)).reasons


def gone_over(area: Rect, width_mm: float) -> list[Line]:
    """Return a cross drawn twice, as hands do; two of its ends reach out over the border."""
    out = 0.6 - width_mm / 2
    return [
        ((area.left_mm + x0, area.top_mm + y0), (area.left_mm + x1, area.top_mm + y1))
        for x0, y0, x1, y1 in (
            (-out, -out, 5.0, 5.2), (0.7, 0.8, 5.2, 4.8),
            (-out, 6 + out, 5.0, 0.8), (0.8, 5.3, 4.7, 0.6),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("width_mm", [0.5, 1.1])
def test_a_cross_gone_over_whose_arms_end_by_the_border_is_a_mark(width_mm: float) -> None:
    reading = document(png(drawn(paper({}), gone_over(box(), width_mm), width_mm)))
    assert reading.outcome is Outcome.AUTO
    assert reading.answer is not None
    assert reading.answer.text == "ja"


@pytest.mark.parametrize("width_mm", [0.5, 1.1])
@pytest.mark.parametrize("reach_mm", [0.3, 1.0])
def test_a_cross_struck_out_with_lines_that_end_by_the_border_is_for_a_person(
    reach_mm: float, width_mm: float
) -> None:
    area = box()
    over = [
        ((area.left_mm - reach_mm, area.top_mm + y), (area.right_mm + reach_mm, area.top_mm + y))
        for y in (2.0, 3.1, 4.2)
    ]
    reading = document(png(drawn(paper({}), [*gone_over(area, width_mm), *over], width_mm)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.MARK_DOUBTFUL in reading.reasons


def dotted(page: Picture, places_mm: list[tuple[float, float]], wide_mm: float) -> Picture:
    """Lay dots on a page, in millimetres of the form."""
    result = np.array(page)
    for place in places_mm:
        at = tuple(round(v * PER_MM) for v in place)
        cv2.circle(result, at, round(wide_mm / 2 * PER_MM), (40,), -1, cv2.LINE_AA)
    return result


@pytest.mark.parametrize("off_mm", [-1.5, 0.0, 0.8])
def test_a_dot_of_dust_in_the_other_box_is_no_mark(off_mm: float) -> None:
    x, y = box(1).centre_mm
    reading = document(png(dotted(paper(), [(x + off_mm, y - off_mm / 2)], 0.35)))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


@pytest.mark.parametrize(
    ("off_mm", "wide_mm"), [((0.0,), 0.9), ((-0.9, 0.9), 0.35), ((-0.5, 0.0, 0.5), 0.3)]
)
def test_more_than_a_dot_of_dust_may_be_one(off_mm: tuple[float, ...], wide_mm: float) -> None:
    x, y = box(1).centre_mm
    dots = dotted(paper(), [(x + off, y + off) for off in off_mm], wide_mm)
    assert Reason.MARK_DOUBTFUL in document(png(dots)).reasons
