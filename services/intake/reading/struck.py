"""Whether print was struck out, or words were added to it: an option's, or a line's with a bar."""

from itertools import pairwise

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.label_end import find_bar, is_blank, written_after
from services.intake.reading.paper import PER_MM, FlatPage
from shared.forms import LABEL_BAR_WIDE_MM, Box, Rect

_INK = 80
_PRINT = 128
"""Half as dark as print: its edge, however blurred."""

_MORE_MM = 3.0
_STREAK_WIDE_MM, _STREAK_LEANS_MM = 0.7, 1.5
_LABEL_GAP_MM = 5.0
_ROW_GAP_MM = 2.7
"""In a label of several lines, each shorter than the longest may have words added to it."""
_LETTER_TALL_MM, _LINES_APART_MM, _LEAST_LETTERS = 1.3, 1.2, 5
_LABEL_TALL_MM = 5.4
_LABEL_WIDE_MM = 22.0
_STRIKE_MM = 12.0
_LONG_STRIKE_MM = 24.0
_BESIDE_LINE_MM = 0.7
_BARE_SIDE, _LETTERS_SIDE = 0.15, 0.5
"""Shares of a line's length, of letters so heavy that they run together."""

_STRIKE_GAP_MM = 0.4
_BEFORE_MM = 2.5
"""How far before a label a line through it is looked for; a mark's tail seldom comes so far."""
_ENTERS_MM, _ENTERS_ASIDE_MM = 1.2, 1.2
"""How much of a thin line stands there at least, in pieces too; how far from the label's middle."""
_THIN_MM = 0.65
_BRIDGE_MM, _BRIDGE_STEP_MM, _BRIDGE_BARE_MM = 1.5, 0.4, 0.6
"""A thin line's least length where it stands alone between two words: a hyphen, and the arch of an
m, are shorter. How much higher or lower it goes on in the next column (a fax's rows are 0.26 mm);
how near the letter is. A dash stands off from both."""
_BRIDGE_WITHIN_MM = 0.6
"""It meets the letter at least so far from its top and its foot, where letters' own arches are."""
_LABEL_ASIDE_MM = 1.1
_LABEL_SPECK_MM2 = 0.2


def line_continued(page: FlatPage, line: Rect) -> bool:
    """Whether anything stands after a line of print, which may be empty."""
    ink, dark = _strips(page, line)
    bar = find_bar(dark)
    if bar is None:
        return not is_blank(_at_height(ink, ink.shape[0] / 2, line))
    return written_after(_at_height(ink, bar.middle, line), bar)


