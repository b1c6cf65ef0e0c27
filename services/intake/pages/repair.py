"""Whether a PDF is damaged, though it can be opened; and the same PDF put in order.

Two libraries open every PDF, and each mends damage by itself, in silence and in its own way. A
file that was mended is read as far as it goes and never trusted: a page may be missing.
"""

import io
import re

import pikepdf

_HARMLESS = (
    "extraneous whitespace seen before xref",
    "stream keyword followed by",
    "stream keyword not followed by proper line terminator",
    "is not one plus the highest object number",
    "object has offset 0",
    "name with stray #",
    "dictionary has duplicated key",
    "operation for dictionary attempted on object of type null",
)
"""Slips of the programs that write PDFs, by which nothing is lost."""

_OBJECT = re.compile(rb"(?:^|\s)\d+ \d+ obj\b")


def damage_of(document: pikepdf.Pdf, data: bytes) -> str | None:
    """Return what is damaged in a PDF whose objects have all been looked at, or None."""
    for warning in document.get_warnings():
        if not any(words in str(warning) for words in _HARMLESS):
            return str(warning)
    stated = document.Root.Pages.get("/Count")
    if stated is None or int(stated) != len(document.pages):
        return f"{stated} pages are stated, {len(document.pages)} are there"
    _, end, rest = data.rpartition(b"%%EOF")
    if end and _OBJECT.search(rest):
        # What was added to the file later is cut off: it opens as it was before.
        return "objects after the end"
    return None


def put_in_order(document: pikepdf.Pdf) -> bytes:
    """Return the document written anew, with the pages that are there and no others."""
    file = io.BytesIO()
    document.save(file, encryption=False)
    return file.getvalue()
