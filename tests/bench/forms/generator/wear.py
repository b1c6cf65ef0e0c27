"""What happens to a sheet between the desk and the scanner: folds, holes, stains, a show-through.

Works on what is printed and written as light given back, in the sheet's millimetres.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from tests.bench.forms.generator.pen import PER_MM, Layer, Sheet

_POINTS = Sequence[tuple[float, float]]


def worn_toner(sheet: Sheet, amount: float) -> None:
    """Let the toner fail: specks missing from black, and pale bands along the printer's way."""
    r = sheet.random
    rows, columns = sheet.printed.shape
    grain = cv2.resize(
        r.random((rows // 3, columns // 3)).astype(np.float32), (columns, rows),
        interpolation=cv2.INTER_LINEAR,
    )  # fmt: skip
    ink = 255 - sheet.printed
    ink[grain > 1.0 - amount * 0.22] = 0
    fade = np.interp(np.arange(columns), np.linspace(0, columns, 14), r.uniform(1 - amount, 1, 14))
    sheet.printed = 255 - (ink * fade[None, :]).astype(np.uint8)


def thick_print(sheet: Sheet, grow_px: int) -> None:
    """Let ink spread in the paper, as on a wet or old printer."""
    sheet.printed = cv2.erode(sheet.printed, np.ones((grow_px + 1, grow_px + 1), np.uint8))


def show_through(sheet: Sheet, behind: Layer, strength: float) -> None:
    """Let the other side of a thin paper be seen, mirrored and soft."""
    ink = cv2.GaussianBlur(255 - behind[:, ::-1], (0, 0), 2.5)
    rows, columns = sheet.printed.shape
    ink = cv2.resize(ink, (columns, rows))
    sheet.printed = np.minimum(sheet.printed, 255 - (ink * strength).astype(np.uint8))


def fold(sheet: Sheet, start: tuple[float, float], end: tuple[float, float], depth: float) -> None:
    """Fold the paper along a line: a dark and a light ridge, and ink rubbed off along it."""
    line = np.zeros_like(sheet.printed)
    a, b = (tuple(int(v * PER_MM) for v in point) for point in (start, end))
    cv2.line(line, a, b, (255,), 3, cv2.LINE_AA)
    shade = cv2.GaussianBlur(line, (0, 0), 2.0)
    sheet.printed = cv2.subtract(sheet.printed, (shade * depth).astype(np.uint8))
    lit = np.roll(shade, (3, 3), (0, 1)) > 90
    rubbed = lit & (sheet.random.random(line.shape) < 0.5)
    sheet.printed[rubbed] = np.maximum(sheet.printed[rubbed], 200)


def line_of_dirt(
    sheet: Sheet, start: tuple[float, float], end: tuple[float, float], wide_mm: float, dark: float
) -> None:
    """What a hair on the glass, or dirt in a feeder, draws: straight and even."""
    a, b = (tuple(int(v * PER_MM) for v in point) for point in (start, end))
    line = np.zeros_like(sheet.printed)
    cv2.line(line, a, b, (255,), max(1, round(wide_mm * PER_MM)), cv2.LINE_AA)
    sheet.printed = np.minimum(sheet.printed, 255 - (line * dark).astype(np.uint8))


def holes(sheet: Sheet, count: int, left_mm: float, dark: bool) -> None:
    """Punch holes along the left edge; the lid behind them is dark or light."""
    middle = 148.5 + float(sheet.random.normal(0, 3))
    apart = {2: 80.0, 4: 80.0}[count]
    for index in range(count):
        y = middle + (index - (count - 1) / 2) * apart
        at = (int(left_mm * PER_MM), int(y * PER_MM))
        radius = round(2.75 * PER_MM)
        cv2.circle(sheet.printed, at, radius, (25 if dark else 235,), -1, cv2.LINE_AA)
        cv2.circle(sheet.written, at, radius, (0,), -1, cv2.LINE_AA)


def stain(sheet: Sheet, centre: tuple[float, float], radius_mm: float, strength: float) -> None:
    """Put a cup on it: a ring, darker at its rim, broken."""
    layer = np.zeros_like(sheet.printed)
    at = tuple(int(v * PER_MM) for v in centre)
    start = int(sheet.random.integers(0, 360))
    end = start + int(sheet.random.integers(200, 360))
    reach = round(radius_mm * PER_MM)
    cv2.ellipse(layer, at, (reach, reach), 0, start, end, (255,), round(2.2 * PER_MM))
    rim = cv2.morphologyEx(layer, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8))
    soft = cv2.GaussianBlur(cv2.max(layer // 2, rim), (0, 0), 2)
    sheet.printed = cv2.subtract(sheet.printed, (soft * strength).astype(np.uint8))


def specks(sheet: Sheet, count: int) -> None:
    """Dust and toner dots, up to a third of a millimetre."""
    r = sheet.random
    rows, columns = sheet.printed.shape
    for x, y, size, grey in zip(
        r.integers(0, columns, count), r.integers(0, rows, count),
        r.integers(1, 3, count), r.integers(30, 140, count), strict=True,
    ):  # fmt: skip
        cv2.circle(sheet.printed, (int(x), int(y)), int(size), (int(grey),), -1)


def clip(sheet: Sheet, at_mm: tuple[float, float]) -> None:
    """Leave a paper clip on the top edge."""
    x, y = at_mm
    for inset, length in ((0.0, 28.0), (1.4, 22.0)):
        points = [(x + inset, y + length), (x + inset, y), (x + 6 - inset, y),
                  (x + 6 - inset, y + length - 4)]  # fmt: skip
        line = np.round(np.array(points) * PER_MM).astype(np.int32)
        cv2.polylines(sheet.printed, [line], False, (90,), round(0.9 * PER_MM), cv2.LINE_AA)
