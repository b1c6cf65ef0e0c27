"""Measuring the signature boxes: is there something written by hand in them?

Nobody's signature is compared with anything. A handwritten name is told from a typed one by the
size of what hangs together: printed letters are small and stand apart. It is told from rules,
folds, streaks, stamps and the rim of a cup by its bends: those are straight, or round.
"""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.measured import SignatureMeasure
from services.intake.reading.paper import PER_MM, FlatPage
from services.intake.reading.readable import feet_in_line, read_as_print
from services.intake.reading.shapes import is_frame, is_round, is_straight_strokes, without_stamps
from shared.forms import Rect

_INK = 90
_WEAK_INK = 60
"""Joins what is stronger: a pencil, or a pen that skips, leaves gaps in its stroke."""

_GAP_PX = 3
"""A fax breaks thin strokes. Letters of print lie further apart than this closes."""

_LEAST_PEN = 105
"""A pen is darker than this somewhere; a stain, a fold or the paper's other side is not."""

_FRAME_CLEAR_MM = 1.4
_SPECK_MM2 = 0.35
_MOST_SPECKS_MM2 = 3.0
_LEAST_TALL_MM = 6.0
_LEAST_WIDE_MM = 7.0
_LINE_THICKNESS_MM = 2.0

_RULE_MM = 22.0
_RULE_GAP_MM = 1.0
_RULE_HALF_MM = 0.7
_RULE_LEAN = 0.27
"""Of a line's length: 15°. What leans more joins no letters that stand beside each other."""
_RULE_ALONE = 0.3
"""Beside a rule there is paper: at most this share of its length has ink a little off it."""

_BEND_MM = 0.6
_TURN_DEG = 30.0
_STRAIGHT_MM = 12.0
"""Longer than the straight parts of most hands' letters."""


def measure_signatures(page: FlatPage) -> tuple[SignatureMeasure, ...]:
    """Return what each signature box of the form holds, in its order."""
    return tuple(_measure(page, signature.area) for signature in page.template.signatures)


def _measure(page: FlatPage, box: Rect) -> SignatureMeasure:
    crop = page.crop(box.grown(-_FRAME_CLEAR_MM))
    everything = _ink(crop)
    ink = without_stamps(_without_rules(everything))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stroke = written = tallest = widest = 0.0
    highest, lowest = ink.shape[0], 0
    for label in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[label])
        if area < _SPECK_MM2 * PER_MM**2:
            continue
        piece = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
        stroke += _stroke_mm(piece)
        drawn = crop[top : top + height, left : left + width][piece > 0]
        if float(np.quantile(drawn, 0.9)) >= _LEAST_PEN and _looks_written(piece):
            written += _bent_mm(piece)
            tallest = max(tallest, height / PER_MM)
            widest = max(widest, width / PER_MM)
            highest, lowest = min(highest, top), max(lowest, top + height)
    readings = read_as_print(crop, ink, highest / PER_MM, lowest / PER_MM) if written else ()
    ink_px, all_stroke = _all_ink(everything)
    return SignatureMeasure(
        ink_mm2=ink_px / PER_MM**2,
        ink_fraction=ink_px / max(ink.size, 1),
        stroke_mm=max(stroke, all_stroke),
        written_mm=written,
        tallest_mm=tallest,
        widest_mm=widest,
        readings=readings,
        feet_in_line=feet_in_line(ink) if written else 0,
        area=page.area(box),
    )


def _ink(darkness: MatLike) -> MatLike:
    """Return the weak ink that hangs together with some that is strong, small gaps closed."""
    weak = (darkness > _WEAK_INK).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=8)
    strong = np.zeros(count, np.uint8)
    strong[np.unique(labels[darkness > _INK])] = 1
    strong[0] = 0
    found = strong[labels].astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GAP_PX, _GAP_PX))
    return cv2.morphologyEx(found, cv2.MORPH_CLOSE, disc)


