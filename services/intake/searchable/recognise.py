"""A whole page recognised with Tesseract as a program of its own, dictionaries and all.

It is handed one picture that we encoded ourselves, in a folder of its own: anything else it may
take for a list of files, or for an address to fetch.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pytesseract
from cv2.typing import MatLike

from services.intake.pages.page import Word
from services.intake.reading.contact import is_email
from services.intake.reading.level import level
from services.intake.reading.ocr import Model, recognise
from services.intake.searchable.crop import as_line, place_of

_LANGUAGE: Final = "swe"
"""With English beside it, rings and dots over letters are lost."""

_ADDRESS_LIKE: Final = re.compile(r"\S{3,}\.[a-z]{2,6}[.,;:]?")
"""A word that may be a mail address: Swedish does not know the sign @."""

_CONFIG: Final = "--oem 1 --psm 3 --dpi 300"
_LONG_SIDE_PX: Final = 3508
"""A4 at 300 dpi."""

_LEAST_TURN_CONFIDENCE: Final = 2.0
"""Tesseract's own measure of how a page is turned; below, it guesses."""

_SPECK: Final = 0.3
_TIMEOUT_S: Final = 600
"""The lowest priority may have to wait long for its turn."""


class PageNotRecognised(Exception):
    """Tesseract gave up, or was given up."""


def recognise_page(grey: MatLike) -> tuple[MatLike, tuple[Word, ...]]:
    """Return a page turned and levelled so that it can be read, and its words then.

    Raises PageNotRecognised.
    """
    turned = level(np.ascontiguousarray(np.rot90(grey, _quarter_turns(grey))))
    enlarged = _enlarged(turned)
    with _kept(enlarged) as path:
        try:
            table = pytesseract.image_to_data(
                path,
                lang=_LANGUAGE,
                config=_CONFIG,
                timeout=_TIMEOUT_S,
                output_type=pytesseract.Output.DICT,
            )
        except (pytesseract.TesseractError, RuntimeError) as error:
            raise PageNotRecognised(str(error)[:300]) from error
    words = _words(table, enlarged.shape[1], enlarged.shape[0])
    return turned, tuple(_with_at_sign(word, turned) for word in words)


def _with_at_sign(word: Word, grey: MatLike) -> Word:
    """Read a word once more with the model that knows the sign @, if it may be an address."""
    if not _ADDRESS_LIKE.fullmatch(word.text):
        return word
    rows, columns = place_of(word, grey.shape)
    again = recognise(as_line(grey[rows, columns]), Model.ENGLISH).text.replace(" ", "")
    return replace(word, text=again) if is_email(again.rstrip(".,;:")) else word


def _quarter_turns(grey: MatLike) -> int:
    """How often to turn a page anticlockwise; not at all where there is too little to tell."""
    with _kept(grey) as path:
        try:
            said = pytesseract.image_to_osd(
                path, timeout=_TIMEOUT_S, output_type=pytesseract.Output.DICT
            )
        # Also a page on which the program breaks down: it does so on some plain scans.
        except (pytesseract.TesseractError, RuntimeError):
            return 0
    if float(said["orientation_conf"]) < _LEAST_TURN_CONFIDENCE:
        return 0
    return -int(said["rotate"]) // 90 % 4


def _enlarged(grey: MatLike) -> MatLike:
    factor = min(_LONG_SIDE_PX / max(grey.shape[:2]), 3.0)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=method)


@contextmanager
def _kept(grey: MatLike) -> Iterator[str]:
    # One thread: with more, parallel readers take ten times as long together.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder) / "page.png"
        encoded = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
        path.write_bytes(encoded.tobytes())
        yield str(path)


def _words(table: dict[str, list[Any]], width: int, height: int) -> Iterator[Word]:
    columns = ("level", "text", "conf", "left", "top", "width", "height")
    for kind, text, sure, left, top, wide, tall in zip(*(table[c] for c in columns), strict=True):
        word = text.strip()
        confidence = min(max(float(sure) / 100, 0.0), 1.0)
        speck = confidence < _SPECK and not any(letter.isalnum() for letter in word)
        if kind == 5 and word and not speck:
            yield Word(
                word,
                _fraction(left / width),
                _fraction(top / height),
                _fraction((left + wide) / width),
                _fraction((top + tall) / height),
                confidence,
            )


def _fraction(value: float) -> float:
    return min(max(value, 0.0), 1.0)
