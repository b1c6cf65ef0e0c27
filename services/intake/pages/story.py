"""What a word processor's file says, whichever wrote it, and the pages that are made of it."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.typeset import typeset_pages
from services.intake.reading.measured import MOST_FIELD_NAME, MOST_NEED_TEXT
from shared.events import Reason

_MOST_CONTROLS: Final = 500
_MOST_PICTURES: Final = 200


@dataclass(frozen=True)
class Picture:
    """A picture's name, and what is cropped away: fractions of left, top, right, bottom."""

    name: str
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass
class Story:
    """The text, in reading order. `controls`: a content control's tag → its text."""

    lines: list[str] = field(default_factory=list)
    controls: dict[str, str] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)


def story_pages(
    story: Story, pages_of: Callable[[Picture], Iterator[Page]], limits: Limits
) -> Iterator[Page]:
    """Yield pages of the text, if there is any, then those of the pictures. Raises PageFault.

    `pages_of` opens a picture; it yields nothing for one that is no page.
    """
    count = 0
    for page in typeset_pages(story.lines) if story.lines else ():
        count += 1
        _check_count(count, limits)
        yield _with_controls(page, story) if count == 1 else page
    for picture in story.pictures[:_MOST_PICTURES]:
        for page in pages_of(picture):
            count += 1
            _check_count(count, limits)
            yield dataclasses.replace(page, number=count)
    if count == 0 and story.pictures:
        raise PageFault(Reason.UNSUPPORTED_FORMAT, "nothing but pictures that are no pages")
    if count == 0:
        yield from typeset_pages(())


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute's value whatever its namespace, or nothing."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.pages:
        raise PageFault(Reason.TOO_MANY_PAGES, f"{count} pages or more")


def _with_controls(page: Page, story: Story) -> Page:
    controls = list(story.controls.items())[:_MOST_CONTROLS]
    values = {name[:MOST_FIELD_NAME]: text[: MOST_NEED_TEXT + 1] for name, text in controls}
    return dataclasses.replace(page, form_values=values)
