"""Opening a blank form: pdfplumber for words, lines and frames, PDFium for its picture.

Runs in the contained child: a blank is a file from outside like any other. What a program wrote
into the file counts only where the picture shows it.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pdfplumber
import pypdfium2 as pdfium
from cv2.typing import MatLike

from services.intake.learning.shapes import (
    LARGEST_MM,
    around,
    box_at,
    distinct,
    ink_of,
    is_box_size,
    lines,
    rect_at,
    rectangles,
)
from services.intake.pages.page import Limits, PageFault
from services.intake.pages.pdf import opened
from shared.blank import (
    MOST_PAGES,
    MOST_SHAPES,
    MOST_WORD_CHARS,
    MOST_WORDS,
    BlankSurveyed,
    PageSurveyed,
    Widget,
    Word,
)
from shared.events import Reason
from shared.forms import PICTURE_PER_MM, Rect

_MM_PER_POINT = 25.4 / 72
_INK = 128
"""Darker than this, of 255, is print on the blank's picture."""

_BOX_CHARACTERS = frozenset("☐□▢◻◽❏❐❑❒⬜🗆🞎")
_SYMBOL_FONTS = re.compile(r"wingdings|webdings|zapf|symbol", re.IGNORECASE)
_SYMBOL_BOXES = frozenset("\uf0a8\uf06f\uf070\uf071\uf072\uf063\uf0a3¨oqrnp")
"""The empty boxes of Wingdings and its like, as PDFs made by word processors encode them."""

_RULE = re.compile(r"[_.…‥·]{4,}")
_LEAST_RULE_MM = 8.0
_MOST_RULE_THICK_MM = 0.9
_LEAST_FRAME_MM = (15.0, 7.0)


def survey(data: bytes, limits: Limits) -> tuple[BlankSurveyed, list[bytes]]:
    """Return what stands on the pages of a blank PDF, and a grey PNG of each page.

    Raises PageFault.
    """
    pictures: list[bytes] = []
    pages: list[PageSurveyed] = []
    with opened(data, limits), pdfplumber.open(io.BytesIO(data)) as document:
        if len(document.pages) > MOST_PAGES:
            raise PageFault(Reason.TOO_MANY_PAGES, f"{len(document.pages)} pages")
        for page, picture in zip(document.pages, _pictures(data), strict=True):
            pages.append(_page(page, picture))
            pictures.append(cv2.imencode(".png", picture)[1].tobytes())
    return BlankSurveyed(pages=tuple(pages)), pictures


def _pictures(data: bytes) -> Iterator[MatLike]:
    """Yield each page at `PICTURE_PER_MM`, without form fields: those are not printed matter."""
    document = pdfium.PdfDocument(data)
    try:
        for page in document:
            if max(page.get_size()) * _MM_PER_POINT > LARGEST_MM:
                raise PageFault(Reason.TOO_LARGE, "a page larger than A3")
            scale = PICTURE_PER_MM * _MM_PER_POINT
            bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
            yield np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
            page.close()
    finally:
        document.close()


def _page(page: Any, picture: MatLike) -> PageSurveyed:
    # PDFium shows the crop box; pdfplumber counts from the media box.
    left, top = float(page.cropbox[0]), float(page.cropbox[1])
    ink = (picture < _INK).astype(np.uint8)
    words, rules, glyphs = _words(page, left, top, ink)
    drawn = list(rectangles(page, left, top))
    boxes = [
        box
        for rect in [*glyphs, *(r for r in drawn if is_box_size(r))]
        if (box := box_at(ink, rect)) is not None
    ]
    rules += [
        rect
        for rect in lines(page, left, top)
        if rect.width_mm >= _LEAST_RULE_MM and rect.height_mm <= _MOST_RULE_THICK_MM
    ]
    frames = [
        rect
        for rect in drawn
        if rect.width_mm >= _LEAST_FRAME_MM[0] and rect.height_mm >= _LEAST_FRAME_MM[1]
    ]
    return PageSurveyed(
        width_mm=picture.shape[1] / PICTURE_PER_MM,
        height_mm=picture.shape[0] / PICTURE_PER_MM,
        words=tuple(words[:MOST_WORDS]),
        boxes=tuple(distinct(boxes)[:MOST_SHAPES]),
        rules=tuple(rules[:MOST_SHAPES]),
        frames=tuple(frames[:MOST_SHAPES]),
        widgets=tuple(_widgets(page, left, top)),
    )


# --- Words -------------------------------------------------------------------------------------


def _words(
    page: Any, left: float, top: float, ink: MatLike
) -> tuple[list[Word], list[Rect], list[Rect]]:
    """Return the words that are seen, lines made of characters, and boxes that are characters."""
    words: list[Word] = []
    rules: list[Rect] = []
    glyphs: list[Rect] = []
    for found in page.extract_words(return_chars=True, use_text_flow=False):
        for text, chars in _runs(found["chars"]):
            where = around(chars, left, top)
            if where is None:
                continue
            if _is_box(text, chars):
                glyphs.append(where)
                continue
            is_rule = _RULE.fullmatch(text) is not None
            seen = ink_of(ink, where, anywhere=is_rule)
            if seen is None:
                continue
            if is_rule:
                rules.append(seen)
                continue
            words.append(
                Word(
                    text=text[:MOST_WORD_CHARS],
                    area=seen,
                    baseline_mm=where.bottom_mm - 0.21 * where.height_mm,
                    points=float(max(c["size"] for c in chars)),
                )
            )
    return words, rules, glyphs


def _runs(chars: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Split a word where a line of underscores or dots, or a box, begins or ends."""
    run: list[dict[str, Any]] = []
    for char in chars:
        if run and _kind(char) != _kind(run[-1]):
            yield from _run(run)
            run = []
        run.append(char)
    yield from _run(run)


def _run(run: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    text = "".join(c["text"] for c in run)
    if _kind(run[0]) == "box":
        for char in run:
            yield char["text"], [char]
    elif text.strip():
        yield text, run


def _kind(char: dict[str, Any]) -> str:
    if _is_box(char["text"], [char]):
        return "box"
    return "rule" if char["text"] in "_…‥" else "text"


def _is_box(text: str, chars: Sequence[dict[str, Any]]) -> bool:
    if len(text) != 1:
        return False
    return text in _BOX_CHARACTERS or (
        text in _SYMBOL_BOXES and bool(_SYMBOL_FONTS.search(chars[0]["fontname"]))
    )


def _widgets(page: Any, left: float, top: float) -> Iterator[Widget]:
    for annotation in page.annots[:MOST_SHAPES]:
        data = annotation.get("data") or {}
        if str(data.get("Subtype", "")).strip("/'\"") != "Widget":
            continue
        name = _name_of(data)
        rect = rect_at(
            annotation["x0"],
            annotation["top"],
            annotation["x1"],
            annotation["bottom"],
            left,
            top,
        )
        if name and rect is not None:
            yield Widget(name=name[:MOST_WORD_CHARS], area=rect)


def _name_of(data: Any) -> str:
    """Return a field's full name: its own and its ancestors', with dots between."""
    names: list[str] = []
    node = data
    for _ in range(20):
        node = node.resolve() if hasattr(node, "resolve") else node
        if not isinstance(node, dict):
            break
        own = node.get("T")
        if own:
            names.append(_decoded(own))
        node = node.get("Parent")
    return ".".join(reversed(names))


def _decoded(text: Any) -> str:
    if not isinstance(text, bytes):
        return str(text)
    if text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", "replace")
    return text.decode("latin-1")
