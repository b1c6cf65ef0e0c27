"""The page of a learned form laid flat, with the form's own print taken out of it.

What is left is what somebody added: the rooms that measure signature, fields and stray ink see
nothing else. Paper bends, so the page is first brought to lie on the blank word by word.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.align import project
from services.intake.reading.learned.blank import Blank
from services.intake.reading.learned.lay import Anchor, Laid
from services.intake.reading.paper import PER_MM, FlatPage, darkness_of, white_of
from services.intake.reading.paper_lines import find_paper_lines
from shared.forms import PICTURE_PER_MM, Rect

_MAP_MM = 1.0
_BEND_REACH_MM = 14.0
_BEND_STEADY = 0.3
"""Weight of "not bent" where no word is near."""
_MOST_BEND_MM = 0.8

_OWN_INK = 70
_CORE_INK = 200
_TOLERANCE_MM = 0.26
"""Around print: the blur of printer and scanner, and what bending leaves over."""

_RULE_LONG_MM = 6.0
_RULE_REACH_MM = 0.35
_RULE_PART_MM = 15.0
_LINE_GAIN = 1.1
_LINE_NOISE = 16
_LINE_CORE = 90
_CRUMB = 50
_LEAST_CONTRAST = 60.0


@dataclass(frozen=True)
class LearnedPage(FlatPage):
    """`darkness` is without the form's own print; `whole` and `fine` (at `PICTURE_PER_MM`) have it.

    `fine_rest` is `darkness` at `PICTURE_PER_MM`.
    """

    whole: MatLike
    fine: MatLike
    fine_rest: MatLike

    def fine_crop(self, rect: Rect) -> MatLike:
        """Return the darkness within a rectangle at `FINE_PER_MM`, without the form's own print."""
        return cut(self.fine_rest, rect)


def without_lines_across(page: LearnedPage) -> LearnedPage:
    """Return the page without folds and streaks, as any form's is before it is measured.

    They are looked for with the form's print in place, which they are told from by its ends, and
    taken out of every picture of the page.
    """
    lines = tuple(find_paper_lines(page.whole))
    if not lines:
        return page

    def bare(picture: MatLike, per_mm: int) -> MatLike:
        result = picture.copy()
        for line in lines:
            line.take_out(result, per_mm)
        return result

    return replace(
        page,
        lines=lines,
        darkness=bare(page.darkness, PER_MM),
        whole=bare(page.whole, PER_MM),
        fine=bare(page.fine, PICTURE_PER_MM),
        fine_rest=bare(page.fine_rest, PICTURE_PER_MM),
    )


