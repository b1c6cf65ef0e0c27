"""All the print on a page, word by word, with Tesseract as a program of its own; in the child.

It is handed one picture that we encoded ourselves, in a folder of its own, as for single lines.
"""

import csv
import io
import os
import tempfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytesseract
from cv2.typing import MatLike

from services.intake.pages.page import Word
from services.intake.reading.level import level, without_rules
from shared.events import Area

_SWEDISH, _ENGLISH = "swe", "eng"
"""English knows the sign @, which Swedish does not. Both together lose å, ä and ö."""

_SINGLE_COLUMN: Final = "--oem 1 --psm 4"
_SINGLE_LINE: Final = "--oem 1 --psm 7"
_BORDER_PX: Final = 10
_TIMEOUT_S: Final = 25
_LONG_SIDE_PX: Final = 3508
"""A4 at 300 dpi."""

_SPECK: Final = 0.6
_SURE: Final = 0.8
_LEAST_SURE_WORDS: Final = 8
"""Of four letters or more; upside down, a full page has about four."""

_MOST_WORDS: Final = 4_000


def words_on(grey: MatLike) -> tuple[Word, ...]:
    """Return the words of an upright, level page in Tesseract's order; none if it gives up."""
    factor = min(_LONG_SIDE_PX / max(grey.shape[:2]), 3.0)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=method)
    table = _recognised(without_rules(scaled), _SWEDISH, _SINGLE_COLUMN)
    return _words(table, scaled.shape[1], scaled.shape[0])


def address_at(grey: MatLike, area: Area) -> tuple[str, float]:
    """Return what stands in one line of an upright, level page, read as a mail address.

    With its confidence, 0 to 1; nothing, if nothing was recognised.
    """
    height, width = grey.shape[:2]
    margin = (area.bottom - area.top) * height / 2
    rows = slice(max(round(area.top * height - margin), 0), round(area.bottom * height + margin))
    columns = slice(max(round(area.left * width - margin), 0), round(area.right * width + margin))
    line = without_rules(grey)[rows, columns]
    if line.size == 0:
        return "", 0.0
    words = _words(_recognised(line, _ENGLISH, _SINGLE_LINE), line.shape[1], line.shape[0])
    # An @ is parted from what stands beside it.
    return "".join(word.text for word in words), min((w.confidence for w in words), default=0.0)


def _recognised(grey: MatLike, language: str, config: str) -> str:
    """Return Tesseract's table of what a picture says; an empty one if it gives up."""
    border = (_BORDER_PX, _BORDER_PX, _BORDER_PX, _BORDER_PX)
    bordered = cv2.copyMakeBorder(grey, *border, cv2.BORDER_CONSTANT, value=(255,))
    # One thread: with more, parallel readers take ten times as long together.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder) / "page.png"
        encoded = cv2.imencode(".png", bordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
        path.write_bytes(encoded.tobytes())
        try:
            table: str = pytesseract.image_to_data(
                str(path), lang=language, config=config, timeout=_TIMEOUT_S
            )
        except RuntimeError:
            # Too slow, or ended by the page: what it says then is nothing.
            return ""
    return table


def upright(grey: MatLike) -> tuple[MatLike, tuple[Word, ...]]:
    """Return a page turned and levelled so that it can be read, and its words then.

    Tried as it is first, then on its head, then on its sides.
    """
    best: tuple[MatLike, tuple[Word, ...]] | None = None
    for turns in (0, 2, 1, 3):
        turned = level(np.ascontiguousarray(np.rot90(grey, turns)))
        words = words_on(turned)
        if best is None or _sure_words(words) > _sure_words(best[1]):
            best = turned, words
        if _sure_words(words) >= _LEAST_SURE_WORDS:
            break
    assert best is not None
    return best


def _sure_words(words: tuple[Word, ...]) -> int:
    return sum(
        word.confidence >= _SURE and len(word.text) >= 4 and word.text.isalpha() for word in words
    )


def _words(table: str, width: int, height: int) -> tuple[Word, ...]:
    found = []
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        # What is left of frames.
        text = (row["text"] or "").strip().strip("|[]_")
        confidence = _fraction(float(row["conf"]) / 100)
        letters = sum(letter.isalnum() for letter in text)
        speck = confidence < _SPECK and letters < 2
        if row["level"] != "5" or not text or speck:
            continue
        left, top = int(row["left"]) - _BORDER_PX, int(row["top"]) - _BORDER_PX
        found.append(
            Word(
                text,
                _fraction(left / width),
                _fraction(top / height),
                _fraction((left + int(row["width"])) / width),
                _fraction((top + int(row["height"])) / height),
                confidence,
            )
        )
    return tuple(found[:_MOST_WORDS])


def _fraction(value: float) -> float:
    return min(max(value, 0.0), 1.0)
