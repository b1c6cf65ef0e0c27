"""Measuring the signature boxes: is there something written by hand in them?

Nobody's signature is compared with anything. A handwritten name is told from a typed one by the
size of what hangs together: printed letters are small and stand apart. It is told from rules,
folds, streaks, stamps and the rim of a cup by its bends: those are straight, or round.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.broken import joined_where_in_line
from services.intake.reading.fold import is_fold_in_two
from services.intake.reading.leaving import close_around, leaves, without_frame
from services.intake.reading.letter_rows import Rows, measure_rows
from services.intake.reading.measured import (
    MendedMeasure,
    PrintReading,
    SignatureMeasure,
)
from services.intake.reading.paper import PER_MM, FlatPage, PaperLine
from services.intake.reading.readable import feet_in_line, read_as_print
from services.intake.reading.shapes import is_frame, is_round, is_straight_strokes, without_stamps
from shared.forms import FormTemplate, SignatureArea

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
_WHOLE_MM = 15.0
"""What hangs together over so much is not broken to pieces."""

_RULE_MM = 22.0
_RULE_GAP_MM = 1.0
_RULE_HALF_MM, _RULE_TAKEN_MM = 0.7, 1.0
"""What is taken out is as wide as a pen's line: a signature that touches the line below it is cut
no wider than the line is.
"""
_RULE_LEAN = 0.27
"""Of a line's length: 15°. What leans more joins no letters that stand beside each other."""
_RULE_ALONE = 0.3
"""Beside a rule there is paper: at most this share of its length has ink a little off it."""

_LEAST_CROSS = 0.85
"""Of the box's width: no name is as wide, nor the line below it."""
_MOST_CROSS_LEAN_DEG, _CROSS_STEP_DEG = 8.0, 0.2
_CROSS_CLEAR_MM = 2.5

_BEND_MM = 0.6
_TURN_DEG = 30.0
_STRAIGHT_MM = 12.0
"""Longer than the straight parts of most hands' letters."""


def measure_signatures(page: FlatPage) -> tuple[SignatureMeasure, ...]:
    """Return what each signature box of the form holds, in its order."""
    return tuple(_measure(page, signature) for signature in page.template.signatures)


@dataclass(frozen=True)
class _Written:
    """What looks written by hand: lengths in mm, and the rows between which it lies, in pixels."""

    long_mm: float = 0.0
    tallest_mm: float = 0.0
    widest_mm: float = 0.0
    top: int = 0
    bottom: int = 0


def _measure(page: FlatPage, signature: SignatureArea) -> SignatureMeasure:
    box = signature.area
    crop = page.crop(box.grown(-_FRAME_CLEAR_MM))
    everything = _ink(crop)
    ink = without_stamps(_without_rules(everything))
    written = _written(crop, ink)
    mended, mended_ink = _Written(), None
    if written.widest_mm < _WHOLE_MM and written.tallest_mm < _WHOLE_MM and ink.any():
        around, mended_ink = crop, ink
        if leaves(ink):
            area = close_around(signature)
            around = page.crop(area)
            bare = without_frame(_ink(around), box, area)
            mended_ink = without_stamps(_without_rules(bare))
        mended_ink = joined_where_in_line(mended_ink)
        mended = _written(around, mended_ink)
    readings: tuple[PrintReading, ...] = ()
    rows = Rows()
    if written.long_mm or mended.long_mm:
        top, bottom = (written.top, written.bottom) if written.long_mm else _rows(ink)
        readings = read_as_print(crop, ink, top / PER_MM, bottom / PER_MM)
        rows = measure_rows(ink)
    lines = [line for line in page.lines if line.runs_across(box)]
    ink_px, all_stroke, specks = _all_ink(everything)
    return SignatureMeasure(
        ink_mm2=ink_px / PER_MM**2,
        ink_fraction=ink_px / max(ink.size, 1),
        stroke_mm=max(_strokes_mm(ink), all_stroke),
        specks_per_cm2=100 * specks * PER_MM**2 / max(ink.size, 1),
        written_mm=written.long_mm,
        tallest_mm=written.tallest_mm,
        widest_mm=written.widest_mm,
        readings=readings,
        feet_in_line=feet_in_line(ink) if written.long_mm or mended.long_mm else 0,
        feet=rows.feet,
        tops=rows.tops,
        parallel_share=rows.parallel_share,
        mended=_mended(mended, mended_ink),
        black_line_out=any(line.dark > _INK for line in lines),
        struck_through=_more_than_a_fold(lines, page.template) or _crosses(everything),
        area=page.area(box),
    )