def cut(picture: MatLike, rect: Rect) -> MatLike:
    """Return a rectangle of a picture at `PICTURE_PER_MM`; beyond the page there is white paper."""
    left, top = round(rect.left_mm * PICTURE_PER_MM), round(rect.top_mm * PICTURE_PER_MM)
    height, width = round(rect.height_mm * PICTURE_PER_MM), round(rect.width_mm * PICTURE_PER_MM)
    result = np.zeros((height, width), picture.dtype)
    there = picture[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    y, x = max(-top, 0), max(-left, 0)
    result[y : y + there.shape[0], x : x + there.shape[1]] = there
    return result


def lay_learned(grey: MatLike, laid: Laid, blank: Blank) -> LearnedPage | None:
    """Return the page laid flat, or None if print hardly stands out from paper."""
    fine_grey = _unbent(grey, laid, (blank.fine.shape[0], blank.fine.shape[1]))
    factor = PER_MM / PICTURE_PER_MM
    flat = cv2.resize(fine_grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    white = white_of(flat)
    full_white = cv2.resize(white, fine_grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    even = cv2.divide(fine_grey, full_white, scale=255.0)
    core = cv2.erode((blank.fine > _CORE_INK).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not core.any():
        return None
    contrast = 1.0 - float(np.median(even[core])) / 255.0
    if contrast * float(np.median(white)) < _LEAST_CONTRAST:
        return None
    fine = darkness_of(even, 255.0, contrast)
    rest = _without_print(fine, blank.fine)
    size = flat.shape[1], flat.shape[0]
    return LearnedPage(
        darkness=cv2.resize(rest, size, interpolation=cv2.INTER_AREA),
        white=white,
        contrast=contrast,
        template=blank.template,
        source=grey,
        to_source=laid.matrix,
        whole=cv2.resize(fine, size, interpolation=cv2.INTER_AREA),
        fine=fine,
        fine_rest=rest,
    )


def _unbent(grey: MatLike, laid: Laid, shape: tuple[int, int]) -> MatLike:
    """Return the page at `PICTURE_PER_MM`, each place moved as the words around it are."""
    height_mm, width_mm = (side / PICTURE_PER_MM for side in shape)
    columns, rows = round(width_mm / _MAP_MM), round(height_mm / _MAP_MM)
    bend = cv2.resize(_bend(laid, width_mm, height_mm), (columns, rows))
    x = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(width_mm / columns)
    y = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(height_mm / rows)
    x_mm, y_mm = x[None, :] + bend[..., 0], y[:, None] + bend[..., 1]
    m = laid.matrix
    depth = m[2, 0] * x_mm + m[2, 1] * y_mm + m[2, 2]
    from_x = (m[0, 0] * x_mm + m[0, 1] * y_mm + m[0, 2]) / depth
    from_y = (m[1, 0] * x_mm + m[1, 1] * y_mm + m[1, 2]) / depth
    # So smooth is the way back to the picture that between these places it is straight.
    size = shape[1], shape[0]
    map_x, map_y = (cv2.resize(one.astype(np.float32), size) for one in (from_x, from_y))
    return cv2.remap(grey, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _bend(laid: Laid, width_mm: float, height_mm: float) -> NDArray[np.float32]:
    """Return how far, in millimetres, each place (one a square of 4 mm) lies off the homography."""
    step = 4.0
    columns, rows = int(width_mm / step) + 1, int(height_mm / step) + 1
    places = np.stack(
        np.meshgrid(
            (np.arange(columns) + 0.5) * width_mm / columns,
            (np.arange(rows) + 0.5) * height_mm / rows,
        ),
        axis=-1,
    )
    printed, off = _offsets(laid.anchors, laid)
    apart = np.linalg.norm(places[:, :, None, :] - printed[None, None], axis=-1)
    weight = np.exp(-((apart / _BEND_REACH_MM) ** 2) / 2)
    total = weight.sum(axis=2, keepdims=True) + _BEND_STEADY
    return np.asarray((weight[..., None] * off).sum(axis=2) / total, dtype=np.float32)


def _offsets(
    anchors: tuple[Anchor, ...], laid: Laid
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    back = np.asarray(np.linalg.inv(laid.matrix), dtype=np.float64)
    printed = np.array([a.printed_mm for a in anchors])
    off = project(back, [a.at for a in anchors]) - printed
    near = np.linalg.norm(off, axis=1) <= _MOST_BEND_MM
    return printed[near], off[near]


def _without_print(fine: MatLike, own: MatLike) -> MatLike:
    """Return the page without the form's print."""
    ink = (own > _OWN_INK).astype(np.uint8)
    long = round(_RULE_LONG_MM * PICTURE_PER_MM)
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    cover = cv2.dilate(cv2.subtract(ink, rules), _disc(_TOLERANCE_MM)) > 0
    rest = fine.copy()
    for left, top, width, height in _pieces(cv2.dilate(rules, _disc(_RULE_REACH_MM))):
        step = round(_RULE_PART_MM * PICTURE_PER_MM)
        parts = max(1, round(width / step))
        for start, end in pairwise(np.linspace(left, left + width, parts + 1).astype(int)):
            block = (slice(top, top + height), slice(start, end))
            rest[block] = _without_rule(fine[block])
        _drop_loose(rest, slice(max(top - 2, 0), top + height + 2), slice(left, left + width))
    rest[cover] = 0
    return rest


def _drop_loose(rest: MatLike, rows: slice, columns: slice) -> None:
    """Wipe out what lies along a printed line and reaches no further: crumbs of the line itself."""
    band = rest[rows, columns]
    _, labels = cv2.connectedComponents((band > _CRUMB).astype(np.uint8), connectivity=8)
    reaching = np.unique(np.concatenate((labels[:2].ravel(), labels[-2:].ravel())))
    band[~np.isin(labels, reaching[reaching > 0])] = 0


def _without_rule(part: MatLike) -> MatLike:
    """Return part of a printed line with the line taken away as it looks there.

    Letters stand on the line and hang below it: what is darker than the line stays, and a stroke
    that is seen on both sides of it goes on beneath.
    """
    line = np.median(part, axis=1, keepdims=True)
    rest = np.clip(part.astype(np.float32) - _LINE_GAIN * line - _LINE_NOISE, 0, 255)
    rest = np.where(rest > 0, np.minimum(rest + _LINE_NOISE, part), 0).astype(np.uint8)
    core = line[:, 0] > _LINE_CORE
    across = np.ones((int(core.sum()) + 2, 1), np.uint8)
    bridged = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, across)
    rest[core] = np.maximum(rest[core], bridged[core])
    return rest


def _pieces(mask: MatLike) -> list[tuple[int, int, int, int]]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[1:]]


def _disc(reach_mm: float) -> MatLike:
    side = 2 * round(reach_mm * PICTURE_PER_MM) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
