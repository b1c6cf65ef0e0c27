"""What lies on paper or happens to it needs no person; what is written there does."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Picture, Stroke
from shared.events import Outcome, Reason
from tests.bench.forms.cases import template
from tests.unit.reading.papers import PER_MM, document, paper, png

NEJ = template().boxes[1].label
Point = tuple[float, float]


def drawn(
    picture: Picture, *lines: Sequence[Point], thick_mm: float = 1.0, grey: int = 40
) -> Picture:
    """Return the picture with lines from point to point, in millimetres."""
    result = np.array(picture)
    for line in lines:
        points = np.round(np.array(line) * PER_MM).astype(np.int32)
        cv2.polylines(result, [points], False, (grey,), round(thick_mm * PER_MM), cv2.LINE_AA)
    return result


def clip(left_mm: float, long_mm: float = 26.0) -> list[Point]:
    """A loop of wire from the top edge, down, around and up again, 7 mm wide."""
    turn = np.linspace(np.pi, 0, 13)
    bend = [
        (left_mm + 3.5 + 3.5 * float(np.cos(a)), long_mm + 3.5 * float(np.sin(a))) for a in turn
    ]
    return [(left_mm, 0.0), *bend, (left_mm + 7.0, 0.0)]


@pytest.mark.parametrize("left_mm", [45.0, 80.0, 125.0])
def test_a_clip_left_on_the_sheet_needs_no_person(left_mm: float) -> None:
    assert document(png(drawn(paper(), clip(left_mm)))).outcome is Outcome.AUTO


def test_a_clip_does_not_hide_a_note_beside_it() -> None:
    noted = paper(note="ej bindande", note_at_mm=(122, 26))
    reading = document(png(drawn(noted, clip(110))))
    assert reading.reasons == (Reason.UNEXPLAINED_INK,)


def test_what_is_written_within_a_clip_is_seen() -> None:
    noted = drawn(paper(), clip(125), [(126.5, 20), (129, 25), (131, 20)], thick_mm=1.0)
    assert document(png(noted)).reasons == (Reason.UNEXPLAINED_INK,)


def test_a_clip_over_the_end_of_a_line_leaves_nothing_to_tell_by() -> None:
    """The bar behind "omgång 2024" lies under the wire."""
    row = np.array(paper())[round(15.5 * PER_MM)]
    bar_mm = max(x for x in range(round(140 * PER_MM)) if row[x] < 100) / PER_MM - 0.6
    assert document(png(drawn(paper(), clip(bar_mm)))).outcome is Outcome.REVIEW


def test_one_line_down_from_the_edge_that_bends_is_no_clip() -> None:
    hook = [(125.0, 0.0), (125.0, 24.0), (130.0, 29.0), (137.0, 24.0)]
    assert document(png(drawn(paper(), hook))).reasons == (Reason.UNEXPLAINED_INK,)


def dashes(from_mm: float, to_mm: float, at_mm: float) -> list[list[Point]]:
    starts = [float(x) for x in np.arange(from_mm, to_mm, 7.3)]
    return [[(x, at_mm + 0.004 * x), (x + 2.2, at_mm + 0.004 * (x + 2.2))] for x in starts]


def test_the_broken_line_of_a_fold_needs_no_person() -> None:
    folded = drawn(paper(), *dashes(12, 200, 124), thick_mm=0.3)
    assert document(png(folded)).outcome is Outcome.AUTO


def test_short_of_half_the_paper_it_is_no_fold() -> None:
    pieces = drawn(paper(), *dashes(90, 160, 124), thick_mm=0.3)
    assert document(png(pieces)).reasons == (Reason.UNEXPLAINED_INK,)


def test_a_note_on_a_fold_is_seen() -> None:
    noted = paper(note="ej bindande", note_at_mm=(120, 126))
    folded = drawn(noted, *dashes(12, 200, 124), thick_mm=0.3)
    assert document(png(folded)).reasons == (Reason.UNEXPLAINED_INK,)


@pytest.mark.parametrize("grey", [40, 170])
def test_a_stroke_through_a_whole_label_is_seen_however_pale(grey: int) -> None:
    middle = NEJ.centre_mm[1]
    stroke = [(NEJ.left_mm, middle), (NEJ.left_mm + 45, middle + 0.3)]
    struck = drawn(paper(marks={"nej": Stroke.CROSS}), stroke, thick_mm=0.6, grey=grey)
    assert document(png(struck)).reasons == (Reason.UNEXPLAINED_INK,)


def test_a_remark_is_shown_as_one_with_nothing_of_it_hidden() -> None:
    noted = paper(note="ja, men från 2027", note_at_mm=(120, 124))
    rows, columns = np.nonzero(paper() != noted)
    [shown] = document(png(noted)).stray_ink
    height, width = noted.shape
    assert shown.left <= columns.min() / width
    assert shown.top <= rows.min() / height
    assert columns.max() / width <= shown.right
    assert rows.max() / height <= shown.bottom
    assert (shown.right - shown.left) * 210 <= np.ptp(columns) / PER_MM + 6


def test_the_bits_of_a_faint_crease_need_no_person() -> None:
    starts = [float(x) for x in np.arange(12, 200, 11.3)]
    bits = [[(x, 97 + 0.004 * x), (x + 2.2, 97 + 0.004 * (x + 2.2))] for x in starts]
    assert document(png(drawn(paper(), *bits, thick_mm=0.25))).outcome is Outcome.AUTO


def test_a_streak_behind_the_words_of_an_option_adds_nothing_to_them() -> None:
    """A little bent, as on a photo, and so not taken out with the straight ones."""
    bent = [(128.0, 0.0), (129.5, 60.0), (129.8, 150.0), (128.0, 297.0)]
    assert document(png(drawn(paper(), bent, thick_mm=0.4, grey=130))).outcome is Outcome.AUTO


@pytest.mark.parametrize("high_mm", [3.0, 6.0, 9.0])
def test_a_short_upright_stroke_behind_them_does(high_mm: float) -> None:
    stroke = [(129.5, NEJ.centre_mm[1] - high_mm / 2), (129.5, NEJ.centre_mm[1] + high_mm / 2)]
    struck = drawn(paper(marks={"nej": Stroke.CROSS}), stroke, thick_mm=0.6)
    assert document(png(struck)).reasons == (Reason.UNEXPLAINED_INK,)
