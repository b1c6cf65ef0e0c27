"""Measuring the signature boxes: is there something written by hand in them?

Nobody's signature is compared with anything. A handwritten name is told from a typed one by the
size of what hangs together: printed letters are small and stand apart. It is told from rules,
folds, streaks, stamps and the rim of a cup by its bends: those are straight, or round.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import SignatureMeasure
from services.intake.reading.paper import PER_MM, FlatPage
from services.intake.reading.readable import feet_in_line, read_as_print
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
_LEAST_TALL_MM = 6.0
_LEAST_WIDE_MM = 7.0
_LINE_THICKNESS_MM = 2.0
_FRAME_BAND_MM = 1.5
_FRAME_SHARE = 0.7
_FRAME_EDGE = 0.6

_RULE_MM = 22.0
_RULE_GAP_MM = 1.0
_RULE_HALF_MM = 0.7
_RULE_ALONE = 0.3
"""Beside a rule there is paper: at most this share of its length has ink a little off it."""

_BEND_MM = 0.6
_TURN_DEG = 30.0
_STRAIGHT_MM = 12.0
"""Longer than the straight parts of most hands' letters."""

_LEAST_RADIUS_MM = 5.0
_MOST_RADIUS_MM = 45.0
_RING_BAND = 0.22
_RING_SHARE = 0.7
_RING_AROUND = 0.75
_ARC_BAND_MM = 1.2
_ARC_SHARE = 0.8
_SECTORS = 24
_FITTING_STEPS = 5
_RIM_MM = (0.8, 7.0)
_RIM_EDGE_MM = 0.5
_RIM_SHARE = 0.75
_RIM_SIDE_SHARE = 0.2
_ENOUGH_POINTS = 1500


def measure_signatures(page: FlatPage) -> tuple[SignatureMeasure, ...]:
    """Return what each signature box of the form holds, in its order."""
    return tuple(_measure(page, signature.area) for signature in page.template.signatures)


def _measure(page: FlatPage, box: Rect) -> SignatureMeasure:
    crop = page.crop(box.grown(-_FRAME_CLEAR_MM))
    everything = _ink(crop)
    ink = _without_rules(everything)
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
    """Return the pixels of ink and the length of stroke, rules and stamps included."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pixels, stroke = 0, 0.0
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
        if _stands_alone(ink, (x0, y0), (x1, y1)):
            cv2.line(left, (x0, y0), (x1, y1), (0,), round(2 * _RULE_HALF_MM * PER_MM))
    return left


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
    if _is_round(piece):
        return False
    return not _is_frame(points, (centre[0], centre[1]), (size[0], size[1]), angle)


def _is_round(piece: MatLike) -> bool:
    """Whether nearly all the ink lies along one circle, or two around each other: a round stamp,
    the rim of a cup, part of either."""
    points = cv2.findNonZero(piece).reshape(-1, 2)
    xy = points[:: max(len(points) // _ENOUGH_POINTS, 1)].astype(np.float64) / PER_MM
    centre, radius = _circle(xy)
    if not _LEAST_RADIUS_MM <= radius <= _MOST_RADIUS_MM:
        return False
    away = np.hypot(*(xy - centre).T) - radius
    if _are_edges_of_a_rim(away):
        return True
    off = np.abs(away)
    band = max(_ARC_BAND_MM, _thickness_mm(piece) / 2 + 0.6)
    if float((off < band).mean()) > _ARC_SHARE:
        return True
    angles = np.arctan2(xy[:, 1] - centre[1], xy[:, 0] - centre[0])
    sectors = np.unique(((angles + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS)
    all_around = len(sectors) >= _RING_AROUND * _SECTORS
    return all_around and float((off < _RING_BAND * radius).mean()) > _RING_SHARE


def _circle(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return centre and radius of the circle that is nearest to points.

    First the one of Kåsa, which is linear and too small for short arcs; then a few steps of Gauss
    and Newton from there.
    """
    design = np.column_stack([2 * xy, np.ones(len(xy))])
    solved, *_ = np.linalg.lstsq(design, (xy**2).sum(axis=1), rcond=None)
    centre = solved[:2]
    radius = float(np.sqrt(max(solved[2] + float(centre @ centre), 0.0)))
    for _ in range(_FITTING_STEPS):
        arms = xy - centre
        lengths = np.maximum(np.hypot(*arms.T), 1e-6)
        slopes = np.column_stack([arms / lengths[:, None], np.ones(len(xy))])
        step, *_ = np.linalg.lstsq(slopes, lengths - radius, rcond=None)
        centre, radius = centre + step[:2], radius + float(step[2])
    return centre, radius


def _are_edges_of_a_rim(away: NDArray[np.float64]) -> bool:
    """Whether ink `away` from a circle, in mm, keeps to two others: edges, and pale between."""
    half = float(np.median(np.abs(away)))
    if not _RIM_MM[0] <= 2 * half <= _RIM_MM[1]:
        return False
    on_edge = np.abs(np.abs(away) - half) <= _RIM_EDGE_MM
    inside, outside = (float((on_edge & side).mean()) for side in (away < 0, away > 0))
    return inside + outside >= _RIM_SHARE and min(inside, outside) >= _RIM_SIDE_SHARE


def _is_frame(
    points: MatLike, centre: tuple[float, float], size: tuple[float, float], angle_deg: float
) -> bool:
    """Whether nearly all the ink lies along the edges of the rectangle around it: a stamp."""
    width, height = size
    turn = np.deg2rad(angle_deg)
    xy = points.reshape(-1, 2).astype(np.float64) - centre
    along = xy[:, 0] * np.cos(turn) + xy[:, 1] * np.sin(turn)
    across = -xy[:, 0] * np.sin(turn) + xy[:, 1] * np.cos(turn)
    to_side, to_end = width / 2 - np.abs(along), height / 2 - np.abs(across)
    band = _FRAME_BAND_MM * PER_MM
    if float((np.minimum(to_side, to_end) < band).mean()) <= _FRAME_SHARE:
        return False
    edges = (
        (across[to_side < band], along[to_side < band], height),
        (along[to_end < band], across[to_end < band], width),
    )
    inked = [
        len(np.unique(places[half].astype(int))) >= _FRAME_EDGE * length
        for places, beyond, length in edges
        for half in (beyond < 0, beyond > 0)
    ]
    return sum(inked) >= 3  # the box may cut off the fourth


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


def _thickness_mm(piece: MatLike) -> float:
    framed = cv2.copyMakeBorder(piece, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    return 2 * float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max()) / PER_MM


def _stroke_mm(piece: MatLike) -> float:
    """Return the length of the pen's way: half the outline, as a stroke has two sides."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return sum(float(cv2.arcLength(o, True)) for o in outlines) / 2 / PER_MM
