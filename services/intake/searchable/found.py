"""What was found on a page: its words in their places, and how large its picture is.

These cross from the contained child, as JSON; the pictures cross beside them, as JPEG.
"""

from typing import Annotated

from pydantic import Field

from services.intake.reading.measured import Measured
from shared.events import Fraction, Reason, Source

MOST_WORDS = 4_000
"""Of one page."""
MOST_WORD = 100
"""Characters."""


class FoundWord(Measured):
    """A word and its place, in fractions of the page from its top left."""

    text: str = Field(min_length=1, max_length=MOST_WORD)
    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


class FoundPage(Measured):
    """An upright page. `source` says whether its words are its own text or were recognised."""

    number: int = Field(ge=1)
    width_px: Annotated[int, Field(ge=1, le=20_000)]
    height_px: Annotated[int, Field(ge=1, le=20_000)]
    source: Source
    words: tuple[FoundWord, ...] = Field(default=(), max_length=MOST_WORDS)

    @property
    def text(self) -> str:
        """The words, a line for each line of the page."""
        lines: list[list[str]] = []
        before = 1.0
        for word in self.words:
            if word.left <= before:
                lines.append([])
            lines[-1].append(word.text)
            before = word.left
        return "\n".join(" ".join(line) for line in lines)


class FileFound(Measured):
    """The pages that were asked for; `fault` is set where one of them could not be opened."""

    pages: tuple[FoundPage, ...] = ()
    fault: Reason | None = None
