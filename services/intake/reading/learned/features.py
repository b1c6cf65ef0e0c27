"""Whether a page is like a blank, and about how it lies: by picture features, turned or not.

ORB first, which costs little; SIFT where that does not find enough.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.align import Homography
from services.intake.reading.paper import PER_MM

_QUICK_LONG_SIDE_PX = 1200
_QUICK_FEATURES = 2500
_SURE_LONG_SIDE_PX = 900
_RATIO = 0.8
_LEAST_MATCHES = 12
_ENOUGH_MATCHES = 80
"""So many features that agree are no chance; with fewer, the surer way is tried."""
_FEATURE_OFF = 3.0
"""Pixels of the reduced picture."""


class Features:
    """The features of one picture, found once however many others it is compared with.

    `grey` gives the picture, and is asked for it when some kind of feature is first needed.
    """

    def __init__(self, grey: Callable[[], MatLike]) -> None:
        self._grey = grey
        self._found: dict[bool, tuple[NDArray[np.float32], MatLike | None]] = {}

    def __call__(self, *, sure: bool) -> tuple[NDArray[np.float32], MatLike | None]:
        """Return places in pixels and descriptors; `sure` is the dearer kind."""
        if sure not in self._found:
            self._found[sure] = _features(self._grey(), sure=sure)
        return self._found[sure]


@dataclass(frozen=True)
class Coarse:
    """About how a page lies over a blank, and how many features agree on it."""

    matrix: Homography
    agreeing: int


def look_for(page: Features, blank: Features) -> Coarse | None:
    """Return how the page may lie over the blank (at `PER_MM`), by what is alike in the two."""
    for sure in (False, True):
        matrix, agreeing = _matched(blank(sure=sure), page(sure=sure), sure=sure)
        if matrix is None:
            continue
        if agreeing >= _ENOUGH_MATCHES or (sure and agreeing >= _LEAST_MATCHES):
            return Coarse(matrix, agreeing)
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
