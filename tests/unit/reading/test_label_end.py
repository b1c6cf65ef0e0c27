"""Handwriting in line with a printed option changes what it says, however like print it looks."""

import numpy as np
import pytest

from services.console.demo.scans import Channel, as_png, scan
from shared.events import Outcome, Reason
from shared.forms import LABEL_BAR_HIGH_MM, LABEL_BAR_WIDE_MM, Rect
from tests.bench.forms.cases import template
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.bench.forms.generator.fillings import Kind
from tests.unit.reading.papers import PER_MM, covered, document, documents, paper, png, wiped

JA = template().boxes[0]
MIDDLE_MM = JA.label.centre_mm[1]


def bar_mm() -> float:
    """Where the bar after the first option ends, looked up on the paper itself."""
    row = np.array(paper(marks={}))[round(MIDDLE_MM * PER_MM)]
    run = round(LABEL_BAR_WIDE_MM * PER_MM)
    dark = (row < 100).astype(int)
    left = round(JA.label.left_mm * PER_MM)
    ends = [x for x in range(left, len(dark) - run) if dark[x : x + run - 2].all()]
    return max(x for x in ends if x < JA.label.right_mm * PER_MM) / PER_MM + LABEL_BAR_WIDE_MM


@pytest.mark.parametrize("gap_mm", [1.0, 3.0, 6.0, 20.0])
def test_words_added_right_after_an_option_are_for_a_person(gap_mm: float) -> None:
    added = paper(note="men inte i år", note_at_mm=(bar_mm() + gap_mm, MIDDLE_MM + 1.5))
    reading = document(png(added))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.UNEXPLAINED_INK,))
    assert JA.label.top_mm / 297 == pytest.approx(reading.stray_ink[0].top, abs=0.01)


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.PHONE])
def test_they_are_seen_through_bad_channels(channel: Channel) -> None:
    added = paper(note="med förbehåll", note_at_mm=(bar_mm() + 2, MIDDLE_MM + 1.5))
    reading = document(as_png(scan(added, channel, seed=5)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNEXPLAINED_INK in reading.reasons


def test_without_the_bar_nobody_can_tell() -> None:
    end = bar_mm()
    bar = Rect.spanning(end - 2, MIDDLE_MM - 3, end + 0.5, MIDDLE_MM + 3)
    assert document(png(wiped(paper(), bar))).reasons == (Reason.UNEXPLAINED_INK,)


def test_a_bar_drawn_by_hand_hides_nothing() -> None:
    end = bar_mm()
    half = LABEL_BAR_HIGH_MM / 2
    other = Rect.spanning(end + 30, MIDDLE_MM - half, end + 31.3, MIDDLE_MM + half)
    assert document(png(covered(paper(), other, 20))).reasons == (Reason.UNEXPLAINED_INK,)


def test_worn_print_of_which_mostly_stems_are_left_was_not_added_to() -> None:
    case = own_form_case(502, 31, Device.SCANNER, Kind.GOOD)
    assert case.drawn["worn_toner"] > 0.4
    [reading] = documents(case.data, case.filename)
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
