"""Word files (DOCX): the text set as pages, and each picture in it a page of its own.

zipfile and lxml, not python-docx: that one inflates every part before one can ask how large it is,
stumbles over dangling references, and does not see content controls.
"""

import dataclasses
import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from lxml import etree

from services.intake.pages.image import image_pages
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.typeset import typeset_pages
from services.intake.pages.wordml import Picture, Story, attribute, local, story_of
from services.intake.reading.measured import MOST_FIELD_NAME, MOST_NEED_TEXT
from shared.events import Reason

_MOST_PARTS: Final = 3_000
_MOST_CONTROLS: Final = 500
_MOST_PICTURES: Final = 200
_LEAST_SIDE_PX: Final = 500
"""A page, even at 72 dpi, is wider; a letterhead's logo is not."""

_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_BESIDE: Final = ("header", "footer", "footnotes", "endnotes", "comments")
"""Parts that a person reads too, by the ends of their relationships' types."""


def docx_pages(data: bytes, limits: Limits) -> Iterator[Page]:
    """Yield the pages of a DOCX: its text first, if any, then its pictures. Raises PageFault.

    The first page's `form_values` are the filled content controls, by their tags. Nothing that a
    relationship names outside of the file is ever fetched.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from _Document(archive, limits).pages()
    except (zipfile.BadZipFile, zlib.error, EOFError, etree.XMLSyntaxError) as broken:
        raise PageFault(Reason.UNREADABLE_FILE, f"broken DOCX: {broken}") from broken
    except (RuntimeError, NotImplementedError, ValueError, TypeError, KeyError, OSError) as strange:
        # Nobody said that the file is damaged: another program may well open it. For a person.
        raise PageFault(Reason.READER_CRASHED, f"reader stumbled: {strange!r}") from strange


class _Document:
    """A package whose parts are read one at a time, within the limits."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        entries = archive.infolist()
        if len(entries) > _MOST_PARTS:
            raise PageFault(Reason.TOO_LARGE, f"a DOCX of {len(entries)} parts")
        if any(entry.flag_bits & 1 for entry in entries):
            raise PageFault(Reason.LOCKED_FILE, "the DOCX has a password")
        self._sizes = {entry.filename: entry.file_size for entry in entries}
        if len(self._sizes) < len(entries):
            raise ValueError("two parts of one name")
        self._archive = archive
        self._limits = limits
        self._inflated_left = limits.inflated_bytes

    def pages(self) -> Iterator[Page]:
        main = self._main_part()
        story = story_of(self._xml(main))
        targets, beside = self._relationships(main)
        for name in beside:
            more = story_of(self._xml(name))
            story.lines += more.lines
        count = 0
        if story.lines:
            for page in typeset_pages(story.lines):
                count += 1
                self._check_count(count)
                yield _with_controls(page, story) if count == 1 else page
        unread = 0
        for picture in story.pictures[:_MOST_PICTURES]:
            found = False
            for page in self._picture(picture, targets):
                found = True
                count += 1
                self._check_count(count)
                yield dataclasses.replace(page, number=count)
            unread += not found
        if count == 0 and unread:
            raise PageFault(Reason.UNSUPPORTED_FORMAT, "nothing but pictures of unknown kinds")
        if count == 0:
            yield from typeset_pages(())

    def _check_count(self, count: int) -> None:
        if count > self._limits.pages:
            raise PageFault(Reason.TOO_MANY_PAGES, f"{count} pages or more")

    # --- its parts ---------------------------------------------------------------------------

    def _main_part(self) -> str:
        for kind, target in self._targets("_rels/.rels", ""):
            if kind == "officeDocument":
                return target
        return "word/document.xml"

    def _relationships(self, part: str) -> tuple[Mapping[str, str], Sequence[str]]:
        """Relationship → part for what lies in the file; and the parts to be read beside it."""
        folder, name = posixpath.split(part)
        path = f"{folder}/_rels/{name}.rels"
        by_id: dict[str, str] = {}
        beside: list[str] = []
        if path not in self._sizes:
            return by_id, beside
        for one in self._xml(path):
            target = _inside(one, folder)
            if target in self._sizes:
                by_id[attribute(one, "Id")] = target
                if _kind(one) in _BESIDE:
                    beside.append(target)
        return by_id, beside

    def _targets(self, path: str, folder: str) -> Iterator[tuple[str, str]]:
        if path in self._sizes:
            for one in self._xml(path):
                yield _kind(one), _inside(one, folder)

    def _xml(self, name: str) -> etree._Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        root = etree.fromstring(self._read(name), parser)
        if root.getroottree().docinfo.doctype:
            # ISO/IEC 29500-2, 8.1.4: no part may have one; it is how entities multiply.
            raise PageFault(Reason.UNREADABLE_FILE, "a DOCX with a document type")
        return root

    def _read(self, name: str) -> bytes:
        """One part. zipfile reads no more than the size that the directory states."""
        if name not in self._sizes:
            raise PageFault(Reason.UNREADABLE_FILE, f"a DOCX without {name}")
        self._inflated_left -= self._sizes[name]
        if self._inflated_left < 0:
            raise PageFault(Reason.TOO_LARGE, "a DOCX that grows beyond the limit when opened")
        return self._archive.read(name)

    def _picture(self, picture: Picture, targets: Mapping[str, str]) -> Iterator[Page]:
        """The pages of one picture; none for logos and for kinds that are not opened."""
        name = targets.get(picture.relationship)
        if name is None:
            return
        data = self._read(name)
        if not data.startswith(_PICTURES):
            return
        left, top, right, bottom = picture.crop
        for page in image_pages(data, self._limits):
            height, width = page.grey.shape[:2]
            rows = slice(round(top * height), max(round((1 - bottom) * height), 0))
            columns = slice(round(left * width), max(round((1 - right) * width), 0))
            shown = np.ascontiguousarray(page.grey[rows, columns])
            if min(shown.shape[:2]) >= _LEAST_SIDE_PX:
                yield dataclasses.replace(page, grey=shown)


def _with_controls(page: Page, story: Story) -> Page:
    controls = list(story.controls.items())[:_MOST_CONTROLS]
    values = {name[:MOST_FIELD_NAME]: text[: MOST_NEED_TEXT + 1] for name, text in controls}
    return dataclasses.replace(page, form_values=values)


def _kind(relationship: etree._Element) -> str:
    return attribute(relationship, "Type").rpartition("/")[2]


def _inside(relationship: etree._Element, folder: str) -> str:
    """The part that a relationship names, or nothing if that lies outside of the file."""
    if local(relationship) != "Relationship" or attribute(relationship, "TargetMode") == "External":
        return ""
    target = attribute(relationship, "Target")
    joined = target[1:] if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(joined)
