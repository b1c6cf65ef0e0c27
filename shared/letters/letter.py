"""A letter: what a mail says, before it is a mail. Laid out as plain text and as HTML.

Both lay-outs show the same sentences in the same order; neither adds any of its own.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True)
class Section:
    """One matter within a letter, for example one document."""

    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    """Label and value, shown as a small table."""
    remarks: tuple[str, ...] = ()
    """Paragraphs; one may have line breaks of its own."""
    steps_heading: str = ""
    steps: tuple[str, ...] = ()
    """What the reader is to do, in order."""


@dataclass(frozen=True)
class Letter:
    """What a mail says."""

    subject: str
    heading: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    steps_heading: str = ""
    steps: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
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
