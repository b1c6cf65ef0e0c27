"""Folds and streaks on a form without a code are nobody's, and hide nothing that somebody wrote."""

import pytest

from services.console.demo.scans import Stroke
from shared.events import Outcome, Reason
from tests.bench.forms.other_form import Blank, learned
from tests.unit.reading.test_other_form import filled, read, scanned
from tests.unit.reading.test_paper_lines import PALE, across, down, drawn


@pytest.mark.parametrize("blank", Blank)
def test_a_fold_and_a_streak_through_the_boxes_change_nothing(blank: Blank) -> None:
    form = learned(blank)
    _, no = form.template.boxes
    x, y = no.area.centre_mm
    worn = drawn(filled(form), across(y, 1.0), down(x, 2.0), thick_mm=0.35, grey=PALE)
    found = read(scanned(worn), [form])
    assert (found.outcome, found.reasons) == (Outcome.AUTO, ())
    assert found.answer is not None
    assert found.answer.text == "ja"


@pytest.mark.parametrize("blank", Blank)
def test_a_second_mark_on_a_fold_and_a_streak_is_seen(blank: Blank) -> None:
    form = learned(blank)
    _, no = form.template.boxes
    x, y = no.area.centre_mm
    both = filled(form, {"ja": Stroke.CROSS, "nej": Stroke.TICK})
    worn = drawn(both, across(y, 1.0), down(x, 2.0), thick_mm=0.3, grey=PALE)
    found = read(scanned(worn), [form])
    assert found.outcome is not Outcome.AUTO
    assert found.answer is None
    assert {Reason.SEVERAL_MARKED, Reason.MARK_DOUBTFUL} & set(found.reasons)
