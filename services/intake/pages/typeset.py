"""Text without pages of its own, drawn as pages: what one is shown of a word processor's file.

Nothing of the file's own layout is kept; the original is there to be fetched.
"""

import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.intake.pages.page import Page

_DPI: Final = 150.0
_SIZE: Final = (1240, 1754)
_MARGIN: Final = 120
_LETTERS: Final = 22
_LEADING: Final = 33
_WIDTH_CHARS: Final = 92
_LINES: Final = (_SIZE[1] - 2 * _MARGIN) // _LEADING


def typeset_pages(lines: Sequence[str], first_number: int = 1) -> Iterator[Page]:
    """Yield A4 pages with these lines, wrapped; one empty page for no lines.

    Each page's `text` is what stands on it, line by line as given.
    """
    number, drawn, given = first_number, list[str](), list[str]()
    for line in lines:
        wrapped = textwrap.wrap(line, _WIDTH_CHARS) or [""]
        for start in range(0, len(wrapped), _LINES):
            piece = wrapped[start : start + _LINES]
            if drawn and len(drawn) + len(piece) > _LINES:
                yield _page(number, drawn, given)
                number, drawn, given = number + 1, [], []
            drawn += piece
            given.append(line if len(wrapped) <= _LINES else " ".join(piece))
    if drawn or number == first_number:
        yield _page(number, drawn, given)


def _page(number: int, drawn: Sequence[str], given: Sequence[str]) -> Page:
    paper = Image.new("L", _SIZE, 255)
    pen = ImageDraw.Draw(paper)
    for row, line in enumerate(drawn):
        pen.text((_MARGIN, _MARGIN + row * _LEADING), line, fill=0, font=_font())
    return Page(
        number=number,
        grey=np.asarray(paper, dtype=np.uint8),
        dpi=_DPI,
        coarse_dpi=_DPI,
        born_digital=True,
        text="\n".join(given),
    )


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_LETTERS)
