"""Printed words found again on a page: where each lies, and how alike it is."""

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.learned.blank import Blank
from services.intake.reading.measured import PrintMeasure
from services.intake.reading.paper import PER_MM
from shared.forms import PrintedWord, Rect

_AROUND_MM = 0.5
_WORD_SEARCH_MM = 0.3
_PART_MM = 2.4
_DIGIT_MM = 1.2
_SMOOTH_PX = 0.8


def best_shift(
    page: MatLike, own: MatLike, word: Rect, search_mm: float
) -> tuple[float, float, float] | None:
    """Return how far, in millimetres, a printed piece lies from its place, and how alike it is.

    Both pictures are darkness at `PER_MM`. None where it lies at the page's edge.
    """
    left, top, right, bottom = _px(word.grown(_AROUND_MM))
    reach = round(search_mm * PER_MM)
    patch = own[max(top, 0) : bottom, max(left, 0) : right]
    window = page[max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach]
    expected = patch.shape[0] + 2 * reach, patch.shape[1] + 2 * reach
    if min(left, top) < reach or window.shape[:2] != expected or float(patch.std()) < 5:
        return None
    score = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(score)
    return (
        (x + _between(score[y], x) - reach) / PER_MM,
        (y + _between(score[:, x], y) - reach) / PER_MM,
        float(best),
    )


def _between(scores: MatLike, at: int) -> float:
    """Return how far beside the best pixel the top of the parabola through its neighbours lies."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, here, after = (float(scores[i]) for i in (at - 1, at, at + 1))
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else (before - after) / (2 * bend)


def compare_print(flat: MatLike, blank: Blank) -> PrintMeasure:
    """Return how alike each printed word is to what stands there. `flat` is darkness at `PER_MM`.

    A word is compared as a whole and part by part: a stroke through it shows in the part that is
    least alike. Numbers are compared digit by digit: 2025 and 2026 in small print are alike but
    for a few dots, and how much print is alike at all depends on the scan.
    """
    page, own = (cv2.GaussianBlur(p, (0, 0), _SMOOTH_PX) for p in (flat, blank.flat))
    assert blank.template.print is not None
    words = blank.template.print.words
    likeness, least = [], []
    for word in words:
        whole, part = _compared(page, own, word.area)
        likeness.append(round(whole, 3))
        least.append(round(part, 3))
    digits = _digits_compared(page, own, [word.area for word in words if _has_digit(word)])
    return PrintMeasure(
        likeness=tuple(likeness),
        least=tuple(least),
        digits=tuple(digits.pop(0) if _has_digit(word) else 1.0 for word in words),
    )


def _has_digit(word: PrintedWord) -> bool:
    return any(sign.isdigit() for sign in word.text)


def _digits_compared(page: MatLike, own: MatLike, numbers: Sequence[Rect]) -> list[float]:
    """Return how alike each number's least alike digit is, beside what is usual on the page."""
    found = [_digit_by_digit(page, own, number) for number in numbers]
    usual = float(np.median([score for scores in found for score in scores] or [0.0]))
    if usual <= 0:
        return [0.0] * len(found)
    return [round(min(max(min(scores) / usual, 0.0), 1.0), 3) for scores in found]


def _digit_by_digit(page: MatLike, own: MatLike, number: Rect) -> list[float]:
    """Return likenesses of what is seen through a window of about a digit, moved along a number."""
    shift = best_shift(page, own, number, _WORD_SEARCH_MM)
    if shift is None:
        return [0.0]
    dx, dy = round(shift[0] * PER_MM), round(shift[1] * PER_MM)
    left, top, right, bottom = _px(number.grown(_AROUND_MM / 2))
    wide = round(_DIGIT_MM * PER_MM)
    scores = []
    for start in range(left, max(right - wide // 2, left + 1), wide // 3):
        end = min(start + wide, right)
        ours = own[top:bottom, start:end]
        theirs = page[max(top + dy - 1, 0) : bottom + dy + 1, max(start + dx - 1, 0) : end + dx + 1]
        if ours.std() <= 10:
            continue
        if theirs.shape != (ours.shape[0] + 2, ours.shape[1] + 2):
            return [0.0]
        scores.append(float(cv2.matchTemplate(theirs, ours, cv2.TM_CCOEFF_NORMED).max()))
    return scores or [max(shift[2], 0.0)]


def _compared(page: MatLike, own: MatLike, word: Rect) -> tuple[float, float]:
    """Return likeness of the whole word, and of its least alike part; 0 outside of the page."""
    found = best_shift(page, own, word, _WORD_SEARCH_MM)
    if found is None:
        return 0.0, 0.0
    dx, dy = round(found[0] * PER_MM), round(found[1] * PER_MM)
    left, top, right, bottom = _px(word.grown(_AROUND_MM / 2))
    part = round(_PART_MM * PER_MM)
    scores = []
    for start in range(left, max(right - part // 2, left + 1), part // 2):
        end = min(start + part, right)
        ours = own[top:bottom, start:end].astype(np.float32)
        theirs = page[top + dy : bottom + dy, start + dx : end + dx].astype(np.float32)
        if ours.shape == theirs.shape and ours.std() > 10:
            scores.append(_correlation(ours, theirs))
    return max(found[2], 0.0), max(min(scores, default=found[2]), 0.0)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _px(rect: Rect) -> tuple[int, int, int, int]:
    return (
        round(rect.left_mm * PER_MM),
        round(rect.top_mm * PER_MM),
        round(rect.right_mm * PER_MM),
        round(rect.bottom_mm * PER_MM),
    )
