"""Opening a blank form: pdfplumber for words, lines and frames, PDFium for its picture.

Runs in the contained child: a blank is a file from outside like any other. What a program wrote
into the file counts only where the picture shows it.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pdfplumber
import pypdfium2 as pdfium
from cv2.typing import MatLike

from services.intake.learning.surveyed import (
    MOST_PAGES,
    MOST_SHAPES,
    MOST_WORD_CHARS,
    MOST_WORDS,
    BlankSurveyed,
    BoxShape,
    PageSurveyed,
    Widget,
    Word,
)
from services.intake.pages.page import Limits, PageFault
from services.intake.pages.pdf import opened
from shared.events import Reason
from shared.forms import PICTURE_PER_MM, Rect

_MM_PER_POINT = 25.4 / 72
_LARGEST_MM = 450.0
_INK = 128
"""Darker than this, of 255, is print on the blank's picture."""

_BOX_CHARACTERS = frozenset("☐□▢◻◽❏❐❑❒⬜🗆🞎")
_SYMBOL_FONTS = re.compile(r"wingdings|webdings|zapf|symbol", re.IGNORECASE)
_SYMBOL_BOXES = frozenset("\uf0a8\uf06f\uf070\uf071\uf072\uf063\uf0a3¨oqrnp")
"""The empty boxes of Wingdings and its like, as PDFs made by word processors encode them."""

_RULE = re.compile(r"[_.…‥·]{4,}")
_ABOVE, _BELOW = 0.15, 0.3
"""Of a character's height."""

