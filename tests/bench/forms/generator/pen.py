"""Pens that write on paper, point by point: the line's width and blackness follow the hand.

A sheet has two layers in the form's millimetres: what is printed, and what was written on it, so
that a colour scanner can see the difference. Widths are drawn at 600 dpi and laid down at 300.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

DPI = 300
PER_MM = DPI / 25.4
_FINE = 2
_SHIFT = 3

Layer = NDArray[np.uint8]
Path = NDArray[np.float64]
"""Points in millimetres, n × 2."""

Rgb = tuple[float, float, float]


class PenKind(StrEnum):
    BALLPOINT = "ballpoint"
    GEL = "gel"
    FIBRE = "fibre"
    FOUNTAIN = "fountain"
    PENCIL = "pencil"


@dataclass(frozen=True)
class Pen:
    """`cover` is how much of the paper's light the ink takes, `skips` how much of it is missing."""

    kind: PenKind
    width_mm: float
    cover: float
    skips: float
    colour: Rgb
    """Light that the ink itself gives back, 0 to 1, red, green and blue."""


_BLACK: Rgb = (0.05, 0.05, 0.06)
_BLUE: Rgb = (0.10, 0.16, 0.52)
_LIGHT_BLUE: Rgb = (0.16, 0.30, 0.66)
_RED: Rgb = (0.62, 0.08, 0.10)
_GREY: Rgb = (0.30, 0.30, 0.31)


def any_pen(random: np.random.Generator) -> Pen:
    """Return a pen as people take one from the desk: half of them ballpoints."""
    kind = PenKind(random.choice(list(PenKind), p=[0.5, 0.26, 0.08, 0.08, 0.08]))
    low, high, cover, skips = {
        PenKind.BALLPOINT: (0.28, 0.5, (0.82, 0.97), (0.02, 0.12)),
        PenKind.GEL: (0.4, 0.7, (0.93, 1.0), (0.0, 0.02)),
        PenKind.FIBRE: (0.6, 1.2, (0.92, 1.0), (0.0, 0.02)),
        PenKind.FOUNTAIN: (0.4, 0.9, (0.85, 1.0), (0.0, 0.03)),
        PenKind.PENCIL: (0.4, 0.7, (0.72, 0.9), (0.08, 0.22)),
    }[kind]
    colours = (_BLACK, _BLACK, _BLUE, _BLUE, _LIGHT_BLUE)
    colour = _GREY if kind is PenKind.PENCIL else colours[int(random.integers(len(colours)))]
    return Pen(
        kind=kind,
        width_mm=float(random.uniform(low, high)),
        cover=float(random.uniform(*cover)),
        skips=float(random.uniform(*skips)),
        colour=colour,
    )


class Sheet:
    """A printed form on the table, and what is written on it."""

    def __init__(self, printed: Layer, random: np.random.Generator) -> None:
        self.printed = printed.copy()
        self.written: Layer = np.zeros_like(printed)
        self.colour: Rgb = _BLACK
        self.random = random
        self._grain = random.random((256, 256)).astype(np.float32)

    def draw(self, path: Path, pen: Pen, pressure: NDArray[np.float64] | None = None) -> None:
        """Draw one stroke. `pressure` (about 1) widens and narrows it along its way."""
        if len(path) < 2:
            return
        self.colour = pen.colour
        force = np.ones(len(path)) if pressure is None else pressure
        if pen.kind is PenKind.FOUNTAIN:
            way = np.gradient(path, axis=0)
            angle = np.arctan2(way[:, 1], way[:, 0])
            force = force * (0.6 + 0.7 * np.abs(np.sin(angle - 0.8)))
        reach = pen.width_mm * 2 + 1
        left, top = path.min(axis=0) - reach
        right, bottom = path.max(axis=0) + reach
        scale = PER_MM * _FINE
        x0, y0 = int(left * PER_MM), int(top * PER_MM)
        columns, rows = int((right - left) * PER_MM) + 2, int((bottom - top) * PER_MM) + 2
        if rows * columns > 12_000_000:
            return
        tile = np.zeros((rows * _FINE, columns * _FINE), np.uint8)
        points = np.round((path * scale - np.array([x0, y0]) * _FINE) * 2**_SHIFT).astype(int)
        widths = np.maximum(np.round(pen.width_mm * force * scale), 1).astype(int)
        for one, other, width in zip(points, points[1:], widths, strict=False):
            cv2.line(tile, one, other, (255,), int(width), cv2.LINE_AA, _SHIFT)
        self.lay(
            cv2.resize(tile, (columns, rows), interpolation=cv2.INTER_AREA),
            x0, y0, cover=pen.cover, skips=pen.skips,
        )  # fmt: skip

    def lay(
        self, tile: Layer, x: int, y: int, *, cover: float, skips: float = 0.0, print_: bool = False
    ) -> None:
        """Lay a picture of ink (255: ink) with its top left at these pixels of the sheet."""
        rows, columns = self.written.shape
        top, left = max(-y, 0), max(-x, 0)
        tile = tile[top : max(rows - y, 0), left : max(columns - x, 0)]
        if tile.size == 0:
            return
        y, x = max(y, 0), max(x, 0)
        where = (slice(y, y + tile.shape[0]), slice(x, x + tile.shape[1]))
        ink = tile.astype(np.float32) * cover
        if skips > 0:
            times = tile.shape[0] // 256 + 1, tile.shape[1] // 256 + 1
            grain = np.tile(np.roll(self._grain, (x % 256, y % 256), (1, 0)), times)
            grain = cv2.GaussianBlur(grain[: tile.shape[0], : tile.shape[1]], (0, 0), 0.8)
            level = float(np.quantile(grain[::3, ::3], skips)) if grain.size > 9 else 0.0
            ink = np.where(grain < level, ink * 0.25, ink)
        if print_:
            dark = self.printed[where]
            np.minimum(dark, (255 - ink).astype(np.uint8), out=dark)
        else:
            wet = self.written[where]
            np.maximum(wet, ink.astype(np.uint8), out=wet)


def smooth(points: Sequence[tuple[float, float]] | Path, per_stretch: int = 10) -> Path:
    """Return a curve through the points: cubic Hermite, tangents from the neighbours."""
    given = np.asarray(points, dtype=float)
    if len(given) < 3:
        return np.linspace(given[0], given[-1], per_stretch)
    tangents = np.gradient(given, axis=0) * 0.9
    t = np.linspace(0, 1, per_stretch, endpoint=False)[:, None]
    basis = (2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, -2 * t**3 + 3 * t**2, t**3 - t**2)
    pieces = [
        basis[0] * a + basis[1] * da + basis[2] * b + basis[3] * db
        for a, b, da, db in zip(given, given[1:], tangents, tangents[1:], strict=False)
    ]
    return np.vstack([*pieces, given[-1:]])


def pressed(path: Path, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a pressure that rises at the start, wanders, and fades at the end."""
    n = len(path)
    wander = np.interp(np.arange(n), np.linspace(0, n, 6), random.uniform(0.8, 1.2, 6))
    ends = np.minimum(np.minimum(np.arange(n) + 1, np.arange(n)[::-1] + 1) / max(n * 0.08, 1), 1)
    return wander * (0.6 + 0.4 * ends)