def _all_ink(ink: MatLike) -> tuple[int, float]:
    """Return the pixels of ink and the length of stroke, rules and stamps included.

    Specks are left out, but for so many that a pale signature fell to pieces.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    specks = int(areas[areas < _SPECK_MM2 * PER_MM**2].sum())
    pixels, stroke = specks if specks >= _MOST_SPECKS_MM2 * PER_MM**2 else 0, 0.0
    for label in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[label])
        if area < _SPECK_MM2 * PER_MM**2:
            continue
        pixels += area
        where = (slice(top, top + height), slice(left, left + width))
        stroke += _stroke_mm((labels[where] == label).astype(np.uint8))
    return pixels, stroke


def _without_rules(ink: MatLike) -> MatLike:
    """Return the ink without long straight lines: they join letters that stand apart."""
    found = cv2.HoughLinesP(
        ink * 255,
        1,
        np.pi / 360,
        round(_RULE_MM * PER_MM * 0.7),
        minLineLength=round(_RULE_MM * PER_MM),
        maxLineGap=round(_RULE_GAP_MM * PER_MM),
    )
    if found is None:
        return ink
    left = ink.copy()
    for line in found.reshape(-1, 4):
        x0, y0, x1, y1 = (int(v) for v in line)
        if _is_level_or_upright(x1 - x0, y1 - y0) and _stands_alone(ink, (x0, y0), (x1, y1)):
            cv2.line(left, (x0, y0), (x1, y1), (0,), round(2 * _RULE_HALF_MM * PER_MM))
    return left


def _is_level_or_upright(across: int, down: int) -> bool:
    return min(abs(across), abs(down)) <= _RULE_LEAN * max(abs(across), abs(down))


def _stands_alone(ink: MatLike, start: tuple[int, int], end: tuple[int, int]) -> bool:
    """Whether a line has paper on both sides: dense writing holds straight lines, too."""
    a, b = np.array(start, float), np.array(end, float)
    length = float(np.hypot(*(b - a)))
    along = (b - a) / length
    aside = np.array([-along[1], along[0]]) * (_RULE_HALF_MM + 0.5) * PER_MM
    steps = a + np.linspace(0, 1, max(int(length / 2), 2))[:, None] * (b - a)
    for side in (aside, -aside):
        at = np.round(steps + side).astype(int)
        x = np.clip(at[:, 0], 0, ink.shape[1] - 1)
        y = np.clip(at[:, 1], 0, ink.shape[0] - 1)
        if float(ink[y, x].mean()) > _RULE_ALONE:
            return False
    return True


def _looks_written(piece: MatLike) -> bool:
    height, width = (side / PER_MM for side in piece.shape[:2])
    if height < _LEAST_TALL_MM or width < _LEAST_WIDE_MM:
        return False
    points = cv2.findNonZero(piece)
    centre, size, angle = cv2.minAreaRect(points)
    if min(size) / PER_MM < _LINE_THICKNESS_MM:
        return False
    if is_round(piece) or is_straight_strokes(piece):
        return False
    return not is_frame(points, (centre[0], centre[1]), (size[0], size[1]), angle)


def _bent_mm(piece: MatLike) -> float:
    """Return the length of the pen's way where it turns: not straight for long, no wide arc."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    bent = 0.0
    for outline in outlines:
        corners = cv2.approxPolyDP(outline, _BEND_MM * PER_MM, True).reshape(-1, 2).astype(float)
        sides = np.roll(corners, -1, axis=0) - corners
        lengths = np.hypot(*sides.T)
        headings = np.degrees(np.arctan2(sides[:, 1], sides[:, 0]))
        turns = np.abs((headings - np.roll(headings, 1) + 180) % 360 - 180)
        turning = np.maximum(turns, np.roll(turns, -1)) >= _TURN_DEG
        bent += float(lengths[(lengths < _STRAIGHT_MM * PER_MM) & turning].sum())
    return bent / 2 / PER_MM


def _stroke_mm(piece: MatLike) -> float:
    """Return the length of the pen's way: half the outline, as a stroke has two sides."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return sum(float(cv2.arcLength(o, True)) for o in outlines) / 2 / PER_MM
