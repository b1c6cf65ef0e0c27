"""All the print on a page, word by word; in the contained child."""

import csv
import io
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.pages.page import Word
from services.intake.reading.level import level, without_rules
from services.intake.reading.ocr import Model, recognise, recognise_page
from shared.events import Area

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
    table = recognise_page(_bordered(without_rules(scaled)), _TIMEOUT_S)
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
    # The Swedish model does not know the sign @; the English one parts it from what is beside it.
    read = recognise(_bordered(line), Model.ENGLISH)
    return read.text.replace(" ", ""), read.confidence


def _bordered(grey: MatLike) -> MatLike:
    border = (_BORDER_PX, _BORDER_PX, _BORDER_PX, _BORDER_PX)
    return cv2.copyMakeBorder(grey, *border, cv2.BORDER_CONSTANT, value=(255,))


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
