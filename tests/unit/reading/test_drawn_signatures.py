"""What a pen draws in the signature's place: which lines are a signature, and which are not."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.console.demo.scans import Hand, Picture
from shared.events import SignatureState
from tests.bench.forms.cases import template
from tests.unit.reading.papers import PER_MM, document, paper, png

MIDDLE_MM = np.array(template().signatures[0].area.centre_mm)
AROUND = np.linspace(0, 2 * np.pi, 90)

Line = NDArray[np.float64]
"""Points in millimetres from the middle of the signature box, n × 2."""


def line(*points: tuple[float, float]) -> Line:
    return np.array(points)


def rounded(corners: Line) -> Line:
    """Return a curve that cuts these corners, as a hand does (Chaikin)."""
    for _ in range(4):
        after, before = (corners[:-1] * w + corners[1:] * (1 - w) for w in (0.75, 0.25))
        cut = np.column_stack([after, before]).reshape(-1, 2)
        corners = np.vstack([corners[:1], cut, corners[-1:]])
    return corners


ARCH = line(
    (-15, 2.4), (-14, 4.2), (-12, -1.2), (-10, 0), (-8.5, -4.8), (-6, -1.8), (-4.5, -6.6),
    (-2.5, -2.4), (-1, -7.8), (1, -3.6), (2.5, -3.1), (4, -6.7), (6, -2.4), (8, -4.8), (9.5, -0.7),
    (12, -1.7), (15, 3.6),
)  # fmt: skip
HOLLOW = line(
    (-11, -3.6), (-9, -8.4), (-8, -6), (-10, -2.4), (-7, -1.2), (-5, 2.4), (-4, 4.1), (-2.5, 1.4),
    (-1.5, 4.8), (0.5, 4.3), (1.5, 1.4), (2.5, 4.3), (4.5, 3.1), (6, -1.2), (7, 1.9), (9, 0),
    (10, -3.6),
)  # fmt: skip
"""Names that rise and sink as a whole: all the ink is near one circle, and on both sides of it."""

RESTING = line(
    (-17, -3), (-15, -8), (-13, -7), (-14, -3), (-13, 0), (-10, 3.4), (-8, 4.6), (-5.5, 3.9),
    (-4, 1.5), (-2.5, 4.4), (-1, 2.2), (2, 2.8), (5, 0.2), (7, 1.2), (9, -1.6), (11, -0.4),
    (15, -1),
)  # fmt: skip
LINE_BELOW = line((-15, 5.0), (18, 4.6))
CROWN = line(
    (-8, 6), (-9, -3), (-6, -6), (-3, -4), (0, -7.5), (2, -4.6), (5, -5.8), (8.5, -2), (7, 1),
    (9, 4.5),
)  # fmt: skip
"""A short one, as high as it is wide."""


def oval(wide_mm: float, high_mm: float) -> Line:
    return np.column_stack([wide_mm / 2 * np.cos(AROUND), high_mm / 2 * np.sin(AROUND)])


def drawn(lines: Sequence[Line], pen_mm: float = 0.5) -> Picture:
    """Return a form with one box marked and lines drawn where it is to be signed."""
    picture = np.array(paper(hand=Hand.NOTHING))
    for each in lines:
        points = np.round((each + MIDDLE_MM) * PER_MM * 8).astype(np.int32)
        thick = round(pen_mm * PER_MM)
        cv2.polylines(picture, [points], False, (25,), thick, cv2.LINE_AA, shift=3)
    return picture


def state(picture: Picture) -> SignatureState | None:
    return document(png(picture)).signature


@pytest.mark.parametrize("name", [ARCH, HOLLOW], ids=["arch", "hollow"])
@pytest.mark.parametrize("pen_mm", [0.3, 0.6])
def test_a_signature_that_rises_and_sinks_is_one(name: Line, pen_mm: float) -> None:
    assert state(drawn([rounded(name)], pen_mm)) is SignatureState.HANDWRITTEN


@pytest.mark.parametrize("pen_mm", [0.35, 0.5, 0.7])
def test_a_signature_that_rests_on_the_line_drawn_below_it_is_one(pen_mm: float) -> None:
    assert state(drawn([rounded(RESTING), LINE_BELOW], pen_mm)) is SignatureState.HANDWRITTEN


@pytest.mark.parametrize("pen_mm", [0.35, 0.5, 0.7])
def test_a_short_signature_all_around_one_place_is_one(pen_mm: float) -> None:
    assert state(drawn([rounded(CROWN)], pen_mm)) is SignatureState.HANDWRITTEN


@pytest.mark.parametrize(
    "lines",
    [
        [oval(18, 12)],
        [oval(26, 15), oval(25, 14)],
        [line((-7, -5), (7, 5)), line((7, -5), (-7, 5))],
        [line((-9, 0), (9, 0)), line((0, -7), (0, 7))],
        [line((-7, 0), (-3, 5), (8, -6))],
        [line((-5, -4), (5, -4), (-5, 4), (5, 4))],
        [line((-9, 0), (9, 0)), line((5, -4), (9, 0), (5, 4))],
    ],
    ids=["oval", "two ovals", "cross", "plus", "tick", "z", "arrow"],
)
def test_a_shape_in_its_place_is_no_signature(lines: Sequence[Line]) -> None:
    assert state(drawn(lines)) is SignatureState.UNCLEAR


RIGHT_MM = template().signatures[0].area.right_mm - MIDDLE_MM[0]
RINGS = [oval(24, 24), oval(18, 18)]
RULE = line((-RIGHT_MM + 2, 11.5), (RIGHT_MM - 2, 11.0))
CHECKED = line((-3, 0), (-1, 2.5), (3.5, -3))


@pytest.mark.parametrize("more", [[], [RULE], [RULE, CHECKED], [RULE - np.array((0, 23))]])
def test_a_stamp_in_a_ring_is_none_whatever_line_it_touches(more: list[Line]) -> None:
    assert document(png(drawn([*RINGS, *more]))).signature is not SignatureState.HANDWRITTEN


def test_a_signature_beside_a_stamp_in_a_ring_is_one() -> None:
    beside = [each + np.array((-30.0, 0.0)) for each in RINGS]
    reading = document(png(drawn([*beside, ARCH + np.array((15.0, 0.0))])))
    assert reading.signature is SignatureState.HANDWRITTEN


def test_a_signature_with_one_long_straight_stroke_is_one() -> None:
    curl = rounded(line((-14, 6), (-14, -5), (-4, 2), (2, 4), (4, 0), (0, 1), (5, 5), (1, 6)))
    stroke = line((1, 7), (9, -14))
    assert state(drawn([curl, stroke])) is SignatureState.HANDWRITTEN


def test_of_a_pale_signature_that_fell_to_specks_nobody_is_told_that_it_is_missing() -> None:
    place = rounded(ARCH)
    dots = [line(at, at + np.array((0.15, 0.0))) for at in place[::4]]
    assert state(drawn(dots, pen_mm=0.25)) is SignatureState.UNCLEAR


def test_a_little_dust_is_no_signature() -> None:
    random = np.random.default_rng(5)
    dust = [
        line(at, at + np.array((0.15, 0.0))) for at in random.uniform((-40, -12), (40, 12), (10, 2))
    ]
    assert state(drawn(dust, pen_mm=0.25)) is SignatureState.MISSING
