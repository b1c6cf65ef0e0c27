"""Shapes that are no writing: rims of cups, stamps round and framed, ovals, crosses and arrows."""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import PER_MM

_FRAME_BAND_MM = 1.5
_FRAME_SHARE = 0.7
_FRAME_EDGE = 0.6

_LEAST_RADIUS_MM = 5.0
_MOST_RADIUS_MM = 45.0
_RING_BAND = 0.22
_RING_SHARE = 0.7
_RING_AROUND = 0.75
_ARC_BAND_MM = 1.2
_ARC_SHARE = 0.8
_DITHER_PX, _DITHERED = 5, 1.18
"""Closes what a dithered rim is made of, dots with paper between, and how much that adds to it."""

_SECTORS = 24
_EDGE_STEP_MM = 0.4
_EDGE_OFF_MM = 0.5
_EDGE_SHARE = 0.68
"""Less of a signature's edges is on one circle, though all of it may be near one."""

_ROUNDNESS = 0.6
_LEAST_STAMP_MM, _MOST_STAMP_MM = 7.0, 25.0
"""The radius of one ring at least: smaller, by itself, is no wider than initials."""

_RING_WHOLE = 0.95
_RING_CLOSED, _RING_MEAN_OFF_MM = 0.85, 0.2
_RING_OFF_MM = 0.6
_RING_WITHIN = 0.5
_RING_MORE_MM = 1.2
"""A stamp's ring, and how much of one a scan leaves open; no hand draws round.

What is not quite whole is a ring only if its ink keeps to one circle. A pen's loops come near one
all around, too, yet stray from it to both sides.
"""

_FITTING_STEPS = 5
_RIM_MM = (0.8, 7.0)
_RIM_EDGE_MM = 0.5
_RIM_SHARE = 0.75
_RIM_SIDE_SHARE = 0.2
_ENOUGH_POINTS = 1500
_LEAST_FLAT, _LEAST_NAME_MM = 1.5, 15.0
"""A name is longer than it is high, or wider than two letters; much of a rim is neither."""

_OVAL_BAND_MM = 0.8
_OVAL_SHARE = 0.8

_STRAIGHT_STROKES = 3
_STRAIGHT_LEFT = 0.04
_STRAIGHT_SPARE_MM = 0.5
"""Strokes by hand are not quite straight."""

_DIRECTIONS = np.deg2rad(np.arange(0.0, 180.0, 5.0))


