"""The words of a PDF page that was made by a program, with pdfplumber.

Only for pages with visible text of their own, and only after the file's streams were found to stay
within the limit: pdfminer, beneath, inflates them whole.
"""

import io

import pdfplumber

MOST_TEXT = 20_000
"""Characters; a page has about three thousand."""


def words_of(data: bytes, page_number: int) -> str:
    """Return the text of one page (from 1), line by line; empty if it cannot be made out."""
    try:
        with pdfplumber.open(io.BytesIO(data), pages=[page_number]) as document:
            return document.pages[0].extract_text()[:MOST_TEXT] if document.pages else ""
    # pdfminer raises whatever a damaged object leads it to; the picture of the page is what counts.
    except Exception:
        return ""