def label_struck(page: FlatPage, box: Box) -> bool:
    """Whether an option's printed label has something over it, or after it.

    Printed letters are low and narrow, and words follow each other closely; a line through them
    is wide, handwriting is tall, and a remark after the label stands off from it.
    """
    ink, dark = _strips(page, box.label)
    middle, end = ink.shape[0] / 2, ink.shape[1]
    if box.label_ends_with_bar:
        bar = find_bar(dark)
        if bar is None:
            return True
        middle, end = bar.middle, bar.right
        if written_after(_at_height(ink, middle, box.label), bar):
            return True
    before, _ = _strips(
        page,
        Rect.spanning(
            box.label.left_mm - _BEFORE_MM,
            box.label.top_mm,
            box.label.left_mm,
            box.label.bottom_mm,
        ),
    )
    whole = _at_height(np.hstack([before, ink]), middle, box.label)
    ink, dark = (_at_height(strip, middle, box.label)[:, :end] for strip in (ink, dark))
    if _struck_through(ink, dark) or _crosses_bare_paper(whole[:, : before.shape[1] + end]):
        return True
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _LABEL_SPECK_MM2 * PER_MM**2]
    # A streak beside print runs through the strip, and no further in one piece.
    streak = (pieces[:, cv2.CC_STAT_WIDTH] <= _STREAK_WIDE_MM * PER_MM) & (
        pieces[:, cv2.CC_STAT_HEIGHT] >= ink.shape[0] - 1
    )
    pieces = pieces[~streak]
    if len(pieces) == 0:
        return False
    if (pieces[:, cv2.CC_STAT_HEIGHT] > _LABEL_TALL_MM * PER_MM).any():
        return True
    if (pieces[:, cv2.CC_STAT_WIDTH] > _LABEL_WIDE_MM * PER_MM).any():
        return True
    # Lines of print are set around the strip's middle; what is written below or above is not.
    top = pieces[:, cv2.CC_STAT_TOP].min()
    bottom = (pieces[:, cv2.CC_STAT_TOP] + pieces[:, cv2.CC_STAT_HEIGHT]).max()
    if abs(float(top + bottom) - ink.shape[0]) / 2 > _LABEL_ASIDE_MM * PER_MM:
        return True
    # Nothing is written without a letter wider than a stroke; a broken streak is. Of worn print
    # before a bar only stems may be left.
    wide = pieces[:, cv2.CC_STAT_WIDTH] > _STREAK_WIDE_MM * PER_MM
    if _largest_gap_mm(pieces if box.label_ends_with_bar else pieces[wide]) > _LABEL_GAP_MM:
        return True
    before_bar = pieces[pieces[:, cv2.CC_STAT_LEFT] < end - 2 * LABEL_BAR_WIDE_MM * PER_MM]
    rows = _rows(before_bar if box.label_ends_with_bar else pieces)
    return any(_largest_gap_mm(row) > _ROW_GAP_MM for row in rows)


