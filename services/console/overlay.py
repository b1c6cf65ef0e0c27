"""`handslag read --debug`: the pages of a document with what was found on them, and the verdict.

What is drawn is decided in `shared/evidence.py`, and said in the words of the staff pages; this
module only draws it, as PNG: rectangles with numbers on the page, the words beside it.
"""

import io
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

from services.registry.web import words
from services.registry.web.evidence import caption, witness_says
from shared.archive import Archive, Area
from shared.errors import UsageError
from shared.events import DocumentReading, Outcome
from shared.evidence import Found, FoundKind, Weight, found_in
from shared.municipalities import by_code, display_name

Colour = tuple[int, int, int]

_COLOURS: dict[Weight, Colour] = {
    Weight.COUNTS: (176, 16, 107),
    Weight.EMPTY: (74, 90, 96),
    Weight.DOUBT: (179, 71, 0),
    Weight.GUIDE: (40, 110, 190),
}
_WIDTHS_PX = {Weight.COUNTS: 3, Weight.EMPTY: 2, Weight.DOUBT: 3, Weight.GUIDE: 1}
_VERDICTS: dict[Outcome, tuple[str, Colour]] = {
    Outcome.AUTO: ("Kan registreras utan en människa", (20, 110, 60)),
    Outcome.REVIEW: ("En människa behöver se på handlingen", (170, 90, 0)),
    Outcome.RETURN: ("Avsändaren behöver skicka ett nytt svar", (165, 30, 30)),
}
_TEXT: Colour = (30, 34, 36)
_GROUND: Colour = (246, 244, 238)
_PANEL_PX = 480
_PANEL_LETTERS = 50
_LINE_PX = 21
_MARGIN_PX = 16
_CLEAR_PX = 4
_BADGE_PX = 22


@dataclass(frozen=True)
class _Line:
    """A line of the panel; a number leads it where it tells of places on the page."""

    text: str
    colour: Colour
    bold: bool = False
    number: int | None = None


def draw(document: DocumentReading, archive: Archive, folder: Path, name: str) -> list[Path]:
    """Write a PNG for each page of the document that there is a picture of; return their paths.

    Raises UsageError if the folder cannot be written to.
    """
    written = []
    for page in document.pages:
        if page.image is None:
            continue
        picture = Image.open(io.BytesIO(archive.get(page.image, Area.DERIVED))).convert("RGB")
        groups = _groups([one for one in found_in(document) if one.area.page == page.number])
        lines = [*_verdict(document), *_legend(groups)]
        path = folder / f"{name}-page{page.number}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _beside(_marked(picture, groups), lines).save(path)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}.") from error
        written.append(path)
    return written


def _groups(found: Sequence[Found]) -> list[list[Found]]:
    """Return what shares a number: the values of one place; all marks; all that is stray."""
    groups: dict[object, list[Found]] = {}
    for one in found:
        together = one.kind in (FoundKind.STRAY_INK, FoundKind.ANCHOR)
        groups.setdefault(one.kind if together else one.area, []).append(one)
    return list(groups.values())


def _marked(picture: Image.Image, groups: Sequence[Sequence[Found]]) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for number, group in enumerate(groups, start=1):
        for one in group:
            left, right = one.area.left * picture.width, one.area.right * picture.width
            top, bottom = one.area.top * picture.height, one.area.bottom * picture.height
            clear = _CLEAR_PX if one.kind is FoundKind.STRAY_INK else 0
            pen.rectangle(
                (left - clear, top - clear, right + clear, bottom + clear),
                outline=_COLOURS[one.weight],
                width=_WIDTHS_PX[one.weight],
            )
        first = group[0]
        at = first.area.left * picture.width - clear, first.area.top * picture.height - clear
        _badge(pen, (at[0] - _BADGE_PX, at[1] - _BADGE_PX // 2), number, _COLOURS[first.weight])
    return picture


def _badge(pen: ImageDraw.ImageDraw, at: tuple[float, float], number: int, colour: Colour) -> None:
    x, y = max(at[0], 0), max(at[1], 0)
    pen.rounded_rectangle((x, y, x + _BADGE_PX, y + _BADGE_PX - 2), 4, fill=colour)
    middle = (x + _BADGE_PX / 2, y + _BADGE_PX / 2 - 1)
    pen.text(middle, str(number), fill=(255, 255, 255), font=_font(13, bold=True), anchor="mm")


def _verdict(document: DocumentReading) -> Iterator[_Line]:
    said, colour = _VERDICTS[document.outcome]
    yield _Line(said, colour, bold=True)
    for reason in document.reasons:
        about = words.reason_words(reason)
        yield from _wrapped(f"{about.short}. {about.long}", colour)
    yield _Line("", _TEXT)
    for line in _what_it_is(document):
        yield from _wrapped(line, _TEXT)
    yield _Line("", _TEXT)


def _what_it_is(document: DocumentReading) -> Iterator[str]:
    if document.municipality is not None:
        known = by_code(document.municipality.text)
        yield display_name(known) if known else document.municipality.text
    if document.initiative is not None:
        yield f"Initiativ {document.initiative.text}"
    if document.answer is not None:
        yield f"Svar {document.answer.text}, säkerhet {document.answer.confidence:.0%}"
    if document.signature is not None:
        yield words.word(document.signature, words.SIGNATURES)
    if document.form_version is not None:
        yield f"Formulär version {document.form_version}"
    for witness in document.witnesses:
        kind = words.word(witness.kind, words.WITNESSES)
        yield f"{kind}: {witness.text or '–'} ({witness_says(witness)})"


def _legend(groups: Sequence[Sequence[Found]]) -> Iterator[_Line]:
    for number, group in enumerate(groups, start=1):
        colour = _COLOURS[group[0].weight]
        captions = list(dict.fromkeys(caption(one) for one in group))
        places = f" ({len(group)} ställen)" if len(captions) == 1 < len(group) else ""
        for row, line in enumerate(_wrapped("; ".join(captions) + places, colour)):
            yield _Line(line.text, colour, number=number if row == 0 else None)


def _wrapped(text: str, colour: Colour) -> Iterator[_Line]:
    return (_Line(line, colour) for line in textwrap.wrap(text, _PANEL_LETTERS) or [""])


def _beside(picture: Image.Image, lines: Sequence[_Line]) -> Image.Image:
    """Put the panel beside the page."""
    height = max(picture.height, 2 * _MARGIN_PX + _LINE_PX * len(lines))
    whole = Image.new("RGB", (picture.width + _PANEL_PX, height), _GROUND)
    whole.paste(picture, (0, 0))
    pen = ImageDraw.Draw(whole)
    left = picture.width + _MARGIN_PX
    for row, line in enumerate(lines):
        top = _MARGIN_PX + row * _LINE_PX
        if line.number is not None:
            _badge(pen, (left, top), line.number, line.colour)
        indent = 0 if line.bold else _BADGE_PX + 8
        font = _font(17 if line.bold else 14, bold=line.bold)
        pen.text((left + indent, top + 1), line.text, fill=line.colour, font=font)
    return whole


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    folder = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(folder / ("VeraBd.ttf" if bold else "Vera.ttf"), size)
