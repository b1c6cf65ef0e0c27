"""From the template of a part to its blocks: lines with their values, whole pieces in their place.

A variable of several paragraphs stands alone on its line; its value is blocks, put there as they
are. Marks are those of the template: nothing in a value is read as one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from shared.letters.kinds import Variable
from shared.letters.letter import Block
from shared.letters.plain import one_line
from shared.letters.template import filled, names_in
from shared.letters.written import blocks_in

MAX_TITLE = 250
Pieces = Mapping[str, Sequence[Block]]


def flow(
    text: str, variables: Iterable[Variable], values: Mapping[str, str], pieces: Pieces
) -> Iterator[Block]:
    """Yield the blocks of a text that has no faults; lines that lack a value are left out."""
    known = {variable.name: variable for variable in variables}
    whole = frozenset(name for name, variable in known.items() if variable.paragraphs)
    for part in _taken_apart(text, whole):
        if isinstance(part, str):
            yield from pieces.get(part, ())
        else:
            yield from _blocks(part, known, values)


@lru_cache(maxsize=256)
def _taken_apart(text: str, whole: frozenset[str]) -> tuple[str | tuple[Block, ...], ...]:
    """The blocks of a text, their variables still in them, and between them the names of pieces."""
    parts: list[str | tuple[Block, ...]] = []
    lines: list[str] = []
    for line in text.splitlines():
        names = names_in(line)
        if names and names[0] in whole:
            parts += [tuple(blocks_in("\n".join(lines))), names[0]]
            lines = []
        else:
            lines.append(line)
    return (*parts, tuple(blocks_in("\n".join(lines))))


def title(line: str, variables: Iterable[Variable], values: Mapping[str, str]) -> str:
    """Return a subject or heading with its values.

    What stands between two commas and lacks a value is left out, as a line of the text is.
    """
    known = {variable.name: variable for variable in variables}
    parts = (filled(part, known, values) for part in line.split(","))
    return one_line(",".join(part for part in parts if part is not None), limit=MAX_TITLE)


def _blocks(
    blocks: Iterable[Block], known: Mapping[str, Variable], values: Mapping[str, str]
) -> Iterator[Block]:
    for block in blocks:
        whole = replace(
            block,
            lines=tuple(_lines(block.lines, known, values)),
            facts=tuple(_facts(block.facts, known, values)),
        )
        if whole.lines or whole.facts:
            yield whole


def _lines(
    lines: Iterable[str], known: Mapping[str, Variable], values: Mapping[str, str]
) -> Iterator[str]:
    for line in lines:
        parts = [filled(part, known, values) for part in line.split("\n")]
        kept = [part for part in parts if part is not None]
        if kept:
            yield "\n".join(kept)


def _facts(
    facts: Iterable[tuple[str, str]], known: Mapping[str, Variable], values: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for label, value in facts:
        named, told = filled(label, known, values), filled(value, known, values)
        if named is not None and told is not None:
            yield named, told
