"""A page without codes, laid over a form that somebody else made: known by what is printed on it.

Coarsely by picture features; then finely by the printed words, each found by itself within a
millimetre. A word that is not seen is left out, never inferred.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.align import Homography, pixels_per_mm, project
from services.intake.reading.learned.blank import Blank
from services.intake.reading.learned.features import Coarse
from services.intake.reading.learned.words import best_shift
from services.intake.reading.measured import MOST_ANCHORS, Point, Registration
from services.intake.reading.paper import PER_MM, flatten
from shared.forms import FormTemplate, Rect

_SEARCH_MM = (1.6, 0.6)
_LEAST_ANCHOR = 0.6
_ANCHOR_OFF_MM = 0.8
_ANCHOR_WIDE_MM = (2.5, 16.0)
_MOST_ANCHORS = 120
_LEAST_ANCHORS = 8
_LEAST_ANCHORS_SEEN = 0.3
"""Of those sought; with fewer it is some other paper of the same office."""
_CELLS = (3, 4)


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


def lay(grey: MatLike, coarse: Coarse, blank: Blank) -> Laid | None:
    """Return how the page lies over the blank, or None where it is some other paper."""
    matrix = coarse.matrix
    laid: Laid | None = None
    words = _anchor_words(blank.template)
    for search_mm in _SEARCH_MM:
        anchors = _seen(grey, matrix, blank, words, search_mm)
        fitted = _fit(anchors)
        if fitted is None:
            return None
        matrix = fitted
        laid = Laid(matrix, tuple(anchors), len(words))
    if laid is None or len(laid.anchors) < _LEAST_ANCHORS_SEEN * laid.sought:
        return None
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
