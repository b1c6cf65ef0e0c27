"""OpenDocument text (ISO/IEC 26300-1), as LibreOffice writes it; as Word files are opened.

Left out: what is deleted, and hidden text.
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from services.intake.pages.package import LEAST_SIDE_PX, Package, opened
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.story import Picture, Story, attribute, local, story_pages
from shared.events import Reason

_MANIFEST: Final = "META-INF/manifest.xml"
_GONE: Final = frozenset(
    {"tracked-changes", "hidden-text", "hidden-paragraph", "sequence-decls", "forms"}
)
_BESIDE: Final = frozenset({"annotation", "note", "text-box"})
_UNCROPPED: Final = frozenset({"", "auto"})


def odt_pages(data: bytes, limits: Limits) -> Iterator[Page]:
    """Yield the pages of an ODT: its text first, if any, then its pictures. Raises PageFault.

    Nothing that the file names outside of itself is ever fetched.
    """
    with opened(data, limits) as package:
        manifest = package.xml(_MANIFEST).iter() if _MANIFEST in package else ()
        if any(local(one) == "encryption-data" for one in manifest):
            raise PageFault(Reason.LOCKED_FILE, "the document has a password")
        root = package.xml("content.xml")
        texts = [one for body in root if local(body) == "body" for one in body]
        if [local(one) for one in texts] != ["text"]:
            raise PageFault(Reason.UNSUPPORTED_FORMAT, "an OpenDocument file that is no text")
        story = Story()
        _blocks(texts[0], story, story.lines)
        cropped = any(_is_cropped(one) for one in root.iter())
        yield from story_pages(story, lambda one: _pages_of(package, one, cropped=cropped), limits)


def _pages_of(package: Package, picture: Picture, *, cropped: bool) -> Iterator[Page]:
    """A picture's pages; none where one is cropped: which, its style alone would say."""
    if cropped or picture.name not in package:
        return
    for page in package.picture(picture.name):
        if min(page.grey.shape[:2]) >= LEAST_SIDE_PX:
            yield page


def _blocks(element: etree._Element, story: Story, lines: list[str]) -> None:
    for child in element:
        name = local(child)
        if name in ("p", "h"):
            beside: list[str] = []
            text = "".join(_inline(child, story, beside))
            lines += [" ".join(line.split()) for line in text.split("\n") if line.strip()]
            lines += beside
        elif name not in _GONE:
            _picture(child, story)
            _blocks(child, story, lines)


def _inline(element: etree._Element, story: Story, beside: list[str]) -> Iterator[str]:
    """Yield a paragraph's pieces; the lines of notes and text boxes go to `beside`."""
    yield element.text or ""
    for child in element:
        name = local(child)
        if name in _BESIDE:
            _blocks(child, story, beside)
        elif name == "line-break":
            yield "\n"
        elif name in ("s", "tab"):
            yield " "
        elif name and name not in _GONE:
            _picture(child, story)
            yield from _inline(child, story, beside)
        yield child.tail or ""


def _picture(element: etree._Element, story: Story) -> None:
    if local(element) == "image":
        story.pictures.append(Picture(attribute(element, "href").removeprefix("./")))


def _is_cropped(element: etree._Element) -> bool:
    clip = attribute(element, "clip") if local(element) == "graphic-properties" else ""
    return clip not in _UNCROPPED and any(digit in clip for digit in "123456789")
