"""Lines right across the paper are nobody's: folds and streaks. Shorter ones may be somebody's."""

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Hand, Picture, Stroke
from services.intake.reading.paper import PER_MM as FLAT_PER_MM
from services.intake.reading.paper_lines import find_paper_lines
from shared.events import Outcome, Reason
from shared.forms import Rect
from tests.bench.forms.cases import template
from tests.bench.forms.generator.marks import strike
from tests.bench.forms.generator.optics import GREY
from tests.bench.forms.generator.optics import grey as scanned_grey
from tests.bench.forms.generator.pen import Pen, PenKind, Sheet
from tests.unit.reading.papers import document, paper, png
from tests.unit.reading.test_clips_and_folds import Point
from tests.unit.reading.test_clips_and_folds import drawn as drawn_over

JA, NEJ = (box.area for box in template().boxes)
PALE = 160


def drawn(picture: Picture, *lines: list[Point], thick_mm: float = 0.4, grey: int) -> Picture:
    """Return the picture with lines on it, under what is darker."""
    blank = np.full_like(picture, 255)
    return np.minimum(picture, drawn_over(blank, *lines, thick_mm=thick_mm, grey=grey))


def down(at_mm: float, lean_mm: float = 0.0) -> list[Point]:
    return [(at_mm - lean_mm / 2, 0.0), (at_mm + lean_mm / 2, 297.0)]


def across(at_mm: float, lean_mm: float = 0.0) -> list[Point]:
    return [(0.0, at_mm - lean_mm / 2), (210.0, at_mm + lean_mm / 2)]


@pytest.mark.parametrize("grey", [120, PALE, 225])
@pytest.mark.parametrize("lean_mm", [0.0, 6.0, -17.0])
def test_a_streak_through_both_boxes_changes_nothing(grey: int, lean_mm: float) -> None:
    middle_mm = (JA.centre_mm[1] + NEJ.centre_mm[1]) / 2
    at_boxes = JA.centre_mm[0] + 0.7 + lean_mm * (148.5 - middle_mm) / 297
    streaked = drawn(paper(), down(at_boxes, lean_mm), thick_mm=0.25, grey=grey)
    reading = document(png(streaked))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
    assert reading.answer is not None
    assert reading.answer.text == "ja"


@pytest.mark.parametrize("at_mm", [-2.0, 0.0, 3.0, 5.0, 8.0])
def test_a_fold_through_or_beside_an_empty_box_changes_nothing(at_mm: float) -> None:
    folded = drawn(paper(), across(NEJ.top_mm + at_mm, 1.5), thick_mm=0.4, grey=PALE)
    reading = document(png(folded))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


def test_a_fold_through_the_marked_box_leaves_its_mark() -> None:
    folded = drawn(paper(), across(JA.centre_mm[1], 1.0), thick_mm=0.4, grey=PALE)
    assert document(png(folded)).outcome is Outcome.AUTO


def test_a_second_mark_on_a_fold_and_a_streak_is_seen() -> None:
    both = paper(marks={"ja": Stroke.CROSS, "nej": Stroke.TICK})
    x, y = NEJ.centre_mm
    worn = drawn(both, across(y, 1.0), down(x), thick_mm=0.3, grey=PALE)
    reading = document(png(worn))
    assert reading.outcome is not Outcome.AUTO
    assert reading.answer is None
    assert {Reason.SEVERAL_MARKED, Reason.MARK_DOUBTFUL} & set(reading.reasons)


@pytest.mark.parametrize("ends_mm", [(0.0, 160.0), (12.0, 198.0), (50.0, 210.0)])
def test_a_line_that_ends_on_the_paper_is_somebodys(ends_mm: tuple[float, float]) -> None:
    y = NEJ.centre_mm[1]
    struck = drawn(paper(), [(ends_mm[0], y), (ends_mm[1], y + 0.5)], thick_mm=0.4, grey=PALE)
    assert document(png(struck)).outcome is Outcome.REVIEW


def test_a_dark_line_from_edge_to_edge_may_strike_an_option_out() -> None:
    struck = drawn(paper(), across(JA.centre_mm[1], 1.0), thick_mm=0.5, grey=40)
    assert document(png(struck)).outcome is Outcome.REVIEW


@pytest.mark.parametrize("option", [JA, NEJ], ids=["ja", "nej"])
@pytest.mark.parametrize("above_mm", [-1.5, 0.0, 1.5])
def test_a_pencils_line_from_edge_to_edge_may_strike_an_option_out(
    option: Rect, above_mm: float
) -> None:
    pencil = Pen(PenKind.PENCIL, width_mm=0.45, cover=0.75, skips=0.15, colour=(0.3, 0.3, 0.31))
    sheet = Sheet(paper(), np.random.default_rng(5))
    y = option.centre_mm[1] - above_mm
    strike(sheet, pencil, (-2.0, y), (212.0, y + 0.6))
    struck = np.asarray(cv2.GaussianBlur(scanned_grey(sheet, GREY), (0, 0), 1.2))
    assert document(png(struck)).outcome is Outcome.REVIEW


@pytest.mark.parametrize("at_mm", [94.5, 97.0, 99.5])
def test_a_fold_between_the_options_changes_nothing_however_dark(at_mm: float) -> None:
    """A scan in two levels makes it black, and there is nothing that it could strike out."""
    folded = drawn(paper(), across(at_mm, 0.8), thick_mm=0.6, grey=20)
    reading = document(png(folded))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


