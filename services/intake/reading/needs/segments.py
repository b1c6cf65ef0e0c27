"""From words in their places to lines, and pieces of lines that stand apart. Pure."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from services.intake.pages.page import Word
from services.intake.reading.needs.template import Segment
from shared.events import Area

_GAP: Final = 2.2
"""Of the height of the letters: wider than any space between the words of a line."""

_PARAGRAPH: Final = 2.4
"""Of the usual height of a line: a larger step down begins a new paragraph."""

_LETTER: Final = 3
"""Characters; shorter pieces are often specks, and no measure of a line's height."""


def segments_of(words: Sequence[Word], page: int, first_row: int, aspect: float) -> list[Segment]:
    """Return a page's segments, row by row. `aspect` is the page's height over its width."""
    lines = _lines(words)
    heights = [w.bottom - w.top for line in lines for w in line if len(w.text) >= _LETTER]
    usual = median(heights) if heights else 0.01
    segments: list[Segment] = []
    below = 0.0
    for row, line in enumerate(lines, start=first_row):
        top = min(word.top for word in line)
        apart = top - below > _PARAGRAPH * usual
        below = max(word.bottom for word in line)
        for piece in _pieces(line, usual * aspect):
            segments.append(_segment(piece, page, row, paragraph=apart))
    return segments


def _lines(words: Sequence[Word]) -> list[list[Word]]:
    """Words whose middles lie within one another's heights, from the top, each from the left."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda one: (one.top + one.bottom) / 2):
        middle = (word.top + word.bottom) / 2
        line = lines[-1] if lines else None
        if line is not None and _middle(line) + _half(line) > middle:
            line.append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda one: one.left) for line in lines]


def _middle(line: Sequence[Word]) -> float:
    return median((word.top + word.bottom) / 2 for word in line)


def _half(line: Sequence[Word]) -> float:
    return median(word.bottom - word.top for word in line) / 2


def _pieces(line: Sequence[Word], height: float) -> list[list[Word]]:
    pieces = [[line[0]]]
    for word in line[1:]:
        if word.left - pieces[-1][-1].right > _GAP * height:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _segment(piece: Sequence[Word], page: int, row: int, *, paragraph: bool) -> Segment:
    letters = sum(len(word.text) for word in piece)
    return Segment(
        text=" ".join(word.text for word in piece),
        row=row,
        left=piece[0].left,
        confidence=sum(word.confidence * len(word.text) for word in piece) / letters,
        area=Area(
            page=page,
            left=piece[0].left,
            top=min(word.top for word in piece),
            right=max(word.right for word in piece),
            bottom=max(word.bottom for word in piece),
        ),
        paragraph=paragraph,
    )
