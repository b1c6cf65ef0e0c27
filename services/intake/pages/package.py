"""A zip that holds a document: its parts are read one at a time, within the limits."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lxml import etree

from services.intake.pages.image import image_pages
from services.intake.pages.page import Limits, Page, PageFault
from shared.events import Reason

LEAST_SIDE_PX: Final = 500
"""A page, even at 72 dpi, is wider; a letterhead's logo is not."""

_MOST_PARTS: Final = 3_000
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")


class Package:
    """The parts of one file."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        entries = archive.infolist()
        if len(entries) > _MOST_PARTS:
            raise PageFault(Reason.TOO_LARGE, f"a document of {len(entries)} parts")
        if any(entry.flag_bits & 1 for entry in entries):
            raise PageFault(Reason.LOCKED_FILE, "the document has a password")
        self._sizes = {entry.filename: entry.file_size for entry in entries}
        if len(self._sizes) < len(entries):
            raise ValueError("two parts of one name")
        self._archive = archive
        self._limits = limits
        self._inflated_left = limits.inflated_bytes

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def xml(self, name: str) -> etree._Element:
        """The root of a part. Raises PageFault, etree.XMLSyntaxError."""
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        root = etree.fromstring(self._read(name), parser)
        if root.getroottree().docinfo.doctype:
            # No word processor writes one; it is how entities multiply.
            raise PageFault(Reason.UNREADABLE_FILE, "a document with a document type")
        return root

    def picture(self, name: str) -> Iterator[Page]:
        """The pages of a picture; none of a kind that is not opened. Raises PageFault."""
        data = self._read(name)
        if data.startswith(_PICTURES):
            yield from image_pages(data, self._limits)

    def _read(self, name: str) -> bytes:
        """One part. zipfile reads no more than the size that the directory states."""
        if name not in self._sizes:
            raise PageFault(Reason.UNREADABLE_FILE, f"a document without {name}")
        self._inflated_left -= self._sizes[name]
        if self._inflated_left < 0:
            raise PageFault(Reason.TOO_LARGE, "a document that grows beyond the limit when opened")
        return self._archive.read(name)


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[Package]:
    """Open a package; whatever is wrong with it meanwhile becomes a PageFault."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Package(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, etree.XMLSyntaxError) as broken:
        raise PageFault(Reason.UNREADABLE_FILE, f"broken document: {broken}") from broken
    except (RuntimeError, NotImplementedError, ValueError, TypeError, KeyError, OSError) as strange:
        # Nobody said that the file is damaged: another program may well open it. For a person.
        raise PageFault(Reason.READER_CRASHED, f"reader stumbled: {strange!r}") from strange