def test_what_is_written_on_a_dark_fold_between_the_options_is_seen() -> None:
    noted = paper(note="ja, men inte i år", note_at_mm=(110, 97))
    reading = document(png(drawn(noted, across(97.0, 0.8), thick_mm=0.6, grey=20)))
    assert reading.reasons == (Reason.UNEXPLAINED_INK,)


SIGNATURE = template().signatures[0].area


@pytest.mark.parametrize("at_mm", [10.0, 14.5, 20.0])
def test_a_black_fold_through_a_signature_leaves_it_signed(at_mm: float) -> None:
    """A letter that was folded in two has its crease there; a scan in two levels makes it black."""
    folded = drawn(paper(), across(SIGNATURE.top_mm + at_mm, 1.0), thick_mm=0.3, grey=0)
    reading = document(png(folded))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


@pytest.mark.parametrize("hand", [Hand.NOTHING, Hand.TYPED_NAME, Hand.INITIALS])
def test_a_black_fold_signs_nothing_and_a_person_looks(hand: Hand) -> None:
    """Nor does a form go back to its sender with what may have been taken out with the fold."""
    folded = drawn(paper(hand=hand), across(SIGNATURE.centre_mm[1], 1.0), thick_mm=0.4, grey=0)
    assert document(png(folded)).reasons == (Reason.SIGNATURE_UNCLEAR,)


def test_a_pale_fold_across_an_empty_place_for_the_signature_leaves_it_unsigned() -> None:
    unsigned = paper(hand=Hand.NOTHING)
    folded = drawn(unsigned, across(SIGNATURE.centre_mm[1], 1.0), thick_mm=0.4, grey=225)
    assert document(png(folded)).reasons == (Reason.SIGNATURE_MISSING,)


def test_a_black_line_through_a_signature_that_ends_on_the_paper_is_somebodys() -> None:
    y = SIGNATURE.centre_mm[1]
    struck = drawn(paper(), [(14.0, y), (196.0, y + 0.5)], thick_mm=0.5, grey=0)
    assert document(png(struck)).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    "heights_mm",
    [
        (145.5, 151.5),
        (144.5, 148.5, 152.5),
        (147.8, 149.2),
        (148.0, 149.0),
        (147.6, 148.5, 149.4),
        (140.0,),
        (157.0,),
    ],
)
@pytest.mark.parametrize("grey", [0, 120])
def test_lines_through_a_signature_that_are_not_one_fold_in_two_may_strike_it_out(
    heights_mm: tuple[float, ...], grey: int
) -> None:
    lines = [across(y, 1.0) for y in heights_mm]
    assert document(png(drawn(paper(), *lines, thick_mm=0.3, grey=grey))).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("inset_mm", "lean_mm", "thick_mm"),
    [
        pytest.param(5.0, 0.5, 0.3, id="ends by the edges"),
        pytest.param(2.0, 0.5, 0.3, id="ends closer to the edges"),
        pytest.param(0.0, 1.0, 0.5, id="thick pen"),
        pytest.param(0.0, 1.0, 0.8, id="felt pen"),
        pytest.param(0.0, 12.0, 0.3, id="leans"),
        pytest.param(0.0, 5.0, 0.3, id="leans a little"),
    ],
)
def test_a_line_through_a_signature_that_is_no_fold_may_strike_it_out(
    inset_mm: float, lean_mm: float, thick_mm: float
) -> None:
    middle = 148.5
    line = [(inset_mm, middle - lean_mm / 2), (210 - inset_mm, middle + lean_mm / 2)]
    struck = drawn(paper(), line, thick_mm=thick_mm, grey=0)
    assert document(png(struck)).outcome is Outcome.REVIEW


def test_two_folds_and_a_streak_are_found_where_they_are() -> None:
    found = sorted(
        (line.down, round(line.start_mm), round(line.end_mm))
        for line in find_paper_lines(
            flat(drawn(paper(), across(99.0), across(225.0, 2.0), down(40.0, 4.0), grey=PALE))
        )
    )
    assert found == [(False, 99, 99), (False, 224, 226), (True, 38, 42)]


def test_grain_is_no_line() -> None:
    grain = np.random.default_rng(3).integers(0, 2, (297 * FLAT_PER_MM, 210 * FLAT_PER_MM))
    assert list(find_paper_lines((grain * 255).astype(np.uint8))) == []


def flat(picture: Picture) -> Picture:
    """Return a picture of a form that lies straight, as darkness at the flat page's scale."""
    size = 210 * FLAT_PER_MM, 297 * FLAT_PER_MM
    return np.asarray(255 - cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("dark", [40, PALE])
@pytest.mark.parametrize("corner", [0, 1])
@pytest.mark.parametrize("aside_mm", [-1.8, -1.2, -0.5])
def test_a_streak_through_a_code_leaves_it_and_its_cores_seen(
    dark: int, corner: int, aside_mm: float
) -> None:
    core = template().codes[corner].finder_cores()[0]
    streaked = drawn(paper(), down(core.centre_mm[0] + aside_mm, 0.2), thick_mm=0.3, grey=dark)
    assert document(png(streaked)).outcome is Outcome.AUTO
