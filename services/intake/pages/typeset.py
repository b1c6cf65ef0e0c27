"""Text without pages of its own, drawn as pages: what one is shown of a word processor's file.

Nothing of the file's own layout is kept; the original is there to be fetched.
"""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np

from services.intake.pages.page import Page, Word

_DPI: Final = 150.0
_WIDTH: Final = 1240
_HEIGHT: Final = 1754
_MARGIN: Final = 120
_LETTERS: Final = 22
_WEIGHT: Final = 400
_LEADING: Final = 33
_DESCENT: Final = 8
_WIDTH_CHARS: Final = 92
_ROWS: Final = (_HEIGHT - 2 * _MARGIN) // _LEADING


def typeset_pages(paragraphs: Sequence[str], first_number: int = 1) -> Iterator[Page]:
    """Yield A4 pages with these paragraphs; one empty page for none.

    Each page's `text` is what stands on it, a line for each paragraph.
    """
    number, rows, page = first_number, 0, list[list[str]]()
    for paragraph in paragraphs:
        wrapped = textwrap.wrap(paragraph, _WIDTH_CHARS) or [""]
        for start in range(0, len(wrapped), _ROWS):
            piece = wrapped[start : start + _ROWS]
            if page and rows + len(piece) > _ROWS:
                yield _page(number, page)
                number, rows, page = number + 1, 0, []
            page.append(piece)
            rows += len(piece)
    if page or number == first_number:
        yield _page(number, page)


def _page(number: int, paragraphs: Sequence[Sequence[str]]) -> Page:
    paper = np.full((_HEIGHT, _WIDTH), 255, np.uint8)
    # OpenCV's own typeface: it knows every letter that is likely to come, and needs no file.
    face = cv2.FontFace("sans")
    row, words = 0, list[Word]()
    for paragraph in paragraphs:
        right, top = _MARGIN, _MARGIN + row * _LEADING
        for line in paragraph:
            row += 1
            baseline = _MARGIN + row * _LEADING - _DESCENT
            end, _ = cv2.putText(paper, line, (_MARGIN, baseline), (0,), face, _LETTERS, _WEIGHT)
            right = max(right, int(end[0]))
        words.append(
            Word(
                " ".join(paragraph),
                _MARGIN / _WIDTH,
                top / _HEIGHT,
                min(right / _WIDTH, 1.0),
                (_MARGIN + row * _LEADING) / _HEIGHT,
            )
        )
    return Page(
        number=number,
        grey=paper,
        dpi=_DPI,
        coarse_dpi=_DPI,
        born_digital=True,
        text="\n".join(word.text for word in words),
        words=words,
        typeset=True,
    )
