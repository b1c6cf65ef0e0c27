"""What shines through from the paper's other side is not on this one."""

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Hand, Picture, Stroke
from services.intake.reading.code import find_codes
from shared.events import Outcome, SignatureState
from shared.forms import Rect
from tests.bench.forms.cases import template
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.unit.reading.papers import PER_MM, document, documents, paper, png, wiped

UPPER, LOWER = (code.symbol for code in template().codes)


def shining_through(front: Picture, back: Picture, strength: float) -> Picture:
    ink = cv2.GaussianBlur(255 - back[:, ::-1], (0, 0), 0.2 * PER_MM)
    return np.minimum(front, 255 - (ink * strength).astype(np.uint8))


def pasted(page: Picture, piece: Picture, left_mm: float, top_mm: float) -> Picture:
    result = page.copy()
    top, left = round(top_mm * PER_MM), round(left_mm * PER_MM)
    result[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    return result


def cut(page: Picture, rect: Rect) -> Picture:
    return page[
        round(rect.top_mm * PER_MM) : round(rect.bottom_mm * PER_MM),
        round(rect.left_mm * PER_MM) : round(rect.right_mm * PER_MM),
    ]


@pytest.mark.parametrize("quarter_turns", range(4))
def test_a_mirrored_code_is_no_code_however_it_is_turned(quarter_turns: int) -> None:
    code = cut(paper(), UPPER.grown(4))
    assert len(find_codes(np.ascontiguousarray(np.rot90(code, quarter_turns)))) == 1
    mirrored = np.rot90(code[:, ::-1], quarter_turns)
    assert find_codes(np.ascontiguousarray(mirrored)) == ()


def test_the_codes_of_another_form_shining_through_are_not_counted() -> None:
    back = paper({}, hand=Hand.NOTHING)
    nothing = np.full_like(back, 255)
    codes = find_codes(shining_through(nothing, back, 0.5))
    assert codes == ()
    front = shining_through(paper(), back, 0.5)
    assert len(find_codes(front)) == 2


def test_a_mirrored_code_does_not_stand_in_for_one_that_is_gone() -> None:
    mirrored = cut(paper(), UPPER.grown(4))[:, ::-1]
    page = pasted(wiped(paper(), LOWER.grown(1)), mirrored, 120, 120)
    assert document(png(page)).outcome is Outcome.REVIEW


def test_a_form_seen_mirrored_is_for_a_person() -> None:
    reading = document(png(np.ascontiguousarray(paper()[:, ::-1])))
    assert reading.outcome is Outcome.REVIEW
    assert reading.municipality is None


@pytest.mark.parametrize("strength", [0.2, 0.35, 0.5])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_signature_on_the_back_does_not_sign_the_front(strength: float, seed: int) -> None:
    box = template().signatures[0].area
    back = np.full_like(paper(), 255)
    signed = cut(paper({}, seed=seed), box.grown(-1))
    back = pasted(back, signed, 210 - box.right_mm + 1, box.top_mm + 1)
    page = shining_through(paper({"ja": Stroke.CROSS}, hand=Hand.NOTHING), back, strength)
    reading = document(png(page))
    assert reading.outcome is not Outcome.AUTO
    assert reading.signature is not SignatureState.HANDWRITTEN


def test_one_that_a_scan_in_two_levels_makes_black_does_not_either() -> None:
    case = own_form_case(322, 13, Device.SCANNER)
    assert (case.what, case.drawn["mode"]) == ("shows_through", "local")
    [reading] = documents(case.data, case.filename)
    assert reading.outcome is Outcome.REVIEW
    assert reading.signature is SignatureState.UNCLEAR