_BOX_MM = (2.0, 14.0)
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
            if max(page.get_size()) * _MM_PER_POINT > _LARGEST_MM:
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
    drawn = list(_rectangles(page, left, top))
    boxes = [
        box
        for rect in [*glyphs, *(r for r in drawn if _is_small(r))]
        if (box := _box_at(ink, rect)) is not None
    ]
    rules += [
        rect
        for rect in _lines(page, left, top)
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
        boxes=tuple(_distinct(boxes)[:MOST_SHAPES]),
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
            where = _around(chars, left, top)
            if where is None:
                continue
            if _is_box(text, chars):
                glyphs.append(where)
                continue
            is_rule = _RULE.fullmatch(text) is not None
            seen = _ink_of(ink, where, anywhere=is_rule)
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


# --- Shapes ------------------------------------------------------------------------------------


def _rectangles(page: Any, left: float, top: float) -> Iterator[Rect]:
    """Yield drawn rectangles, and the cells that single lines make together."""
    things: list[Any] = [*page.rects, *page.curves]
    for thing in things[:MOST_SHAPES]:
        rect = _rect(thing["x0"], thing["top"], thing["x1"], thing["bottom"], left, top)
        if rect is not None:
            yield rect
    if len(page.edges) > MOST_SHAPES:
        return
    for table in page.find_tables():
        for x0, y0, x1, y1 in table.cells:
            rect = _rect(x0, y0, x1, y1, left, top)
            if rect is not None:
                yield rect


def _lines(page: Any, left: float, top: float) -> Iterator[Rect]:
    for edge in [e for e in page.edges if e["orientation"] == "h"][:MOST_SHAPES]:
        x0, x1 = edge["x0"], edge["x1"]
        rect = _rect(x0, edge["top"] - 0.25, x1, edge["top"] + 0.25, left, top)
        if rect is not None:
            yield rect


def _is_small(rect: Rect) -> bool:
    least, most = _BOX_MM
    return least <= rect.width_mm <= most and least <= rect.height_mm <= most


def _box_at(ink: MatLike, rect: Rect) -> BoxShape | None:
    """Return the empty frame that the picture shows there, if it does."""
    window = rect.grown(1.0)
    x, y, right, bottom = _px(window)
    crop = ink[max(y, 0) : bottom, max(x, 0) : right]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(crop, connectivity=8)
    best: BoxShape | None = None
    for label, (left, top, width, height, area) in enumerate(stats):
        if label == 0 or min(width, height) < _BOX_MM[0] * PICTURE_PER_MM:
            continue
        piece = labels[top : top + height, left : left + width] == label
        border = float(area) / (2 * (width + height)) / PICTURE_PER_MM
        inset = round((2 * border + 0.1) * PICTURE_PER_MM)
        inner = piece[inset : height - inset, inset : width - inset]
        outline = min(
            piece[:inset].any(axis=0).mean(),
            piece[-inset:].any(axis=0).mean(),
            piece[:, :inset].any(axis=1).mean(),
            piece[:, -inset:].any(axis=1).mean(),
        )
        if inner.size == 0 or inner.any() or outline < 0.9 or not 0.5 < width / height < 2:
            continue
        area_mm = Rect(
            left_mm=(max(x, 0) + left) / PICTURE_PER_MM,
            top_mm=(max(y, 0) + top) / PICTURE_PER_MM,
            width_mm=width / PICTURE_PER_MM,
            height_mm=height / PICTURE_PER_MM,
        )
        if best is None or area_mm.width_mm > best.area.width_mm:
            best = BoxShape(area=area_mm, border_mm=border)
    return best


def _distinct(boxes: Iterable[BoxShape]) -> list[BoxShape]:
    kept: list[BoxShape] = []
    for box in boxes:
        x, y = box.area.centre_mm
        if all(max(abs(x - k.area.centre_mm[0]), abs(y - k.area.centre_mm[1])) > 1 for k in kept):
            kept.append(box)
    return kept


def _widgets(page: Any, left: float, top: float) -> Iterator[Widget]:
    for annotation in page.annots[:MOST_SHAPES]:
        data = annotation.get("data") or {}
        if str(data.get("Subtype", "")).strip("/'\"") != "Widget":
            continue
        name = _name_of(data)
        rect = _rect(
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


# --- Millimetres -------------------------------------------------------------------------------


def _around(chars: Sequence[dict[str, Any]], left: float, top: float) -> Rect | None:
    return _rect(
        min(c["x0"] for c in chars),
        min(c["top"] for c in chars),
        max(c["x1"] for c in chars),
        max(c["bottom"] for c in chars),
        left,
        top,
    )


def _rect(x0: float, y0: float, x1: float, y1: float, left: float, top: float) -> Rect | None:
    values = [float(v) for v in (x0 - left, y0 - top, x1 - left, y1 - top)]
    mm = [v * _MM_PER_POINT for v in values]
    if not all(-_LARGEST_MM < v < 2 * _LARGEST_MM for v in mm) or mm[2] <= mm[0] or mm[3] <= mm[1]:
        return None
    return Rect.spanning(*mm)


def _ink_of(ink: MatLike, rect: Rect, *, anywhere: bool) -> Rect | None:
    """Return the bounds of what is printed at a rectangle, or None if nothing is.

    Fonts state too little room above and below the line: pieces count that reach out there from the
    rectangle, or `anywhere` all that are there.
    """
    left, top, right, bottom = _px(rect)
    above, below = (round(s * rect.height_mm * PICTURE_PER_MM) for s in (_ABOVE, _BELOW))
    left, bottom = max(left, 0), bottom + below
    shown = min(max(top, 0), above)
    top = max(top, 0) - shown
    crop = ink[top : bottom + 1, left : right + 1]
    if crop.size == 0:
        return None
    if not anywhere:
        _, labels = cv2.connectedComponents(crop, connectivity=8)
        own = np.unique(labels[shown : max(labels.shape[0] - below, shown + 1)])
        crop = np.isin(labels, own[own > 0]).astype(np.uint8)
    points = cv2.findNonZero(crop)
    if points is None:
        return None
    x, y, width, height = cv2.boundingRect(points)
    return Rect(
        left_mm=(left + x) / PICTURE_PER_MM,
        top_mm=(top + y) / PICTURE_PER_MM,
        width_mm=width / PICTURE_PER_MM,
        height_mm=height / PICTURE_PER_MM,
    )


def _px(rect: Rect) -> tuple[int, int, int, int]:
    return (
        round(rect.left_mm * PICTURE_PER_MM),
        round(rect.top_mm * PICTURE_PER_MM),
        round(rect.right_mm * PICTURE_PER_MM),
        round(rect.bottom_mm * PICTURE_PER_MM),
    )
