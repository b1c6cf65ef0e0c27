"""Recognising one-line text fields with Tesseract, all of a page's in one process.

Tesseract gets a list file that names pictures we encoded ourselves, in a folder of its own: handed
anything else it may take it for a list of files, or fetch addresses. Runs in the contained child.
"""

import csv
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytesseract
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.measured import MOST_FIELD_TEXT, FieldMeasure
from services.intake.reading.paper import FINE_PER_MM, FlatPage
from shared.forms import Rect, TextField

_INK = 100
_LEAST_INK_MM2 = 1.5
_BORDER_PX = 10
_SPECK_MM2 = 0.1
_LINE_SHARE = 0.5
_TIMEOUT_S = 20
_CONFIG = (
    "--oem 1 --psm 7 --dpi 300 -c tessedit_do_invert=0"
    # Names and addresses are not words: without the dictionaries it starts sooner, too.
    " -c load_system_dawg=0 -c load_freq_dawg=0 -c load_punc_dawg=0 -c load_number_dawg=0"
)

EMAIL_FIELD = "contact.email"


@dataclass(frozen=True)
class _Line:
    """A field, its ink, and its picture black on white: none if empty, two around an @."""

    field: TextField
    pieces: tuple[MatLike, ...]
    ink_mm2: float


def measure_fields(page: FlatPage) -> tuple[FieldMeasure, ...]:
    """Return every text field of the form; empty ones without a text."""
    lines = [_line(page, field) for field in page.template.fields]
    pieces: list[MatLike] = []
    for line in lines:
        pieces += line.pieces
    read = iter(recognise(pieces))
    return tuple(_field_measure(page, line, [next(read) for _ in line.pieces]) for line in lines)


def _field_measure(
    page: FlatPage, line: "_Line", read: Sequence[tuple[str, float]]
) -> FieldMeasure:
    text = read[0][0] if read else ""
    confidence = min((c for _, c in read), default=0.0)
    if len(read) == 2:
        text = _at_sign_between(read[0][0], read[1][0])
    elif read and line.field.name == EMAIL_FIELD:
        # Swedish models do not know the sign; the English one does, at the price of a process.
        [(text, confidence)] = recognise(line.pieces, language="eng")
        text = text.replace(" ", "")
    return FieldMeasure(
        name=line.field.name,
        ink_mm2=line.ink_mm2,
        text=text[:MOST_FIELD_TEXT],
        confidence=confidence,
        area=page.area(line.field.area),
    )


def _at_sign_between(left: str, right: str) -> str:
    return f"{left}@{right}".replace(" ", "")


