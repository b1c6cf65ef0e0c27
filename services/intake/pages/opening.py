"""Which opener a file needs: decided by its bytes, whatever its name and mail say."""

from collections.abc import Iterator

from services.intake.mail import magic
from services.intake.pages.docx import docx_pages
from services.intake.pages.image import image_pages
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.pdf import pdf_pages
from services.intake.pages.trust import Trust
from shared.events import Reason

_PDF_WITHIN = 1024
"""Readers accept a PDF whose header does not come quite first."""

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NAMES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".docx")
_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/tiff", _WORD)


def open_pages(
    data: bytes, filename: str, content_type: str, limits: Limits, trust: Trust
) -> Iterator[Page]:
    """Yield the pages of a PDF, PNG, JPEG, TIFF or DOCX, one at a time. Raises PageFault."""
    if not data:
        raise PageFault(Reason.EMPTY_FILE, "the file is empty")
    if len(data) > limits.bytes_:
        raise PageFault(Reason.TOO_LARGE, f"{len(data)} bytes")
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return pdf_pages(data, limits, trust)
    if data.startswith(_PICTURES):
        return image_pages(data, limits)
    if magic.content_type(data) == _WORD:
        return docx_pages(data, limits)
    if filename.lower().endswith(_NAMES) or content_type.lower() in _TYPES:
        raise PageFault(Reason.UNREADABLE_FILE, "not what its name says")
    raise PageFault(Reason.UNSUPPORTED_FORMAT, "not a PDF, PNG, JPEG, TIFF or DOCX")
