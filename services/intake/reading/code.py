"""Finding and decoding the QR codes of a page with zxing-cpp; no other kind of code is looked for.

A mirrored code is no code: it shines through from the paper's other side.

Half size first: a module of our forms is then still six pixels wide on a 300 dpi scan. Only where
that finds fewer than two codes are dearer ways tried.
"""

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
import zxingcpp
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import CodeSighting, Point

_WANTED = 2
_OTHER_SIZES = (0.87, 0.67)
_FIRST_LONG_SIDE_PX = 1754
"""A4 at 150 dpi."""

_STREAK_PX = 4
"""At that size; a module has six."""

_LEAST_MODULES = 21
"""Of a QR code; a Micro QR code has one copy of its format, and is none of ours."""

_FORMAT_GENERATOR = 0b10100110111
_FORMAT_MASK = 0b101010000010010


def find_codes(grey: MatLike) -> tuple[CodeSighting, ...]:
    """Return every QR code that can be decoded, each place once.

    `grey` is 8-bit. Corners are in its pixels.
    """
    found: list[CodeSighting] = []
    for attempts in (_attempts, _without_streaks):
        for picture, factor, binarizer in attempts(grey):
            for sighting in _decode(picture, factor, binarizer):
                if not any(_same_place(sighting, known) for known in found):
                    found.append(sighting)
            if len(found) >= _WANTED:
                return tuple(found)
        # Where there is none at all, a page has none, most of the time.
        if not found:
            break
    return tuple(found)


def _attempts(grey: MatLike) -> Iterator[tuple[MatLike, float, zxingcpp.Binarizer]]:
    local = zxingcpp.Binarizer.LocalAverage
    factor = min(1.0, _FIRST_LONG_SIDE_PX / max(grey.shape[:2]))
    small = grey if factor == 1.0 else _scaled(grey, factor)
    yield small, factor, local
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0)
    yield smooth, factor, local
    if factor < 1.0:
        yield grey, 1.0, local
    yield small, factor, zxingcpp.Binarizer.GlobalHistogram
    closed = cv2.medianBlur(grey, 5)
    yield closed, 1.0, local
    # Worn print, and bitonal scans of it: modules with holes. And some sizes just suit better.
    yield cv2.GaussianBlur(small, (0, 0), 2.0), factor, local
    for part in _OTHER_SIZES:
        other = _scaled(grey, part * factor)
        yield other, part * factor, local
        yield cv2.GaussianBlur(other, (0, 0), 0.7), part * factor, local


def _without_streaks(grey: MatLike) -> Iterator[tuple[MatLike, float, zxingcpp.Binarizer]]:
    """Yield the page without what is dark and thinner than a module: streaks, however dark."""
    factor = min(1.0, _FIRST_LONG_SIDE_PX / max(grey.shape[:2]))
    small = grey if factor == 1.0 else _scaled(grey, factor)
    for across in ((1, _STREAK_PX), (_STREAK_PX, 1)):
        bare = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones(across, np.uint8))
        yield bare, factor, zxingcpp.Binarizer.LocalAverage


def _decode(
    picture: MatLike, factor: float, binarizer: zxingcpp.Binarizer
) -> Iterator[CodeSighting]:
    for code in zxingcpp.read_barcodes(
        picture,
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]),
        try_downscale=False,
        try_invert=False,
        binarizer=binarizer,
    ):
        if _is_mirrored(code):
            continue
        at = code.position

        def whole(point: zxingcpp.Point) -> Point:
            return point.x / factor, point.y / factor

        yield CodeSighting(
            text=code.text,
            corners=(
                whole(at.top_left),
                whole(at.top_right),
                whole(at.bottom_right),
                whole(at.bottom_left),
            ),
        )


def _is_mirrored(code: zxingcpp.Barcode) -> bool:
    """Whether a symbol makes better sense with rows and columns exchanged.

    zxing-cpp reads both and does not say which; the modules that it saw say so themselves.
    """
    symbol = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    dark = (symbol < 128).astype(int)
    if dark.ndim != 2 or dark.shape[0] != dark.shape[1] or len(dark) < _LEAST_MODULES:
        return False
    return _format_errors(dark.T) < _format_errors(dark)


def _format_errors(dark: NDArray[np.int_]) -> int:
    """Return how many modules of the two copies of a symbol's format would have to be wrong.

    ISO/IEC 18004, 7.9; most significant bit first, as rows and columns of `dark`.
    """
    near = [*range(6), 7]
    first = [*dark[8, near], dark[8, 8], *dark[near[::-1], 8]]
    second = [*dark[:-8:-1, 8], *dark[8, -8:]]
    return sum(
        min(int(np.sum(np.array(copy) != f)) for f in _formats()) for copy in (first, second)
    )


@cache
def _formats() -> NDArray[np.int_]:
    """Return all valid formats: five bits, ten that protect them, and a fixed mask."""
    formats = []
    for data in range(32):
        rest = data << 10
        for bit in range(14, 9, -1):
            if rest >> bit & 1:
                rest ^= _FORMAT_GENERATOR << (bit - 10)
        value = (data << 10 | rest) ^ _FORMAT_MASK
        formats.append([value >> bit & 1 for bit in range(14, -1, -1)])
    return np.array(formats)


def _same_place(one: CodeSighting, other: CodeSighting) -> bool:
    side = abs(one.corners[0][0] - one.corners[2][0]) + abs(one.corners[0][1] - one.corners[2][1])
    apart = max(
        abs(sum(c[axis] for c in one.corners) - sum(c[axis] for c in other.corners)) / 4
        for axis in (0, 1)
    )
    return apart < side / 4


def _scaled(grey: MatLike, factor: float) -> MatLike:
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