def _more_than_a_fold(lines: Sequence[PaperLine], template: FormTemplate) -> bool:
    """Whether lines that ran through a signature may strike it out: a letter's fold runs alone."""
    return len(lines) > 1 or any(
        line.dark > _INK and not is_fold_in_two(line, template.page_height_mm) for line in lines
    )


def _crosses(ink: MatLike) -> bool:
    """Whether a line runs through the box from side to side, clear of its frame."""
    height, width = ink.shape[:2]
    lean = np.deg2rad(_MOST_CROSS_LEAN_DEG)
    found = cv2.HoughLines(
        ink, 1, np.deg2rad(_CROSS_STEP_DEG), round(_LEAST_CROSS * width),
        min_theta=np.pi / 2 - lean, max_theta=np.pi / 2 + lean,
    )  # fmt: skip
    clear = _CROSS_CLEAR_MM * PER_MM
    for rho, theta in () if found is None else found.reshape(-1, 2):
        at = float((rho - width / 2 * np.cos(theta)) / np.sin(theta))
        if clear <= at <= height - clear:
            return True
    return False


def _rows(ink: MatLike) -> tuple[int, int]:
    """Return between which rows there is ink that is no speck."""
    rows = [where[0] for where, _ in _pieces(ink)]
    return min((r.start for r in rows), default=0), max((r.stop for r in rows), default=1)


def _mended(written: _Written, ink: MatLike | None) -> MendedMeasure | None:
    if ink is None or not written.long_mm:
        return None
    rows = measure_rows(ink)
    return MendedMeasure(
        written_mm=written.long_mm,
        tallest_mm=written.tallest_mm,
        widest_mm=written.widest_mm,
        feet=rows.feet,
        tops=rows.tops,
    )


def _written(crop: MatLike, ink: MatLike) -> _Written:
    long = tallest = widest = 0.0
    highest, lowest = ink.shape[0], 0
    for where, piece in _pieces(ink):
        height, width = piece.shape[:2]
        drawn = crop[where][piece > 0]
        if float(np.quantile(drawn, 0.9)) >= _LEAST_PEN and _looks_written(piece):
            long += _bent_mm(piece)
            tallest = max(tallest, height / PER_MM)
            widest = max(widest, width / PER_MM)
            highest, lowest = min(highest, where[0].start), max(lowest, where[0].stop)
    return _Written(long, tallest, widest, highest, lowest) if long else _Written()


def _pieces(ink: MatLike) -> Iterator[tuple[tuple[slice, slice], MatLike]]:
    """Yield where a piece of ink that is no speck lies, and the piece alone, 1 where it is."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for label in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[label])
        if area >= _SPECK_MM2 * PER_MM**2:
            where = slice(top, top + height), slice(left, left + width)
            yield where, (labels[where] == label).astype(np.uint8)


def _strokes_mm(ink: MatLike) -> float:
    return sum(_stroke_mm(piece) for _, piece in _pieces(ink))


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


def _all_ink(ink: MatLike) -> tuple[int, float, int]:
    """Return the pixels of ink and the length of stroke, rules and stamps included, and how many
    specks there are.

    Specks are left out, but for so many that a pale signature fell to pieces.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    specks = areas < _SPECK_MM2 * PER_MM**2
    fallen_apart = int(areas[specks].sum()) >= _MOST_SPECKS_MM2 * PER_MM**2
    counted = areas if fallen_apart else areas[~specks]
    return int(counted.sum()), _strokes_mm(ink), int(specks.sum())


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
            cv2.line(left, (x0, y0), (x1, y1), (0,), round(_RULE_TAKEN_MM * PER_MM))
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
