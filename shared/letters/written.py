"""A letter from text that somebody wrote: its marks become headings, lists and small tables. Pure.

The marks are those of `LetterOrdered.text`. What is no mark is text; nothing of it is ever HTML.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from shared.letters.letter import Block, Letter, Section, Shape
from shared.letters.plain import one_line

MAX_PARAGRAPH: Final = 10_000
FILES_HEADING: Final = "Bifogade filer"
_HEADING = re.compile(r"#\s+(\S.*)")
_SUBHEADING = re.compile(r"#{2,3}\s+(\S.*)")
_STEP = re.compile(r"\d{1,2}[.)]\s+(\S.*)")
_ITEM = re.compile(r"[-*•]\s+(\S.*)")
_FACT = re.compile(r"([^|]{1,60}?)\s+\|\s+(\S.*)")
_MARKS: Final = (
    (Shape.HEADING, _HEADING),
    (Shape.SUBHEADING, _SUBHEADING),
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
    signature: Sequence[str] = (),
) -> Letter:
    """Make a letter of a text; `addressed_to` stands above it, the names of its `files` below."""
    sections = list(sections_of(blocks_in(text)))
    if files:
        items = tuple(one_line(name) for name in files)
        sections.append(Section(FILES_HEADING, blocks=(Block(Shape.ITEMS, items),)))
    return Letter(
        subject=one_line(subject, limit=250),
        heading=one_line(heading, limit=250),
        addressed_to=tuple(one_line(line) for line in addressed_to),
        sections=tuple(sections),
        signature=tuple(signature),
    )


def blocks_in(text: str) -> Iterator[Block]:
    """Take a text apart by its marks; headings are blocks, too."""
    for shape, group in groupby(_lines(text), key=lambda pair: pair[0]):
        values = [line for _, line in group]
        if shape is Shape.FACTS:
            yield Block(shape, facts=tuple(_fact(line) for line in values))
        elif shape in (Shape.ITEMS, Shape.STEPS):
            yield Block(shape, tuple(values))
        else:
            yield from (Block(shape, (line,)) for line in values)


def sections_of(blocks: Iterable[Block]) -> Iterator[Section]:
    """Put blocks below their headings; lists and tables that follow each other become one.

    A heading without anything below it is left out: what it announced has no value.
    """
    heading, below = "", list[Block]()
    for block in blocks:
        if block.shape is Shape.HEADING:
            yield from _section(heading, below)
            heading, below = block.lines[0], []
        else:
            below.append(block)
    yield from _section(heading, below)


def _section(heading: str, blocks: Sequence[Block]) -> Iterator[Section]:
    kept: list[Block] = []
    for at, block in enumerate(blocks):
        following = blocks[at + 1].shape if at + 1 < len(blocks) else Shape.SUBHEADING
        if block.shape is following is Shape.SUBHEADING:
            continue
        if kept and _continues(kept[-1], block):
            lines, facts = kept[-1].lines + block.lines, kept[-1].facts + block.facts
            kept[-1] = replace(block, lines=lines, facts=facts)
        else:
            kept.append(block)
    if kept:
        yield Section(heading, tuple(kept))


def _continues(former: Block, block: Block) -> bool:
    return block.shape in (Shape.ITEMS, Shape.STEPS, Shape.FACTS) and (
        former.shape,
        former.linked,
    ) == (block.shape, block.linked)


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


def _fact(line: str) -> tuple[str, str]:
    found = _FACT.fullmatch(line)
    assert found is not None, "only such a line is a fact"
    return found[1], found[2]
