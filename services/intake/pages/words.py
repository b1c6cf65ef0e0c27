"""The words of a PDF page that was made by a program, with pdfplumber.

Only for pages with visible text of their own, and only after the file's streams were found to stay
within the limit: pdfminer, beneath, inflates them whole.
"""

import io
from collections.abc import Sequence

import pdfplumber

from services.intake.pages.page import Word

MOST_WORDS = 4_000
MOST_TEXT = 20_000
"""Characters; a page has about three thousand."""


def words_of(data: bytes, page_number: int) -> tuple[str, Sequence[Word]]:
    """Return the text of one page (from 1), line by line, and its words in their places.

    Nothing, if it cannot be made out.
    """
    try:
        with pdfplumber.open(io.BytesIO(data), pages=[page_number]) as document:
            if not document.pages:
                return "", ()
            page = document.pages[0]
            return page.extract_text()[:MOST_TEXT], _placed(page)
    # pdfminer raises whatever a damaged object leads it to; the picture of the page is what counts.
    except Exception:
        return "", ()


def _placed(page: pdfplumber.page.Page) -> tuple[Word, ...]:
    left, top, right, bottom = page.bbox
    width, height = max(right - left, 1), max(bottom - top, 1)
    return tuple(
        Word(
            word["text"],
            _fraction((word["x0"] - left) / width),
            _fraction((word["top"] - top) / height),
            _fraction((word["x1"] - left) / width),
            _fraction((word["bottom"] - top) / height),
        )
        for word in page.extract_words()[:MOST_WORDS]
    )


def _fraction(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)
