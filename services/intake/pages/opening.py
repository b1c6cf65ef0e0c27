"""Which opener a file needs: decided by its bytes, whatever its name and mail say."""

from collections.abc import Iterator

from services.intake.mail import magic
from services.intake.pages.docx import docx_pages
from services.intake.pages.heif import heif_pages
from services.intake.pages.image import image_pages
from services.intake.pages.odt import odt_pages
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.pdf import pdf_pages
from services.intake.pages.trust import Trust
from shared.events import Reason

_NAMES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".heic", ".heif", ".docx", ".zip")
_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/tiff", "image/heic", magic.WORD)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream that an Office file with a password is kept in ([MS-OFFCRYPTO], 2.3.4.4)."""


def open_pages(
    data: bytes, filename: str, content_type: str, limits: Limits, trust: Trust
) -> Iterator[Page]:
    """Yield the pages of a PDF, a picture, a DOCX or an ODT, one at a time. Raises PageFault."""
    if not data:
        raise PageFault(Reason.EMPTY_FILE, "the file is empty")
    if len(data) > limits.bytes_:
        raise PageFault(Reason.TOO_LARGE, f"{len(data)} bytes")
    shown = magic.content_type(data)
    match shown:
        case "application/pdf":
            return pdf_pages(data, limits, trust)
        case "image/png" | "image/jpeg" | "image/tiff":
            return image_pages(data, limits)
        case "image/heic":
            return heif_pages(data, limits)
        case magic.WORD:
            return docx_pages(data, limits)
        case "application/vnd.oasis.opendocument":
            return odt_pages(data, limits)
        case "application/zip" if filename.lower().endswith(".docx"):
            # Broken, or else without what makes a Word file; which, is found out there.
            return docx_pages(data, limits)
        case "application/x-ole-storage" if _ENCRYPTED in data:
            raise PageFault(Reason.LOCKED_FILE, "an Office file with a password")
    if shown is None and (filename.lower().endswith(_NAMES) or content_type.lower() in _TYPES):
        raise PageFault(Reason.UNREADABLE_FILE, "not what its name says")
    raise PageFault(Reason.UNSUPPORTED_FORMAT, f"no page can be made of {shown or 'it'}")
