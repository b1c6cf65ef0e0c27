"""Word files (DOCX): the text set as pages, and each picture in it a page of its own.

zipfile and lxml, not python-docx: that one inflates every part before one can ask how large it is,
stumbles over dangling references, and does not see content controls.
"""

import dataclasses
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from lxml import etree

from services.intake.pages.package import LEAST_SIDE_PX, Package, opened
from services.intake.pages.page import Limits, Page
from services.intake.pages.story import Picture, attribute, local, story_pages
from services.intake.pages.wordml import story_of

_BESIDE: Final = ("header", "footer", "footnotes", "endnotes", "comments")
"""Parts that a person reads too, by the ends of their relationships' types."""


def docx_pages(data: bytes, limits: Limits) -> Iterator[Page]:
    """Yield the pages of a DOCX: its text first, if any, then its pictures. Raises PageFault.

    The first page's `form_values` are the filled content controls, by their tags. Nothing that a
    relationship names outside of the file is ever fetched.
    """
    with opened(data, limits) as package:
        main = _main_part(package)
        story = story_of(package.xml(main))
        targets, beside = _relationships(package, main)
        for name in beside:
            story.lines += story_of(package.xml(name)).lines
        yield from story_pages(story, lambda picture: _picture(package, picture, targets), limits)


def _main_part(package: Package) -> str:
    if "_rels/.rels" in package:
        for one in package.xml("_rels/.rels"):
            if _kind(one) == "officeDocument":
                return _inside(one, "")
    return "word/document.xml"


def _relationships(package: Package, part: str) -> tuple[Mapping[str, str], Sequence[str]]:
    """Relationship → part for what lies in the file; and the parts to be read beside it."""
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    by_id: dict[str, str] = {}
    beside: list[str] = []
    for one in package.xml(path) if path in package else ():
        target = _inside(one, folder)
        if target in package:
            by_id[attribute(one, "Id")] = target
            if _kind(one) in _BESIDE:
                beside.append(target)
    return by_id, beside


def _picture(package: Package, picture: Picture, targets: Mapping[str, str]) -> Iterator[Page]:
    """The pages of one picture, as far as they are shown; none for logos."""
    name = targets.get(picture.name)
    if name is None:
        return
    left, top, right, bottom = picture.crop
    for page in package.picture(name):
        height, width = page.grey.shape[:2]
        rows = slice(round(top * height), max(round((1 - bottom) * height), 0))
        columns = slice(round(left * width), max(round((1 - right) * width), 0))
        shown = np.ascontiguousarray(page.grey[rows, columns])
        if min(shown.shape[:2]) >= LEAST_SIDE_PX:
            yield dataclasses.replace(page, grey=shown)


def _kind(relationship: etree._Element) -> str:
    return attribute(relationship, "Type").rpartition("/")[2]


def _inside(relationship: etree._Element, folder: str) -> str:
    """The part that a relationship names, or nothing if that lies outside of the file."""
    if local(relationship) != "Relationship" or attribute(relationship, "TargetMode") == "External":
        return ""
    target = attribute(relationship, "Target")
    joined = target[1:] if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(joined)
