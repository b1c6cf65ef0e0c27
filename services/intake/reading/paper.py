"""The page laid flat: the form's millimetres as a pixel grid, shadows taken out.

Darkness is what the other rooms measure: 0 for paper, 1 for the form's own printed black, whatever
the scanner made of either.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.align import Homography, project, quarter_turns_to_upright
from shared.events import Area
from shared.forms import FormTemplate, Rect

PER_MM = 8
"""Pixels to a millimetre of the flat page: 203 dpi."""

FINE_PER_MM = 12
"""The same where a box or a line of text is looked at closely: 305 dpi."""

_WHITE_PER_MM = 1
_WHITE_REACH_MM = 7
"""Wider than the widest solid black of the form, so that paper is always within reach."""

_LEAST_CONTRAST = 60.0
"""Grey levels between paper and print; with less, what looks like ink may be noise."""


_ACROSS_MM = 0.4
_DARKER = 60
"""What is so much wider than a line, and crosses it, or so much darker, is not its."""


@dataclass(frozen=True)
class PaperLine:
    """A thin straight line right down the paper, or right across it.

    `start_mm` and `end_mm` tell where, along the first edge and along the last; `wide_mm` how wide
    it is, `dark` how dark (0 to 255), `long_mm` how far the edges are apart. As black as print it
    would be `weight_mm` wide. By one of the edges `unseen_mm` of it is not there.
    """

    down: bool
    start_mm: float
    end_mm: float
    wide_mm: float
    dark: float
    long_mm: float
    weight_mm: float
    unseen_mm: float

    def runs_across(self, place: Rect) -> bool:
        """Whether the line runs through a place on its way across the paper."""
        if self.down:
            return False
        lean = (self.end_mm - self.start_mm) / self.long_mm
        heights = [self.start_mm + lean * x for x in (place.left_mm, place.right_mm)]
        return min(heights) <= place.bottom_mm and max(heights) >= place.top_mm

    def take_out(
        self, darkness: MatLike, per_mm: int, left_mm: float = 0.0, top_mm: float = 0.0
    ) -> None:
        """Take the line out of part of a page, whose left top corner lies there, in place."""
        ends = [(self.start_mm, 0.0), (self.end_mm, self.long_mm)]
        if not self.down:
            ends = [(y, x) for x, y in ends]
        (x0, y0), (x1, y1) = ((x - left_mm, y - top_mm) for x, y in ends)
        touched = np.zeros_like(darkness)
        start, end = (
            (round(x0 * per_mm), round(y0 * per_mm)),
            (round(x1 * per_mm), round(y1 * per_mm)),
        )
        cv2.line(touched, start, end, (1,), max(1, round(self.wide_mm * per_mm)))
        if not touched.any():
            return
        reach = round((self.wide_mm + _ACROSS_MM) * per_mm)
        across = np.ones((1, reach) if self.down else (reach, 1), np.uint8)
        bare = cv2.morphologyEx(darkness, cv2.MORPH_OPEN, across)
        np.copyto(darkness, bare, where=(touched > 0) & (darkness <= self.dark + _DARKER))


@dataclass(frozen=True)
class FlatPage:
    """The page at `PER_MM`, as darkness 0 to 255 (255: as black as the form's print)."""

    darkness: MatLike
    white: MatLike
    contrast: float
    template: FormTemplate
    source: MatLike
    to_source: Homography
    lines: tuple[PaperLine, ...] = field(default=(), kw_only=True)
    """What runs right across the paper; it is taken out of what is looked at."""
    off_mm: float = field(default=0.0, kw_only=True)
    """How far print lies from its place where it was seen, at most: bent paper is not flat."""

    def crop(self, rect: Rect) -> MatLike:
        """Return the darkness within a rectangle; what lies outside the page is left out."""
        left, top, right, bottom = _pixels(rect, PER_MM)
        return self.darkness[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]

    def fine_crop(self, rect: Rect) -> MatLike:
        """Return the darkness within a rectangle at `FINE_PER_MM`, straight from the source."""
        shape = round(rect.height_mm * FINE_PER_MM), round(rect.width_mm * FINE_PER_MM)
        grey = flatten(self.source, self.to_source, FINE_PER_MM, shape, rect.left_mm, rect.top_mm)
        x, y = (int(v * _WHITE_PER_MM) for v in rect.centre_mm)
        rows, columns = self.white.shape
        white = float(self.white[min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)])
        darkness = darkness_of(grey, white, self.contrast)
        for line in self.lines:
            line.take_out(darkness, FINE_PER_MM, rect.left_mm, rect.top_mm)
        return darkness

    def area(self, rect: Rect) -> Area:
        """Return where a rectangle of the form lies on the upright picture of the page.

        The page's number is 1 here; it is known when the document is put together.
        """
        height, width = self.source.shape[:2]
        corners = project(
            self.to_source,
            [(x, y) for x in (rect.left_mm, rect.right_mm) for y in (rect.top_mm, rect.bottom_mm)],
        )
        x, y = corners[:, 0] / width, corners[:, 1] / height
        for _ in range(quarter_turns_to_upright(self.to_source)):
            x, y = y, 1 - x  # as np.rot90 turns
        x, y = np.clip(x, 0, 1), np.clip(y, 0, 1)
        return Area(
            page=1,
            left=float(x.min()),
            top=float(y.min()),
            right=float(x.max()),
            bottom=float(y.max()),
        )


