"""A letter from text that somebody wrote: its marks become headings, lists and small tables. Pure.

The marks are those of `LetterOrdered.text`. What is no mark is text; nothing of it is ever HTML.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from shared.letters.letter import Block, Letter, Section, Shape
from shared.letters.plain import one_line

MAX_PARAGRAPH: Final = 10_000
FILES_HEADING: Final = "Bifogade filer"
_HEADING = re.compile(r"#{1,3}\s+(\S.*)")
_STEP = re.compile(r"\d{1,2}[.)]\s+(\S.*)")
_ITEM = re.compile(r"[-*•]\s+(\S.*)")
_FACT = re.compile(r"([^|]{1,60}?)\s+\|\s+(\S.*)")
_MARKS: Final = (
    (Shape.HEADING, _HEADING),
    (Shape.STEPS, _STEP),
    (Shape.ITEMS, _ITEM),
    (Shape.FACTS, _FACT),
)


def written(
    *,
    subject: str,
    heading: str,
    text: str,
    addressed_to: Sequence[str] = (),
    files: Sequence[str] = (),
    closing: Sequence[str] = (),
    signature: Sequence[str] = (),
) -> Letter:
    """Make a letter of a text; `addressed_to` stands above it, the names of its `files` below."""
    sections = list(_sections(text))
    if files:
        items = tuple(one_line(name) for name in files)
        sections.append(Section(FILES_HEADING, blocks=(Block(Shape.ITEMS, items),)))
    return Letter(
        subject=one_line(subject, limit=250),
        heading=one_line(heading, limit=250),
        addressed_to=tuple(one_line(line) for line in addressed_to),
        opening=(),
        sections=tuple(sections),
        closing=tuple(closing),
        signature=tuple(signature),
    )


def _sections(text: str) -> Iterator[Section]:
    """A heading without anything below it is left out: what it announced has no value."""
    heading, lines = "", list[tuple[Shape, str]]()
    for shape, line in _lines(text):
        if shape is Shape.HEADING:
            if lines:
                yield Section(heading, blocks=tuple(_blocks(lines)))
            heading, lines = line, []
        else:
            lines.append((shape, line))
    if lines:
        yield Section(heading, blocks=tuple(_blocks(lines)))


def _lines(text: str) -> Iterator[tuple[Shape, str]]:
    """Each line and its shape; the lines of one paragraph come as one, with its breaks kept."""
    paragraph: list[str] = []
    for raw in (*text.splitlines(), ""):
        line = one_line(raw, limit=MAX_PARAGRAPH)
        mark = next(
            ((shape, found) for shape, mark in _MARKS if (found := mark.fullmatch(line))), None
        )
        if line and mark is None:
            paragraph.append(line)
            continue
        if paragraph:
            yield Shape.PARAGRAPH, "\n".join(paragraph)
            paragraph = []
        if mark is not None:
            shape, found = mark
            yield shape, line if shape is Shape.FACTS else found[1]


def _blocks(lines: Sequence[tuple[Shape, str]]) -> Iterator[Block]:
    for shape, group in groupby(lines, key=lambda pair: pair[0]):
        values = [line for _, line in group]
        if shape is Shape.FACTS:
            yield Block(shape, facts=tuple(_fact(line) for line in values))
        elif shape is Shape.PARAGRAPH:
            yield from (Block(shape, (line,)) for line in values)
        else:
            yield Block(shape, tuple(values))


def _fact(line: str) -> tuple[str, str]:
    found = _FACT.fullmatch(line)
    assert found is not None, "only such a line is a fact"
    return found[1], found[2]
