"""What was found on the pages of a blank form: places in millimetres, no meaning.

Crosses from the contained child, and between the services through the derived archive, as JSON;
the pages' pictures lie beside it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.forms import Rect

MOST_PAGES = 10
MOST_WORDS = 2_000
MOST_SHAPES = 2_000
MOST_WORD_CHARS = 100

WordText = Annotated[str, Field(max_length=MOST_WORD_CHARS)]


class _Surveyed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(_Surveyed):
    """A printed word that is really seen; `area` is where its ink lies, `baseline_mm` the line it
    stands on, `points` the size of its type."""

    text: WordText
    area: Rect
    baseline_mm: float
    points: float


class BoxShape(_Surveyed):
    """A small empty frame, drawn or a character; `border_mm` is the thickness of its line."""

    area: Rect
    border_mm: float


class Widget(_Surveyed):
    """A form field of the PDF."""

    name: WordText
    area: Rect


class PageSurveyed(_Surveyed):
    """One page. `rules` are lines to write on (drawn, underscores or dots), `frames` larger
    rectangles."""

    width_mm: float
    height_mm: float
    words: Annotated[tuple[Word, ...], Field(max_length=MOST_WORDS)] = ()
    boxes: Annotated[tuple[BoxShape, ...], Field(max_length=MOST_SHAPES)] = ()
    rules: Annotated[tuple[Rect, ...], Field(max_length=MOST_SHAPES)] = ()
    frames: Annotated[tuple[Rect, ...], Field(max_length=MOST_SHAPES)] = ()
    widgets: Annotated[tuple[Widget, ...], Field(max_length=MOST_SHAPES)] = ()


class BlankSurveyed(_Surveyed):
    """A blank form's pages."""

    pages: Annotated[tuple[PageSurveyed, ...], Field(min_length=1, max_length=MOST_PAGES)]