def lay_flat(grey: MatLike, to_source: Homography, template: FormTemplate) -> FlatPage | None:
    """Return the page laid flat, or None if print hardly stands out from paper."""
    shape = round(template.page_height_mm * PER_MM), round(template.page_width_mm * PER_MM)
    flat = flatten(grey, to_source, PER_MM, shape)
    white = white_of(flat)
    blacks = [_inner_level(flat, mark) for mark in template.corner_marks]
    whites = [_level_at(white, mark) for mark in template.corner_marks]
    # As shares of the local white, so that a shadow over one corner does not matter; the median,
    # so that one covered or faded mark does not.
    black_share = float(np.median([b / max(w, 1.0) for b, w in zip(blacks, whites, strict=True)]))
    contrast = 1.0 - black_share
    if contrast * float(np.median(whites)) < _LEAST_CONTRAST:
        return None
    full_white = cv2.resize(white, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    even = cv2.divide(flat, full_white, scale=255.0)
    return FlatPage(
        darkness=darkness_of(even, 255.0, contrast),
        white=white,
        contrast=contrast,
        template=template,
        source=grey,
        to_source=to_source,
    )


def flatten(
    grey: MatLike,
    to_source: Homography,
    per_mm: int,
    shape: tuple[int, int],
    left_mm: float = 0.0,
    top_mm: float = 0.0,
) -> MatLike:
    """Return part of the page on the form's own grid, `shape` rows and columns."""
    to_mm = np.array([[1 / per_mm, 0, left_mm], [0, 1 / per_mm, top_mm], [0, 0, 1]])
    # Pixel i covers i to i + 1: its centre is half a pixel in. In the source, centres are counted.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = to_source @ to_mm @ half
    return cv2.warpPerspective(
        grey,
        matrix,
        (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def white_of(flat: MatLike) -> MatLike:
    """Return the level of blank paper everywhere, one pixel to a millimetre."""
    size = flat.shape[1] // PER_MM * _WHITE_PER_MM, flat.shape[0] // PER_MM * _WHITE_PER_MM
    small = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
    reach = _WHITE_REACH_MM * _WHITE_PER_MM
    lightest = cv2.dilate(small, np.ones((reach, reach), np.uint8))
    # The lightest spots lie above the mean of paper that is grainy; closing and blurring brings
    # the level back to where most of the paper is.
    return cv2.GaussianBlur(cv2.erode(lightest, np.ones((reach, reach), np.uint8)), (0, 0), 3)


def darkness_of(grey: MatLike, white: float, contrast: float) -> MatLike:
    """Return grey levels as darkness: 0 for `white`, 255 for print, which is `contrast` below."""
    return cv2.convertScaleAbs(
        cv2.subtract(np.full_like(grey, min(round(white), 255)), grey),
        alpha=255.0 / max(white * contrast, 1.0),
    )


def _inner_level(flat: MatLike, mark: Rect) -> float:
    left, top, right, bottom = _pixels(mark.grown(-mark.width_mm / 5), PER_MM)
    return float(np.median(flat[top:bottom, left:right]))


def _level_at(white: MatLike, mark: Rect) -> float:
    x, y = mark.centre_mm
    return float(white[int(y * _WHITE_PER_MM), int(x * _WHITE_PER_MM)])


def _pixels(rect: Rect, per_mm: int) -> tuple[int, int, int, int]:
    return (
        round(rect.left_mm * per_mm),
        round(rect.top_mm * per_mm),
        round(rect.right_mm * per_mm),
        round(rect.bottom_mm * per_mm),
    )