def recognise(lines: Sequence[MatLike], language: str = "swe") -> list[tuple[str, float]]:
    """Return text and confidence (0 to 1) of each picture of one line, black on white."""
    if not lines:
        return []
    # One thread: with more, parallel readers take ten times as long together.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory(prefix="lines-") as folder:
        names = []
        for index, line in enumerate(lines):
            path = Path(folder) / f"{index}.png"
            encoded = cv2.imencode(".png", line, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
            path.write_bytes(encoded.tobytes())
            names.append(str(path))
        listing = Path(folder) / "lines.txt"
        listing.write_text("\n".join(names) + "\n", encoding="ascii")
        table = pytesseract.image_to_data(
            str(listing), lang=language, config=_CONFIG, timeout=_TIMEOUT_S
        )
    return _by_page(table, len(lines))


def _by_page(table: str, count: int) -> list[tuple[str, float]]:
    words: list[list[tuple[str, float]]] = [[] for _ in range(count)]
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        page, text = int(row["page_num"]) - 1, row["text"]
        if row["level"] == "5" and text and text.strip() and 0 <= page < count:
            words[page].append((text.strip(), float(row["conf"]) / 100))
    return [
        (" ".join(t for t, _ in found), min((c for _, c in found), default=0.0)) for found in words
    ]


def _line(page: FlatPage, field: TextField) -> _Line:
    area = field.area
    inside = Rect.spanning(area.left_mm, area.top_mm - 0.1, area.right_mm, area.bottom_mm + 0.6)
    darkness = _without_rule(page.fine_crop(inside))
    pieces = _letters(darkness)
    ink_mm2 = float(pieces[:, cv2.CC_STAT_AREA].sum()) / FINE_PER_MM**2
    if ink_mm2 < _LEAST_INK_MM2:
        return _Line(field, (), ink_mm2)
    left = max(int(pieces[:, cv2.CC_STAT_LEFT].min()) - 4, 0)
    right = int((pieces[:, cv2.CC_STAT_LEFT] + pieces[:, cv2.CC_STAT_WIDTH]).max()) + 4
    at_sign = find_at_sign(darkness, pieces) if field.name == EMAIL_FIELD else None
    if at_sign is None:
        return _Line(field, (_bordered(darkness[:, left:right]),), ink_mm2)
    before, after = at_sign
    halves = _bordered(darkness[:, left:before]), _bordered(darkness[:, after:right])
    return _Line(field, halves, ink_mm2)


def find_at_sign(darkness: MatLike, pieces: NDArray[np.int32]) -> tuple[int, int] | None:
    """Return the columns where the one @ of a line begins and ends, if it can be told.

    It is the one piece that is round, wider than letters, and neither hollow nor full inside.
    `pieces` are OpenCV's statistics of the line's connected pieces.
    """
    usual = float(np.median(pieces[:, cv2.CC_STAT_WIDTH]))
    found: list[tuple[int, int]] = []
    for left, top, width, height, _ in (tuple(int(v) for v in piece) for piece in pieces):
        if width < 1.25 * usual or not 0.7 < width / height < 1.4 or width > 6 * FINE_PER_MM:
            continue
        sign = darkness[top : top + height, left : left + width] > _INK
        inside = sign[height // 4 : height - height // 4, width // 4 : width - width // 4]
        # From its middle, an @ is crossed twice on the way out to the left, top and bottom.
        row, column = sign[height // 2], sign[:, width // 2]
        turns = (
            int(np.count_nonzero(np.diff(row.astype(np.int8)))),
            int(np.count_nonzero(np.diff(column.astype(np.int8)))),
        )
        filled = float(inside.mean())
        neither_hollow_nor_full = 0.15 < filled < 0.85
        if neither_hollow_nor_full and min(turns) >= 5:
            found.append((left, left + width))
    if len(found) != 1:
        return None
    before, after = found[0]
    width = darkness.shape[1]
    return (before - 1, after + 1) if before > 8 and after < width - 8 else None


def _letters(darkness: MatLike) -> NDArray[np.int32]:
    """Return statistics of the pieces of ink, and wipe from `darkness` those that are no letters:
    specks, what is left of the rule below and of the caption above.
    """
    ink = (darkness > _INK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height = darkness.shape[0]
    kept = []
    for label, (_, top, wide, tall, area) in enumerate(stats):
        if label == 0:
            continue
        flat = tall < 0.5 * FINE_PER_MM and wide > 2.5 * FINE_PER_MM
        above = top + tall < 0.8 * FINE_PER_MM
        below = top > height - 1.3 * FINE_PER_MM
        if area < _SPECK_MM2 * FINE_PER_MM**2 or flat or above or below:
            darkness[labels == label] = 0
        else:
            kept.append(stats[label])
    return np.array(kept, dtype=np.int32).reshape(-1, 5)


def _bordered(darkness: MatLike) -> MatLike:
    return cv2.copyMakeBorder(
        cv2.bitwise_not(darkness),
        _BORDER_PX,
        _BORDER_PX,
        _BORDER_PX,
        _BORDER_PX,
        cv2.BORDER_CONSTANT,
        value=(255,),
    )


def _without_rule(darkness: MatLike) -> MatLike:
    """Wipe out the printed line below the field: rows of the lowest part that are mostly dark."""
    result = darkness.copy()
    lowest = round(1.6 * FINE_PER_MM)
    dark_rows = (result[-lowest:] > _INK).mean(axis=1) > _LINE_SHARE
    if dark_rows.any():
        first = result.shape[0] - lowest + int(np.flatnonzero(dark_rows)[0])
        result[max(first - 1, 0) :] = 0
    return result
