"""`handslag read --debug`: the page with what was found drawn on it."""

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from shared.archive import Archive, Area
from shared.errors import UsageError
from shared.events import Area as PageArea
from shared.events import DocumentReading

_FOUND = (20, 120, 60)
_MEASURED = (30, 90, 190)
_OUTCOME = {"auto": (20, 120, 60), "review": (190, 110, 0), "return": (180, 30, 30)}
_LINE_HEIGHT_PX = 18
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(document: DocumentReading, archive: Archive, folder: Path, name: str) -> list[Path]:
    """Write a PNG for each page of the document; return their paths."""
    written = []
    for page in document.pages:
        if page.image is None:
            continue
        image = Image.open(io.BytesIO(archive.get(page.image, Area.DERIVED))).convert("RGB")
        pen = ImageDraw.Draw(image)
        font = ImageFont.load_default(15)
        for label, area, colour in _found(document):
            if area.page != page.number:
                continue
            corners = (
                area.left * image.width,
                area.top * image.height,
                area.right * image.width,
                area.bottom * image.height,
            )
            pen.rectangle(corners, outline=colour, width=2)
            pen.text((corners[0], corners[3] + 2), label, fill=colour, font=font)
        _heading(pen, document, font)
        path = folder / f"{name}-page{page.number}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            image.save(path)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}.") from error
        written.append(path)
    return written


def _found(document: DocumentReading) -> Iterator[tuple[str, PageArea, tuple[int, int, int]]]:
    for name, value in (
        ("initiative", document.initiative),
        ("name", document.signatory.name),
        ("title", document.signatory.title),
        ("place and date", document.signatory.place_date),
        ("contact", document.contact.name),
        ("e-mail", document.contact.email),
        ("phone", document.contact.phone),
        ("their reference", document.their_reference),
    ):
        if value is not None and value.area is not None:
            yield f"{name}: {value.text} ({value.confidence:.2f})", value.area, _FOUND
    for mark in document.marks:
        label = f"{mark.option}: ink {mark.ink:.3f}, ring {mark.ring_ink:.3f}"
        yield label, mark.area, _MEASURED
    if document.signature_area is not None:
        yield f"signature: {document.signature}", document.signature_area, _MEASURED


def _heading(pen: ImageDraw.ImageDraw, document: DocumentReading, font: _Font) -> None:
    said = [
        f"{document.outcome}: {document.municipality.text if document.municipality else '?'} "
        f"{document.initiative.text if document.initiative else '?'} "
        f"{document.answer.text if document.answer else '?'}",
        *document.reasons,
    ]
    for row, line in enumerate(said):
        pen.text((8, 6 + row * _LINE_HEIGHT_PX), line, fill=_OUTCOME[document.outcome], font=font)
