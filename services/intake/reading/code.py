"""Finding and decoding the QR codes of a page with zxing-cpp; no other kind of code is looked for.

Half size first: a module of our forms is then still six pixels wide on a 300 dpi scan. Only where
that finds fewer than two codes are dearer ways tried.
"""

from collections.abc import Iterator

import cv2
import zxingcpp
from cv2.typing import MatLike

from services.intake.reading.measured import CodeSighting, Point

_WANTED = 2
_FIRST_LONG_SIDE_PX = 1754
"""A4 at 150 dpi."""


def find_codes(grey: MatLike) -> tuple[CodeSighting, ...]:
    """Return every QR code that can be decoded, each place once.

    `grey` is 8-bit. Corners are in its pixels.
    """
    found: list[CodeSighting] = []
    for picture, factor, binarizer in _attempts(grey):
        for sighting in _decode(picture, factor, binarizer):
            if not any(_same_place(sighting, known) for known in found):
                found.append(sighting)
        if len(found) >= _WANTED:
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


def _same_place(one: CodeSighting, other: CodeSighting) -> bool:
    side = abs(one.corners[0][0] - one.corners[2][0]) + abs(one.corners[0][1] - one.corners[2][1])
    apart = max(
        abs(sum(c[axis] for c in one.corners) - sum(c[axis] for c in other.corners)) / 4
        for axis in (0, 1)
    )
    return apart < side / 4


def _scaled(grey: MatLike, factor: float) -> MatLike:
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
