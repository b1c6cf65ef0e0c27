"""Laying the page over the form's geometry: a homography from millimetres to pixels.

First from the codes' corners, then from every solid square that is really seen: the corner marks
and the cores of the codes' finder patterns. A square that is not seen is left out, never inferred;
whether enough were seen, and whether they agree, is for the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import CodeSighting, Point, Registration
from shared.forms import CodeArea, CodeCorner, FormTemplate, Rect

Homography = NDArray[np.float64]

_MARK_SEARCH_MM = 7.0
_MARK_SEARCH_ONE_CODE_MM = 12.0
_CORE_SEARCH_MODULES = 1.6
_LEAST_POINTS = 4
_STREAK_MM = 0.8
"""Narrower than the ring of paper around a core, so that what joins it to its frame is a streak."""


@dataclass(frozen=True)
class _Seen:
    """A solid square of the form and where its centre was seen."""

    square: Rect
    at: Point
    is_mark: bool


def placed_codes(
    codes: Sequence[CodeSighting], template: FormTemplate
) -> dict[CodeCorner, CodeSighting]:
    """Return which printed code each sighting is, by how the two lie to each other.

    One code alone could be either; it is tried as both by `register`.
    """
    if len(codes) != 2 or len(template.codes) != 2:
        return {}
    one, other = codes
    return (
        {CodeCorner.TOP_RIGHT: one, CodeCorner.BOTTOM_LEFT: other}
        if _is_below_left(one, other)
        else {CodeCorner.TOP_RIGHT: other, CodeCorner.BOTTOM_LEFT: one}
    )


def register(
    grey: MatLike,
    codes: Sequence[CodeSighting],
    template: FormTemplate,
    *,
    stated_dpi: float | None,
    stated_coarse_dpi: float | None,
) -> Registration | None:
    """Return how the page lies, or None if it cannot be told."""
    placed = placed_codes(codes, template)
    if placed:
        return _registered(grey, placed, template, stated_dpi, stated_coarse_dpi)
    if len(codes) != 1:
        return None
    attempts = [
        _registered(grey, {corner: codes[0]}, template, stated_dpi, stated_coarse_dpi)
        for corner in CodeCorner
    ]
    found = [attempt for attempt in attempts if attempt is not None]
    return max(found, key=lambda r: (r.marks_found, -r.rms_mm), default=None)


def as_matrix(registration: Registration) -> Homography:
    """Return the homography from millimetres to pixels as a 3 × 3 array."""
    return np.array(registration.to_pixels, dtype=np.float64)


def project(matrix: Homography, points: Sequence[Point]) -> NDArray[np.float64]:
    """Return the points, carried through the homography, as an n × 2 array."""
    given = np.array(points, dtype=np.float64).reshape(-1, 1, 2)
    return np.asarray(cv2.perspectiveTransform(given, matrix), dtype=np.float64).reshape(-1, 2)


def quarter_turns_to_upright(matrix: Homography) -> int:
    """Return how often to turn the picture by 90° anticlockwise so that its text is level."""
    start, end = project(matrix, [(100.0, 148.0), (110.0, 148.0)])
    angle = np.degrees(np.arctan2(end[1] - start[1], end[0] - start[0]))
    return round(float(angle) / 90) % 4


def _registered(
    grey: MatLike,
    placed: dict[CodeCorner, CodeSighting],
    template: FormTemplate,
    stated_dpi: float | None,
    stated_coarse_dpi: float | None,
) -> Registration | None:
    areas = [area for area in template.codes if area.corner in placed]
    matrix = _fit(
        [corner for area in areas for corner in _corners_mm(area.symbol)],
        [corner for area in areas for corner in placed[area.corner].corners],
    )
    if matrix is None:
        return None
    cores = [seen for area in areas for seen in _seen_cores(grey, matrix, area)]
    matrix = _fit_seen(cores) if len(cores) >= 2 * _LEAST_POINTS - 2 else matrix
    if matrix is None:
        return None
    search = _MARK_SEARCH_MM if len(areas) == 2 else _MARK_SEARCH_ONE_CODE_MM
    marks = [
        _Seen(mark, at, is_mark=True)
        for mark in template.corner_marks
        if (at := _square_at(grey, matrix, mark, search)) is not None
    ]
    seen = cores + marks
    matrix = _fit_seen(seen)
    if matrix is None:
        return None
    return _described(matrix, seen, template, stated_dpi, stated_coarse_dpi)


def _described(
    matrix: Homography,
    seen: Sequence[_Seen],
    template: FormTemplate,
    stated_dpi: float | None,
    stated_coarse_dpi: float | None,
) -> Registration | None:
    back: Homography = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    found = project(back, [s.at for s in seen])
    printed = np.array([s.square.centre_mm for s in seen])
    off = np.linalg.norm(found - printed, axis=1)
    per_mm = pixels_per_mm(matrix, template)
    if per_mm is None:
        return None
    least, stretch = per_mm
    dpi = least * 25.4
    # A stretched fax has the pixels of its finer axis; the coarser is known from the file.
    coarse = dpi
    if stated_dpi and stated_coarse_dpi:
        coarse = dpi * stated_coarse_dpi / stated_dpi
    return Registration(
        to_pixels=tuple((float(r[0]), float(r[1]), float(r[2])) for r in matrix),
        marks_found=sum(s.is_mark for s in seen),
        cores_found=sum(not s.is_mark for s in seen),
        rms_mm=float(np.sqrt(np.mean(off**2))),
        worst_mm=float(off.max()),
        dpi=dpi,
        coarse_dpi=coarse,
        print_scale=dpi / stated_dpi if stated_dpi else None,
        stretch=stretch,
        rests_on=tuple(s.square for s in seen),
    )


def pixels_per_mm(matrix: Homography, template: FormTemplate) -> tuple[float, float] | None:
    """Return the least resolution anywhere on the page, and how unequal its directions are."""
    width, height = template.page_width_mm, template.page_height_mm
    places = [(x, y) for x in (15, width / 2, width - 15) for y in (15, height / 2, height - 15)]
    scales: list[float] = []
    for x, y in places:
        a, b, c = project(matrix, [(x, y), (x + 1, y), (x, y + 1)])
        scales += [float(np.linalg.norm(b - a)), float(np.linalg.norm(c - a))]
    if not np.all(np.isfinite(scales)) or min(scales) <= 0:
        return None
    return min(scales), max(scales) / min(scales)


def _seen_cores(grey: MatLike, matrix: Homography, area: CodeArea) -> list[_Seen]:
    search = _CORE_SEARCH_MODULES * area.module_mm
    return [
        _Seen(core, at, is_mark=False)
        for core in area.finder_cores()
        if (at := _square_at(grey, matrix, core, search)) is not None
    ]


def _square_at(grey: MatLike, matrix: Homography, square: Rect, search_mm: float) -> Point | None:
    """Return the centre, in pixels, of a solid dark square near where it should be, if seen.

    A streak that joins it to what is printed around it is taken out, where there is one.
    """
    corners = project(matrix, _corners_mm(square))
    window = project(matrix, _corners_mm(square.grown(search_mm)))
    expected_area = float(cv2.contourArea(corners.astype(np.float32)))
    left, top = np.floor(window.min(axis=0)).astype(int)
    right, bottom = np.ceil(window.max(axis=0)).astype(int)
    left, top = max(left, 0), max(top, 0)
    crop = grey[top:bottom, left:right]
    if crop.size == 0 or min(crop.shape) < 8 or expected_area < 20:
        return None
    crop = cv2.GaussianBlur(crop, (3, 3), 0)
    inside = corners - (left, top)
    at = _square_in(crop, inside)
    if at is None:
        thick = round(_STREAK_MM * np.sqrt(expected_area) / square.width_mm) + 1
        for across in ((1, thick), (thick, 1)):
            bare = cv2.morphologyEx(crop, cv2.MORPH_CLOSE, np.ones(across, np.uint8))
            at = at or _square_in(bare, inside)
    return None if at is None else (at[0] + float(left), at[1] + float(top))


def _square_in(crop: MatLike, corners: NDArray[np.float64]) -> Point | None:
    """Return the centre of the solid dark square nearest to where its `corners` should be."""
    expected = corners.mean(axis=0)
    expected_area = float(cv2.contourArea(corners.astype(np.float32)))
    threshold, dark = cv2.threshold(crop, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    if float(crop.max()) - float(crop.min()) < 40 or threshold <= 0:
        return None
    _, _, stats, centres = cv2.connectedComponentsWithStats(dark, connectivity=4)
    side = np.sqrt(expected_area)
    tilt = _box_of_tilted(corners)
    best: tuple[float, Point] | None = None
    for stat, centre in zip(stats[1:], centres[1:], strict=True):
        _, _, width, height, area = (float(v) for v in stat)
        square_like = (
            0.6 < area / expected_area < 1.5
            and 0.7 < width / tilt[0] < 1.4
            and 0.7 < height / tilt[1] < 1.4
        )
        if not square_like:
            continue
        at = float(centre[0]), float(centre[1])
        away = float(np.hypot(at[0] - expected[0], at[1] - expected[1]))
        if away < side * 3 and (best is None or away < best[0]):
            best = away, at
    return None if best is None else best[1]


def _box_of_tilted(corners: NDArray[np.float64]) -> tuple[float, float]:
    spread = corners.max(axis=0) - corners.min(axis=0)
    return max(float(spread[0]), 1.0), max(float(spread[1]), 1.0)


def _fit_seen(seen: Sequence[_Seen]) -> Homography | None:
    return _fit([s.square.centre_mm for s in seen], [s.at for s in seen])


def _fit(printed_mm: Sequence[Point], pixels: Sequence[Point]) -> Homography | None:
    if len(printed_mm) < _LEAST_POINTS:
        return None
    found, _ = cv2.findHomography(
        np.array(printed_mm, dtype=np.float64), np.array(pixels, dtype=np.float64), 0
    )
    # Points on one line have no homography: OpenCV then returns none, whatever its types say.
    matrix = np.asarray(found, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not np.linalg.det(matrix):
        return None
    return matrix


def _corners_mm(rect: Rect) -> list[Point]:
    return [
        (rect.left_mm, rect.top_mm),
        (rect.right_mm, rect.top_mm),
        (rect.right_mm, rect.bottom_mm),
        (rect.left_mm, rect.bottom_mm),
    ]


def _is_below_left(one: CodeSighting, other: CodeSighting) -> bool:
    """Whether `other` lies below and left of `one`, as `one` itself is turned."""
    c = np.array(one.corners)
    across, down = c[1] - c[0], c[3] - c[0]
    way = np.array(other.corners).mean(axis=0) - c.mean(axis=0)
    return bool(way @ down > 0 and way @ across < 0)
