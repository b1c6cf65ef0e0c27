"""One page of a file as the reader gets it, the limits, and what can be wrong with a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cv2.typing import MatLike
from pydantic import BaseModel, ConfigDict, Field

from services.intake.reading.measured import Peculiarity
from shared.errors import HandslagError
from shared.events import ElectronicSignature, Reason

MOST_DPI = 300.0
"""Nothing is rendered or kept finer than this: the form is made to be read at 150."""

A4_INCHES = (8.27, 11.69)


class Limits(BaseModel):
    """How much of one file is opened. Past a limit the file goes to a person, unread."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes_: Annotated[int, Field(gt=0, alias="bytes")] = 60_000_000
    pages: Annotated[int, Field(gt=0)] = 30
    pixels: Annotated[int, Field(gt=0)] = 60_000_000
    inflated_bytes: Annotated[int, Field(gt=0)] = 64_000_000
    """Of all streams in a PDF that are not pictures, together."""
    learned_pages: Annotated[int, Field(gt=0)] = 10
    """Where a form without a code is looked for. Behind a longer letter stand minutes, and to
    compare their every page with every blank would cost more than a child may use. A form further
    back is an appendix like any other page: it is doubted, and a person sees it."""
    need_pages: Annotated[int, Field(ge=0)] = 6
    """Scanned pages that are recognised whole in search of a needs template: a second or two each.
    """


class PageFault(HandslagError):
    """A file, or a page of it, that cannot be opened; `reason` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, code=reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Word:
    """A word and its place, in fractions of the page's width and height from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0


@dataclass(frozen=True)
class Page:
    """One page: `grey` is 8-bit, black 0, with square pixels, turned as in the file.

    `dpi` is the true resolution of both axes where the file states one, else None; `coarse_dpi`
    that of the coarser axis before it was stretched (fax: 98). `born_digital` says
    that the page has visible text of its own: it was not scanned, whatever it looks like.
    `typeset` says that we drew it from text alone; each of `words` is then a whole paragraph.
    `electronic_signatures` are those of the whole file.
    """

    number: int
    grey: MatLike
    dpi: float | None = None
    coarse_dpi: float | None = None
    born_digital: bool = False
    form_values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    words: Sequence[Word] = ()
    typeset: bool = False
    electronic_signatures: Sequence[ElectronicSignature] = ()
    peculiarities: frozenset[Peculiarity] = frozenset()
