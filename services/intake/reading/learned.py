"""A page without codes, laid over a form that somebody else made: known by what is printed on it.

Coarsely by picture features, whatever way the page is turned; then finely by the printed words,
each found by itself within a millimetre. A word that is not seen is left out, never inferred.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.align import Homography, pixels_per_mm, project
from services.intake.reading.measured import (
    MOST_ANCHORS,
    Point,
    PrintMeasure,
    Registration,
)
from services.intake.reading.paper import PER_MM, flatten
from shared.forms import PICTURE_PER_MM, FormTemplate, Rect
from shared.identifiers import InitiativeId

_QUICK_LONG_SIDE_PX = 1200
_QUICK_FEATURES = 2500
_SURE_LONG_SIDE_PX = 900
_RATIO = 0.8
_LEAST_MATCHES = 12
_ENOUGH_MATCHES = 80
"""So many features that agree are no chance; with fewer, the surer way is tried."""
_FEATURE_OFF = 3.0
"""Pixels of the reduced picture."""

_SEARCH_MM = (1.6, 0.6)
_LEAST_ANCHOR = 0.6
_ANCHOR_OFF_MM = 0.8
_ANCHOR_WIDE_MM = (2.5, 16.0)
_AROUND_MM = 0.5
_MOST_ANCHORS = 120
_LEAST_ANCHORS = 8

_WORD_SEARCH_MM = 0.3
_PART_MM = 2.4
_SMOOTH_PX = 0.8
_CELLS = (3, 4)


@dataclass(frozen=True)
class LearnedForm:
    """A learned form as the reader needs it: its template, and its picture as an encoded PNG."""

    initiative: InitiativeId
    template: FormTemplate
    picture: bytes


@dataclass(frozen=True)
class Blank:
    """A learned form's print: darkness 0 to 255, at `PICTURE_PER_MM` and at `PER_MM`."""

    template: FormTemplate
    fine: MatLike
    flat: MatLike


@dataclass(frozen=True)
class Anchor:
    """A printed word, where its middle was seen in the picture, and how alike it is (to 1)."""

    printed_mm: Point
    at: Point
    likeness: float


@dataclass(frozen=True)
class Laid:
    """A page laid over a blank: the homography from millimetres to pixels, and what it rests on."""

    matrix: Homography
    anchors: tuple[Anchor, ...]
    sought: int