def _rows(pieces: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Return the letters of each line of a label that has several; nothing where it has one."""
    tall = pieces[:, cv2.CC_STAT_HEIGHT]
    middles = pieces[:, cv2.CC_STAT_TOP] + tall / 2
    letters = np.sort(middles[tall >= _LETTER_TALL_MM * PER_MM])
    parted = np.flatnonzero(np.diff(letters) > _LINES_APART_MM * PER_MM)
    between = (letters[parted] + letters[parted + 1]) / 2
    line = np.searchsorted(between, middles)
    rows = [pieces[line == number] for number in range(len(between) + 1)]
    rows = [row for row in rows if len(row) >= _LEAST_LETTERS]
    return rows if len(rows) > 1 else []


def _largest_gap_mm(pieces: NDArray[np.int32]) -> float:
    """Return how much paper there is, at most, between what stands in a line."""
    if len(pieces) == 0:
        return 0.0
    ordered = pieces[np.argsort(pieces[:, cv2.CC_STAT_LEFT])]
    lefts = ordered[:, cv2.CC_STAT_LEFT]
    reached = np.maximum.accumulate(lefts + ordered[:, cv2.CC_STAT_WIDTH])
    return float(np.max(lefts[1:] - reached[:-1], initial=0)) / PER_MM


def _struck_through(ink: MatLike, dark: MatLike) -> bool:
    """Whether a stroke runs straight on where print has gaps from letter to letter.

    On a bad scan heavy letters that stand close run together, along their tops and their feet:
    there they are on one side of the line only. What is longer than a word is no print.
    """
    if len(_lines(ink, _LONG_STRIKE_MM)):
        return True
    return any(
        not _runs_along_letters(strip, *ends)
        for strip in (dark, ink)
        for ends in _lines(strip, _STRIKE_MM)
    )


def _crosses_bare_paper(ink: MatLike) -> bool:
    """Whether a thin line comes to the first letter from before it, or runs from word to word.

    The rest of the line may be lost in the letters, above all where a fax shows it in pieces.
    """
    tall = ink.sum(axis=0, dtype=np.int32)
    top = np.argmax(ink, axis=0)
    bottom = ink.shape[0] - 1 - np.argmax(ink[::-1], axis=0)
    thin = (tall > 0) & (tall <= _THIN_MM * PER_MM) & (bottom - top + 1 == tall)
    middle = (top + bottom) / 2
    letters = np.flatnonzero(tall > 2 * _THIN_MM * PER_MM)
    before = thin[: letters[0] if len(letters) else None]
    level = np.abs(middle[: len(before)] - ink.shape[0] / 2) <= _ENTERS_ASIDE_MM * PER_MM
    if (before & level).sum() >= _ENTERS_MM * PER_MM:
        return True
    breaks = 1 + np.flatnonzero(
        ~(thin[1:] & thin[:-1]) | (np.abs(np.diff(middle)) > _BRIDGE_STEP_MM * PER_MM)
    )
    return any(
        _meets_letter(ink, middle[start], start - 1, -1)
        or _meets_letter(ink, middle[end - 1], end, 1)
        for start, end in pairwise([0, *breaks, len(thin)])
        if thin[start] and end - start >= _BRIDGE_MM * PER_MM
    )


def _meets_letter(ink: MatLike, row: float, column: int, step: int) -> bool:
    """Whether a letter stands at a thin line's end that reaches above it and below."""
    near = range(column, column + step * (1 + round(_BRIDGE_BARE_MM * PER_MM)), step)
    within = _BRIDGE_WITHIN_MM * PER_MM
    for place in near:
        if 0 <= place < ink.shape[1]:
            rows = np.flatnonzero(ink[:, place])
            if len(rows) and rows[0] <= row - within and rows[-1] >= row + within:
                return True
    return False


def _lines(ink: MatLike, least_mm: float) -> list[tuple[int, int, int, int]]:
    found = cv2.HoughLinesP(
        ink * 255,
        1,
        np.pi / 360,
        round(0.8 * least_mm * PER_MM),
        minLineLength=round(least_mm * PER_MM),
        maxLineGap=round(_STRIKE_GAP_MM * PER_MM),
    )
    return [] if found is None else [(x0, y0, x1, y1) for x0, y0, x1, y1 in found.reshape(-1, 4)]


def _runs_along_letters(dark: MatLike, x0: int, y0: int, x1: int, y1: int) -> bool:
    """Whether letters stand on one side of a line, and next to nothing on the other."""
    along = np.linspace(0.0, 1.0, max(abs(x1 - x0), 2))
    columns = np.round(x0 + along * (x1 - x0)).astype(int)
    sides = []
    for away in (-_BESIDE_LINE_MM, _BESIDE_LINE_MM):
        rows = np.round(y0 + along * (y1 - y0) + away * PER_MM).astype(int)
        sides.append(float(dark[np.clip(rows, 0, dark.shape[0] - 1), columns].mean()))
    return min(sides) <= _BARE_SIDE and max(sides) >= _LETTERS_SIDE


def _strips(page: FlatPage, line: Rect) -> tuple[MatLike, MatLike]:
    """Return a line of print, some paper above and below: all ink, and what is dark as print."""
    darkness = page.crop(
        Rect.spanning(
            line.left_mm, line.top_mm - _MORE_MM, line.right_mm, line.bottom_mm + _MORE_MM
        )
    )
    ink = (darkness > _INK).astype(np.uint8)
    return _without_streaks(ink), (darkness > _PRINT).astype(np.uint8)


def _without_streaks(ink: MatLike) -> MatLike:
    """Return a strip without thin lines right through it and the paper above and below."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    thick = stats[:, cv2.CC_STAT_AREA] / np.maximum(stats[:, cv2.CC_STAT_HEIGHT], 1)
    streak = (
        (stats[:, cv2.CC_STAT_HEIGHT] == ink.shape[0])
        & (thick <= _STREAK_WIDE_MM * PER_MM)
        & (stats[:, cv2.CC_STAT_WIDTH] <= _STREAK_LEANS_MM * PER_MM)
    )
    streak[0] = False
    return np.where(streak[labels], 0, ink).astype(np.uint8) if streak.any() else ink


def _at_height(strip: MatLike, middle: float, line: Rect) -> MatLike:
    """Return the part of a strip, as high as the line, around a middle row."""
    height = round(line.height_mm * PER_MM)
    top = min(max(round(middle - height / 2), 0), strip.shape[0] - height)
    return strip[top : top + height]
