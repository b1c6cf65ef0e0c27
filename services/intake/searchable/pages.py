"""All the words of a file's pages, and each page as an upright picture. In the contained child.

A page that a program made has its words in it: they are taken where the picture shows them too.
Any other page is recognised whole.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from rapidfuzz import fuzz

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits, Page, Word
from services.intake.pages.trust import Trust
from services.intake.reading.ocr import recognise
from services.intake.searchable.crop import as_line, place_of
from services.intake.searchable.found import MOST_WORD, MOST_WORDS, FoundPage, FoundWord
from services.intake.searchable.recognise import recognise_page
from shared.events import Source

_LONG_SIDE_PX: Final = 2339
"""A4 at 200 dpi: what a person reads well and a search engine needs not at all."""

_QUALITY: Final = 45
_DARK: Final = 128
_LEAST_INSIDE: Final = 0.6
"""Of the ink of a page, in the places of its words; the rest are lines, logotypes, signatures."""

_SAMPLED: Final = 8
_LEAST_ALIKE: Final = 60.0
_LEAST_SHOWN: Final = 0.7
"""Of the sampled words, to be seen in the picture."""


def find_words(
    data: bytes,
    filename: str,
    content_type: str,
    limits: Limits,
    wanted: Collection[int],
) -> Iterator[tuple[FoundPage, bytes]]:
    """Yield the wanted pages of a file (numbers from 1) and their pictures. Raises PageFault."""
    cv2.setNumThreads(1)
    last = max(wanted)
    # Signatures were validated when the file was read; here none counts.
    nobody = Trust(at=datetime.now(UTC))
    for page in open_pages(data, filename, content_type, limits, nobody):
        if page.number in wanted:
            yield _found(page)
        if page.number == last:
            return


def _found(page: Page) -> tuple[FoundPage, bytes]:
    if page.born_digital and shows_its_words(page.grey, page.words):
        return _page(page.number, page.grey, page.words, Source.TEXT_LAYER)
    grey, words = recognise_page(page.grey)
    return _page(page.number, grey, words, Source.OCR)


def _page(
    number: int, grey: MatLike, words: Sequence[Word], source: Source
) -> tuple[FoundPage, bytes]:
    factor = min(1.0, _LONG_SIDE_PX / max(grey.shape[:2]))
    picture = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    height, width = picture.shape[:2]
    found = FoundPage(
        number=number,
        width_px=width,
        height_px=height,
        source=source,
        words=tuple(_word(word) for word in words[:MOST_WORDS] if _printable(word.text)),
    )
    return found, jpeg.tobytes()


def _word(word: Word) -> FoundWord:
    return FoundWord(
        text=_printable(word.text)[:MOST_WORD],
        left=word.left,
        top=word.top,
        right=max(word.right, word.left),
        bottom=max(word.bottom, word.top),
    )


def _printable(text: str) -> str:
    """Without what JSON and databases stumble over: control characters, half characters, NUL."""
    return "".join(letter for letter in text if letter.isprintable() and letter != " ")


# --- Whether a page shows the words that it says it has ------------------------------------------


def shows_its_words(grey: MatLike, words: Sequence[Word]) -> bool:
    """Whether the picture's ink stands mostly where the words are, and says what they say.

    Text that is hidden, white or behind a picture, and a scan with a stamp of text, show in the
    ink; letters that look like others than they say, in a sample that is recognised.
    """
    if not words:
        return False
    ink = grey < _DARK
    inside = np.zeros_like(ink)
    for word in words:
        rows, columns = place_of(word, grey.shape)
        inside[rows, columns] = True
    total = int(np.count_nonzero(ink))
    if total == 0 or np.count_nonzero(ink & inside) < _LEAST_INSIDE * total:
        return False
    sample = sorted(words, key=lambda word: len(word.text), reverse=True)[:_SAMPLED]
    shown = sum(_shows(grey, word) for word in sample)
    return shown >= _LEAST_SHOWN * len(sample)


def _shows(grey: MatLike, word: Word) -> bool:
    rows, columns = place_of(word, grey.shape)
    crop = grey[rows, columns]
    if min(crop.shape) < 4:
        return False
    seen = recognise(as_line(crop)).text
    return fuzz.ratio(seen.casefold(), word.text.casefold()) >= _LEAST_ALIKE
