"""A letter: what a mail says, before it is a mail. Laid out as plain text and as HTML.

Both lay-outs show the same sentences in the same order; neither adds any of its own.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

# Only an address that is shown in full becomes a link, and it leads to where it says.
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[!-~]*)?")


class Shape(StrEnum):
    """How some lines of a letter are laid out."""

    HEADING = "heading"
    SUBHEADING = "subheading"
    PARAGRAPH = "paragraph"
    ITEMS = "items"
    STEPS = "steps"
    FACTS = "facts"


@dataclass(frozen=True)
class Block:
    """Lines of one shape; facts are labels with values. One paragraph may have several lines."""

    shape: Shape
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    linked: bool = True
    """Whether web addresses in it become links; not in what we only repeat."""


@dataclass(frozen=True)
class Section:
    """One matter within a letter, for example one document."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Letter:
    """What a mail says."""

    subject: str
    heading: str
    sections: tuple[Section, ...]
    addressed_to: tuple[str, ...] = ()
    """Lines above everything else: the recipient, and for whom there."""
    signature: tuple[str, ...] = ()


def as_text(letter: Letter) -> str:
    """Lay the letter out as plain text, lines of at most 72 characters where words allow."""
    return _templates().get_template("letter.txt").render(letter=letter).strip() + "\n"


def as_html(letter: Letter) -> str:
    """Lay the letter out as HTML that needs nothing from outside."""
    return _templates().get_template("letter.html").render(letter=letter)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrapped"] = _wrapped
    environment.filters["linked"] = _linked
    return environment


def _wrapped(value: str, indent: str = "") -> str:
    """Break a paragraph into lines; every line but the first begins with `indent`.

    The breaks that it has already are kept.
    """
    lines: list[str] = []
    for paragraph_line in value.split("\n"):
        begins = True
        for word in paragraph_line.split(" "):
            if not begins and len(lines[-1]) + 1 + len(word) <= 72:
                lines[-1] += " " + word
            else:
                lines.append(indent + word if lines else word)
            begins = False
    return "\n".join(lines)


def _linked(value: str, linked: bool) -> Markup:
    """Escape text for HTML, and make links of the web addresses in it if they may be."""
    if not linked:
        return escape(value)
    html, end = Markup(), 0
    for match in _WEB_ADDRESS.finditer(value):
        address = match[0].rstrip(".,;:!?)'\"")
        html += escape(value[end : match.start()])
        html += Markup('<a href="{0}" style="color:#8a1f2b">{0}</a>').format(address)
        end = match.start() + len(address)
    return html + escape(value[end:])
