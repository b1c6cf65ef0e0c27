"""What all machines that look at paper have in common: light, geometry, blur, noise, two levels."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.bench.forms.generator.pen import DPI, Layer, Rgb, Sheet

Picture = NDArray[np.uint8]
"""Rows × columns (grey) or rows × columns × 3 (red, green, blue)."""

_NOISE_SIDE = 1021
GREY = (0.30, 0.59, 0.11)


def grey(sheet: Sheet, weights: Rgb = GREY) -> Layer:
    """Return the light given back by a sheet, as a sensor of this colour sees it."""
    return _seen(sheet, sum(c * w for c, w in zip(sheet.colour, weights, strict=True)))


def colour(sheet: Sheet, paper: Rgb) -> Picture:
    """Return the sheet in red, green and blue, on paper of a tint."""
    layers = [
        (_seen(sheet, ink).astype(np.float32) * tint).astype(np.uint8)
        for ink, tint in zip(sheet.colour, paper, strict=True)
    ]
    return np.dstack(layers)


def _seen(sheet: Sheet, ink: float) -> Layer:
    through = cv2.convertScaleAbs(sheet.written, alpha=-(1 - ink), beta=255.0)
    return cv2.multiply(sheet.printed, through, scale=1 / 255)


def soften(picture: Picture, across_px: float, down_px: float) -> Picture:
    """Blur by a lens that is not equally sharp along both axes."""
    return cv2.GaussianBlur(picture, (0, 0), max(across_px, 0.05), sigmaY=max(down_px, 0.05))


def lay(
    picture: Picture, dpi_x: float, dpi_y: float, *, scale: float, skew_deg: float,
    shift_mm: tuple[float, float], lid: int,
) -> Picture:  # fmt: skip
    """Return the sheet as an A4 picture of this resolution: printed smaller, askew, moved."""
    rows, columns = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), skew_deg, scale)
    matrix[:, 2] += np.array(shift_mm) * DPI / 25.4
    to = np.diag([dpi_x / DPI, dpi_y / DPI])
    size = round(columns * dpi_x / DPI), round(rows * dpi_y / DPI)
    border = (lid,) * 3
    return cv2.warpAffine(picture, to @ matrix, size, flags=cv2.INTER_LINEAR, borderValue=border)


def uneven_feed(picture: Picture, random: np.random.Generator, slip_px: float) -> Picture:
    """Let the feeder's rollers run unevenly: rows a little off, slowly changing."""
    rows, columns = picture.shape[:2]
    at = np.arange(rows, dtype=np.float32)
    knots = np.linspace(0, rows, 7)
    moved = at + np.interp(at, knots, random.uniform(-slip_px, slip_px, 7)).astype(np.float32)
    map_y = np.repeat(moved.astype(np.float32)[:, None], columns, axis=1)
    map_x = np.repeat(np.arange(columns, dtype=np.float32)[None, :], rows, axis=0)
    return cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def tone(picture: Picture, black: float, white: float, gamma: float) -> Picture:
    """Map light to levels: where black and white come to lie, and the curve between."""
    light = np.linspace(0, 1, 256) ** gamma
    return cv2.LUT(picture, np.clip(black + light * (white - black), 0, 255).astype(np.uint8))


def noisy(picture: Picture, random: np.random.Generator, sigma: float, shot: float) -> Picture:
    """Add a sensor's noise; `shot` is the share that grows with light."""
    rows, columns = picture.shape[:2]
    offset = int(random.integers(_NOISE_SIDE)), int(random.integers(_NOISE_SIDE))
    tile = np.roll(_noise(), offset, (0, 1))
    times = rows // _NOISE_SIDE + 1, columns // _NOISE_SIDE + 1
    grain = np.tile(tile, times)[:rows, :columns]
    if shot > 0:
        level = picture if picture.ndim == 2 else picture[:, :, 1]
        strength = cv2.LUT(level, (1 - shot + shot * np.sqrt(np.arange(256) / 200)).astype("f4"))
        grain = grain * strength
    grain = (grain * sigma).astype(np.int16)
    if picture.ndim == 3:
        grain = np.repeat(grain[:, :, None], 3, axis=2)
    return np.clip(picture.astype(np.int16) + grain, 0, 255).astype(np.uint8)


@cache
def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(20240930).standard_normal((_NOISE_SIDE, _NOISE_SIDE), np.float32)


def low_light(shape: tuple[int, int], random: np.random.Generator, depth: float) -> Picture:
    """Return a soft shadow over part of a picture: 255 where there is none."""
    small = np.full((64, 48), 255, np.uint8)
    if random.random() < 0.5:
        edge = random.uniform(0, 64, 4)
        corners = np.array([[0, edge[0]], [48, edge[1]], [48, 64 + edge[2]], [0, 64 + edge[3]]])
    else:
        corners = random.uniform(-10, 74, (4, 2))
    cv2.fillConvexPoly(small, cv2.convexHull(corners.astype(np.int32)), (int(255 * (1 - depth)),))
    soft = cv2.GaussianBlur(small, (0, 0), float(random.uniform(0.8, 6)))
    return cv2.resize(soft, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


# --- Two levels ------------------------------------------------------------------------------


def threshold(picture: Layer, at: int) -> Layer:
    return np.where(picture > at, 255, 0).astype(np.uint8)


def local_threshold(picture: Layer, window_px: int, below: float) -> Layer:
    """Black where darker than its surroundings' mean by this much, as document scanners do it."""
    block = window_px | 1
    return cv2.adaptiveThreshold(
        picture, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, below
    )


def diffused(picture: Layer) -> Layer:
    """Dither by error diffusion (Floyd and Steinberg)."""
    return np.asarray(Image.fromarray(picture).convert("1").convert("L"), dtype=np.uint8)


def halftoned(picture: Layer, cell: int) -> Layer:
    """Screen with clustered dots, as copiers do it."""
    at = np.arange(cell) / cell * 2 * np.pi
    dot = (np.cos(at)[:, None] + np.cos(at)[None, :] + 2) / 4 * 200 + 27
    rows, columns = picture.shape
    screen = np.tile(dot, (rows // cell + 1, columns // cell + 1))[:rows, :columns]
    return np.where(picture > screen, 255, 0).astype(np.uint8)