def without_stamps(ink: MatLike) -> MatLike:
    """Return the ink without what stands in a ring: a round stamp, though other ink touches it."""
    small = cv2.resize(ink * 255, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    per_mm = PER_MM / 2
    found = cv2.HoughCircles(
        cv2.GaussianBlur(small, (0, 0), 1.0), cv2.HOUGH_GRADIENT_ALT, dp=1.5, minDist=per_mm,
        param1=200, param2=_ROUNDNESS, minRadius=round(_LEAST_RADIUS_MM * per_mm),
        maxRadius=round(_MOST_STAMP_MM * per_mm),
    )  # fmt: skip
    circles = [] if found is None else (2 * found.reshape(-1, found.shape[-1])[:, :3]).tolist()
    closed = [((x, y), r, _share_of_ring(ink, (x, y), r)) for x, y, r in circles]
    rings = [ring for ring in closed if ring[2] >= _RING_CLOSED]
    if not any(_is_stamps(ink, *ring) for ring in rings):
        return ink
    left = ink.copy()
    for (x, y), radius, _ in rings:
        cv2.circle(left, (round(x), round(y)), round(radius + _RING_MORE_MM * PER_MM), (0,), -1)
    return left


def _is_stamps(ink: MatLike, centre: tuple[float, float], radius: float, closed: float) -> bool:
    """Whether a circle, closed to this share, is large, and whole or all its ink close to it."""
    return radius >= _LEAST_STAMP_MM * PER_MM and (
        closed >= _RING_WHOLE or _off_ring_mm(ink, centre, radius) <= _RING_MEAN_OFF_MM
    )


def _share_of_ring(ink: MatLike, centre: tuple[float, float], radius: float) -> float:
    """Return the share of a circle along which there is ink; what lies outside is left out."""
    turns = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    steps = np.arange(-_RING_OFF_MM, _RING_OFF_MM + 0.01, 1 / PER_MM) * PER_MM + radius
    x = np.round(centre[0] + np.cos(turns)[:, None] * steps[None, :]).astype(int)
    y = np.round(centre[1] + np.sin(turns)[:, None] * steps[None, :]).astype(int)
    inside = (x >= 0) & (x < ink.shape[1]) & (y >= 0) & (y < ink.shape[0])
    there = inside.all(axis=1)
    if there.mean() < _RING_WITHIN:
        return 0.0
    hit = ink[np.clip(y, 0, ink.shape[0] - 1), np.clip(x, 0, ink.shape[1] - 1)] > 0
    return float(hit.any(axis=1)[there].mean())


def _off_ring_mm(ink: MatLike, centre: tuple[float, float], radius: float) -> float:
    """Return how far the ink near a circle is from the one that fits it best, in the mean."""
    xy = cv2.findNonZero(ink).reshape(-1, 2).astype(np.float64)
    near = np.abs(np.hypot(*(xy - centre).T) - radius) <= _RING_OFF_MM * PER_MM
    ring = xy[near] / PER_MM
    middle, reach_mm = _circle(ring[:: max(len(ring) // _ENOUGH_POINTS, 1)])
    return float(np.abs(np.hypot(*(ring - middle).T) - reach_mm).mean())


def is_round(piece: MatLike) -> bool:
    """Whether nearly all the ink lies along one circle, or two around each other: a round stamp,
    the rim of a cup, part of either; or along an oval.

    `piece` is 1 where there is ink, at `PER_MM`, as everywhere here.
    """
    points = cv2.findNonZero(piece).reshape(-1, 2).astype(np.float64) / PER_MM
    xy = points[:: max(len(points) // _ENOUGH_POINTS, 1)]
    centre, radius = _circle(xy)
    if not _LEAST_RADIUS_MM <= radius <= _MOST_RADIUS_MM:
        return False
    height, width = piece.shape[:2]
    as_a_name = width >= min(_LEAST_FLAT * height, _LEAST_NAME_MM * PER_MM)
    if as_a_name and _share_on_circle(points - centre, radius) < _EDGE_SHARE:
        return _is_oval(xy)
    away = np.hypot(*(xy - centre).T) - radius
    if _are_edges_of_a_rim(away):
        return True
    off = np.abs(away)
    band = max(_ARC_BAND_MM, _thickness_mm(_solid(piece)) / 2 + 0.6)
    if float((off < band).mean()) > _ARC_SHARE:
        return True
    angles = np.arctan2(xy[:, 1] - centre[1], xy[:, 0] - centre[0])
    sectors = np.unique(((angles + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS)
    all_around = len(sectors) >= _RING_AROUND * _SECTORS
    return all_around and float((off < _RING_BAND * radius).mean()) > _RING_SHARE


def _solid(piece: MatLike) -> MatLike:
    """Return a piece of ink; if it is made of dots, without the paper between them."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_DITHER_PX, _DITHER_PX))
    closed = cv2.morphologyEx(piece, cv2.MORPH_CLOSE, disc)
    return closed if int(closed.sum()) >= _DITHERED * int(piece.sum()) else piece


def _share_on_circle(arms: NDArray[np.float64], radius: float) -> float:
    """Return the largest share of the way around on which an edge of the ink is on one circle.

    `arms` run from the circle's centre to the ink. A rim, or a stamp, is round outside or inside;
    a signature in a wide arc goes up and down on both sides.
    """
    away = np.hypot(*arms.T)
    turn = (np.arctan2(arms[:, 1], arms[:, 0]) + np.pi) / (2 * np.pi)
    count = round(2 * np.pi * radius / _EDGE_STEP_MM)
    step = (turn * count).astype(int) % count
    outer, inner = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(outer, step, away)
    np.minimum.at(inner, step, away)
    return max(_most_alike(edge[outer > 0]) for edge in (outer, inner))


def _is_oval(xy: NDArray[np.float64]) -> bool:
    """Whether nearly all points, in mm, lie along one ellipse: a ring around something."""
    (x, y), axes, angle = cv2.fitEllipseDirect(xy.astype(np.float32))
    if min(axes) <= 0 or not np.isfinite(axes).all():
        return False
    turn = np.deg2rad(angle)
    arms = (xy - (x, y)) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    lengths = np.hypot(*arms.T)
    scale = np.maximum(np.hypot(*(2 * arms / axes).T), 1e-6)
    return float((np.abs(lengths - lengths / scale) < _OVAL_BAND_MM).mean()) > _OVAL_SHARE


def _most_alike(lengths: NDArray[np.float64]) -> float:
    """Return the largest share of lengths within `_EDGE_OFF_MM` of one of them."""
    ordered = np.sort(lengths)
    until = np.searchsorted(ordered, ordered + 2 * _EDGE_OFF_MM, side="right")
    return float((until - np.arange(len(ordered))).max() / len(ordered))


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


def is_frame(
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


def is_straight_strokes(piece: MatLike) -> bool:
    """Whether a few straight strokes cover nearly all the ink: a cross, a tick, an arrow, a Z."""
    points = cv2.findNonZero(piece).reshape(-1, 2)
    left = points[:: max(len(points) // _ENOUGH_POINTS, 1)].astype(np.float64)
    most = _STRAIGHT_LEFT * len(left)
    wide = round((_pen_mm(piece) + _STRAIGHT_SPARE_MM) * PER_MM)
    for _ in range(_STRAIGHT_STROKES):
        left = left[~_widest_covered(left, wide)]
        if len(left) <= most:
            return True
    return False


def _widest_covered(points: NDArray[np.float64], wide: int) -> NDArray[np.bool_]:
    """Return which points the straight stroke covers, `wide` pixels across, that covers most."""
    best, most = np.zeros(len(points), np.bool_), 0
    for angle in _DIRECTIONS:
        at = np.round(points @ (np.cos(angle), np.sin(angle))).astype(int)
        at -= at.min()
        summed = np.concatenate(([0], np.cumsum(np.bincount(at, minlength=int(at.max()) + wide))))
        within = summed[wide:] - summed[:-wide]
        start = int(within.argmax())
        if within[start] > most:
            best, most = (at >= start) & (at < start + wide), int(within[start])
    return best


def _pen_mm(piece: MatLike) -> float:
    """Return how wide the strokes are: their area by their length."""
    outlines, _ = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    around = sum(float(cv2.arcLength(o, True)) for o in outlines)
    return 2 * float(piece.sum()) / max(around, 1.0) / PER_MM


def _thickness_mm(piece: MatLike) -> float:
    framed = cv2.copyMakeBorder(piece, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    return 2 * float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max()) / PER_MM