def blank_of(form: LearnedForm) -> Blank:
    """Return the form's print. The picture is ours: made when the form was learned."""
    grey = cv2.imdecode(np.frombuffer(form.picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("a learned form without a picture")
    fine = cv2.bitwise_not(grey)
    factor = PER_MM / PICTURE_PER_MM
    flat = cv2.resize(fine, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return Blank(form.template, fine, flat)


class Features:
    """The features of one page, found once however many forms it is compared with."""

    def __init__(self, grey: MatLike) -> None:
        self._grey = grey
        self._found: dict[bool, tuple[NDArray[np.float32], MatLike | None]] = {}

    def __call__(self, *, sure: bool) -> tuple[NDArray[np.float32], MatLike | None]:
        """Return places in pixels and descriptors; `sure` is the dearer kind."""
        if sure not in self._found:
            self._found[sure] = _features(self._grey, sure=sure)
        return self._found[sure]


def lay(grey: MatLike, features: Features, blank: Blank) -> Laid | None:
    """Return how the page lies over the blank, or None where it is some other paper."""
    matrix = _coarse(features, blank)
    if matrix is None:
        return None
    laid: Laid | None = None
    words = _anchor_words(blank.template)
    for search_mm in _SEARCH_MM:
        anchors = _seen(grey, matrix, blank, words, search_mm)
        fitted = _fit(anchors)
        if fitted is None:
            return None
        matrix = fitted
        laid = Laid(matrix, tuple(anchors), len(words))
    return laid


def described(
    laid: Laid, template: FormTemplate, stated_dpi: float | None, stated_coarse_dpi: float | None
) -> Registration | None:
    """Return the registration as it is measured for every form."""
    back: Homography = np.asarray(np.linalg.inv(laid.matrix), dtype=np.float64)
    found = project(back, [a.at for a in laid.anchors])
    printed = np.array([a.printed_mm for a in laid.anchors])
    off = np.linalg.norm(found - printed, axis=1)
    # What lies far off was taken for the word but is none: it does not count as seen.
    near = off <= _ANCHOR_OFF_MM
    per_mm = pixels_per_mm(laid.matrix, template)
    if per_mm is None or not near.any():
        return None
    dpi = per_mm[0] * 25.4
    coarse = dpi
    if stated_dpi and stated_coarse_dpi:
        coarse = dpi * stated_coarse_dpi / stated_dpi
    return Registration(
        to_pixels=tuple((float(r[0]), float(r[1]), float(r[2])) for r in laid.matrix),
        marks_found=0,
        cores_found=0,
        anchors_found=int(near.sum()),
        anchors_sought=laid.sought,
        anchors_spread=_spread(printed[near], template),
        rms_mm=float(np.sqrt(np.mean(off[near] ** 2))),
        worst_mm=float(off[near].max()),
        dpi=dpi,
        coarse_dpi=coarse,
        print_scale=dpi / stated_dpi if stated_dpi else None,
        stretch=per_mm[1],
        rests_on=tuple(
            Rect(left_mm=x - 1, top_mm=y - 1, width_mm=2, height_mm=2)
            for x, y in printed[near][:MOST_ANCHORS].tolist()
        ),
    )


def compare_print(flat: MatLike, blank: Blank) -> PrintMeasure:
    """Return how alike each printed word is to what stands there. `flat` is darkness at `PER_MM`.

    A word is compared as a whole and part by part: another number, or a stroke through it, shows
    in the part that is least alike.
    """
    page, own = (cv2.GaussianBlur(p, (0, 0), _SMOOTH_PX) for p in (flat, blank.flat))
    assert blank.template.print is not None
    likeness, least = [], []
    for word in blank.template.print.words:
        whole, part = _compared(page, own, word.area)
        likeness.append(round(whole, 3))
        least.append(round(part, 3))
    return PrintMeasure(likeness=tuple(likeness), least=tuple(least))


# --- Coarse ------------------------------------------------------------------------------------


def _coarse(features: Features, blank: Blank) -> Homography | None:
    picture = cv2.bitwise_not(blank.flat)
    for sure in (False, True):
        matrix, agreeing = _matched(_features(picture, sure=sure), features(sure=sure), sure=sure)
        if agreeing >= _ENOUGH_MATCHES or (sure and agreeing >= _LEAST_MATCHES):
            return matrix
    return None


def _features(grey: MatLike, *, sure: bool) -> tuple[NDArray[np.float32], MatLike | None]:
    factor = min(1.0, (_SURE_LONG_SIDE_PX if sure else _QUICK_LONG_SIDE_PX) / max(grey.shape[:2]))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    detector = cv2.SIFT.create() if sure else cv2.ORB.create(nfeatures=_QUICK_FEATURES)
    points, descriptors = detector.detectAndCompute(small, None)
    places = np.array([point.pt for point in points], np.float32).reshape(-1, 2) / factor
    return places, descriptors


def _matched(
    printed: tuple[NDArray[np.float32], MatLike | None],
    found: tuple[NDArray[np.float32], MatLike | None],
    *,
    sure: bool,
) -> tuple[Homography | None, int]:
    if printed[1] is None or found[1] is None or min(len(printed[0]), len(found[0])) < 2:
        return None, 0
    matcher = cv2.BFMatcher(cv2.NORM_L2 if sure else cv2.NORM_HAMMING)
    pairs = matcher.knnMatch(printed[1], found[1], k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < _RATIO * p[1].distance]
    if len(good) < _LEAST_MATCHES:
        return None, 0
    span = float(np.ptp(found[0], axis=0).max())
    off = _FEATURE_OFF * max(span / _SURE_LONG_SIDE_PX, 1.0)
    matrix, agreeing = cv2.findHomography(
        printed[0][[m.queryIdx for m in good]] / PER_MM,
        found[0][[m.trainIdx for m in good]],
        cv2.USAC_MAGSAC,
        off,
    )
    # Where nothing agrees OpenCV returns none, whatever its types say.
    found_way = np.asarray(matrix, dtype=np.float64)
    if found_way.shape != (3, 3) or not np.isfinite(found_way).all():
        return None, 0
    return found_way, int(np.count_nonzero(agreeing))


# --- Fine --------------------------------------------------------------------------------------


def _anchor_words(template: FormTemplate) -> list[Rect]:
    """The words to look for: large enough to be told from their neighbours, over the whole page."""
    assert template.print is not None
    least, most = _ANCHOR_WIDE_MM
    words = [w.area for w in template.print.words if w.area.width_mm >= least]
    words = [
        Rect(
            left_mm=w.left_mm,
            top_mm=w.top_mm,
            width_mm=min(w.width_mm, most),
            height_mm=w.height_mm,
        )
        for w in words
    ]
    step = max(1.0, len(words) / _MOST_ANCHORS)
    return [words[int(i * step)] for i in range(min(len(words), _MOST_ANCHORS))]


def _seen(
    grey: MatLike, matrix: Homography, blank: Blank, words: Sequence[Rect], search_mm: float
) -> list[Anchor]:
    shape = (blank.flat.shape[0], blank.flat.shape[1])
    page = cv2.bitwise_not(flatten(grey, matrix, PER_MM, shape))
    anchors: list[Anchor] = []
    for word in words:
        found = best_shift(page, blank.flat, word, search_mm)
        if found is None or found[2] < _LEAST_ANCHOR:
            continue
        x, y = word.centre_mm
        [at] = project(matrix, [(x + found[0], y + found[1])])
        anchors.append(Anchor((x, y), (float(at[0]), float(at[1])), found[2]))
    return anchors


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


def _fit(anchors: Sequence[Anchor]) -> Homography | None:
    if len(anchors) < _LEAST_ANCHORS:
        return None
    printed = np.array([a.printed_mm for a in anchors])
    seen = np.array([a.at for a in anchors])
    # From pixels to millimetres, so that what is off is counted in millimetres.
    back, _ = cv2.findHomography(seen, printed, cv2.RANSAC, _ANCHOR_OFF_MM)
    matrix = np.asarray(back, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not np.linalg.det(matrix):
        return None
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _spread(printed_mm: NDArray[np.float64], template: FormTemplate) -> float:
    """Return the share of the page's parts with print in which some of it was seen."""
    assert template.print is not None

    def parts(points: Sequence[Point] | NDArray[np.float64]) -> set[tuple[int, int]]:
        columns, rows = _CELLS
        return {
            (int(x / template.page_width_mm * columns), int(y / template.page_height_mm * rows))
            for x, y in points
        }

    printed = parts([w.centre_mm for w in _anchor_words(template)])
    return len(printed & parts(printed_mm)) / max(len(printed), 1)


# --- Words -------------------------------------------------------------------------------------


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
