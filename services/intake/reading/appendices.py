"""The text of pages that come with a form whose signature box is empty.

One may be a signing service's sheet. Recognising a picture is dear: it is done for few pages, of
few files.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from services.intake.reading.full_page import words_on
from services.intake.reading.identify import own_codes
from services.intake.reading.measured import MOST_PAGE_TEXT, PageMeasured

_HARDLY_INK_MM2 = 5.0
_MOST_PAGES = 3


def appendices_read(pages: Sequence[PageMeasured]) -> Iterable[PageMeasured]:
    """Return a file's pages; those without text and code get theirs if a signature box is empty."""
    if not any(_lacks_signature(page) for page in pages):
        return pages
    pictures = [page for page in pages if not (own_codes(page.codes) or page.text or page.blank)]
    texts = {page.number: _recognised(page) for page in pictures[:_MOST_PAGES]}
    return [
        page.model_copy(update={"text": texts[page.number]}) if page.number in texts else page
        for page in pages
    ]


def _lacks_signature(page: PageMeasured) -> bool:
    return page.form is not None and any(
        signature.ink_mm2 <= _HARDLY_INK_MM2 for signature in page.form.signatures
    )


def _recognised(page: PageMeasured) -> str:
    grey = cv2.imdecode(np.frombuffer(page.image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return ""
    return " ".join(word.text for word in words_on(grey))[:MOST_PAGE_TEXT]
