"""PDF files: pikepdf for structure, PDFium for pictures, pdfplumber for text.

A scanner's page is one picture that covers it: that picture is taken as it is, if the page shows
it so. Anything else is rendered: what is measured is what a person would see.
"""

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from services.intake.pages import look
from services.intake.pages.fields import form_values, signed_fields
from services.intake.pages.image import check_size
from services.intake.pages.page import MOST_DPI, Limits, Page, PageFault, Word
from services.intake.pages.repair import damage_of, put_in_order
from services.intake.pages.scanned import Scanned, Veiled, scanned_picture
from services.intake.pages.trust import Trust
from services.intake.reading.measured import Peculiarity
from shared.events import ElectronicSignature, Reason

_POINTS_PER_INCH = 72.0
_LARGEST_FULL_RENDER_POINTS = (900.0, 1300.0)
"""Anything larger than a generous A4 is rendered coarser, to at most that many pixels."""


def pdf_pages(data: bytes, limits: Limits, trust: Trust) -> Iterator[Page]:
    """Yield the pages of a PDF. Raises PageFault.

    UNREADABLE_FILE, which goes back to the sender, only where a library says that the file is
    damaged; FILE_REPAIRED, after the last page, where it could be read all the same.
    """
    with opened(data, limits) as document:
        damage = damage_of(document, data)
        shown = data if damage is None else put_in_order(document)
        values = form_values(document)
        signatures = _electronic_signatures(data, signed_fields(document), trust)
        for page in _rendered(shown, document, values, limits):
            yield replace(page, electronic_signatures=signatures)
        if damage is not None:
            raise PageFault(Reason.FILE_REPAIRED, f"damaged PDF: {damage}")


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[pikepdf.Pdf]:
    """Open a PDF whose pages and streams stay within the limits; in the block, what the libraries
    say of a damaged or locked file is raised as PageFault.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            count = len(document.pages)
            if count == 0:
                raise PageFault(Reason.UNREADABLE_FILE, "a PDF without pages")
            if count > limits.pages:
                raise PageFault(Reason.TOO_MANY_PAGES, f"{count} pages")
            _check_streams(document, limits)
            yield document
    except pikepdf.PasswordError as locked:
        raise PageFault(Reason.LOCKED_FILE, "the PDF has a password") from locked
    except (pikepdf.PdfError, pdfium.PdfiumError, zlib.error) as broken:
        raise PageFault(Reason.UNREADABLE_FILE, f"broken PDF: {broken}") from broken
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as strange:
        # Nobody said that the file is damaged: another program may well open it. For a person.
        raise PageFault(Reason.READER_CRASHED, f"reader stumbled: {strange!r}") from strange


def _rendered(
    data: bytes,
    structure: pikepdf.Pdf,
    values: Mapping[int, Mapping[str, str]],
    limits: Limits,
) -> Iterator[Page]:
    document = pdfium.PdfDocument(data)
    try:
        peculiar = look.of_file(structure)
        # Form fields are drawn by PDFium's form filler only; its coloured veil would be measured.
        if document.init_forms() and document.formenv is not None:
            pdfium_c.FPDF_RemoveFormFieldHighlight(document.formenv.raw)
        for index in range(len(document)):
            page = document[index]
            scanned = scanned_picture(page, structure.pages[index], limits, data, index)
            taken = scanned if isinstance(scanned, Scanned) else _drawing(page)
            veil = {Peculiarity.VEILED} if isinstance(scanned, Veiled) else frozenset()
            born_digital = look.is_drawn(page)
            text, words = _text(data, index + 1) if born_digital else ("", ())
            yield Page(
                number=index + 1,
                grey=taken.grey,
                dpi=taken.dpi,
                coarse_dpi=taken.coarse_dpi,
                born_digital=born_digital,
                form_values=values.get(index, {}),
                peculiarities=peculiar | veil | look.of_page(structure.pages[index], page),
                text=text,
                words=words,
            )
            page.close()
    finally:
        document.close()


def _electronic_signatures(data: bytes, signed: int, trust: Trust) -> Sequence[ElectronicSignature]:
    if not signed and b"/ByteRange" not in data:
        return ()
    # Imported when first needed: few files are signed.
    from services.intake.pages.esign.signatures import electronic_signatures

    return electronic_signatures(data, trust, signed)


def _drawing(page: pdfium.PdfPage) -> Scanned:
    width, height = page.get_size()
    most_width, most_height = sorted(_LARGEST_FULL_RENDER_POINTS, reverse=width > height)
    scale = MOST_DPI / _POINTS_PER_INCH
    scale *= min(1.0, most_width / max(width, 1), most_height / max(height, 1))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True, draw_annots=True)
    grey = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
    return Scanned(grey, scale * _POINTS_PER_INCH, scale * _POINTS_PER_INCH)


def _text(data: bytes, number: int) -> tuple[str, Sequence[Word]]:
    # Imported when first needed: scans, nearly all of what comes, never need its 30 MB.
    from services.intake.pages.words import words_of

    return words_of(data, number)


# --- Structure ---------------------------------------------------------------------------------


def _check_streams(document: pikepdf.Pdf, limits: Limits) -> None:
    """Raise PageFault if the PDF's streams would inflate beyond all reason.

    PDFium and pdfminer inflate a stream to its end before they look at it; two kilobytes can
    become gigabytes. Here they are inflated piece by piece and thrown away.
    """
    left = limits.inflated_bytes
    for thing in document.objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if thing.get("/Subtype") == pikepdf.Name.Image:
            check_size((int(thing.get("/Width", 0)), int(thing.get("/Height", 0))), limits)
            left_for_picture = 4 * limits.pixels + limits.inflated_bytes
            if len(_filters(thing)) > 1:
                _inflated_size(thing, left_for_picture)
            continue
        left -= _inflated_size(thing, left)


def _inflated_size(stream: pikepdf.Stream, most: int) -> int:
    """Return the number of bytes of a stream when inflated. Raises PageFault beyond `most`."""
    filters = _filters(stream)
    pieces: Iterator[bytes] = iter([stream.read_raw_bytes()])
    for name in filters:
        if name not in ("/FlateDecode", "/Fl"):
            break  # the other filters grow little, or are pictures'
        pieces = _inflate(pieces)
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise PageFault(Reason.TOO_LARGE, "a PDF that grows beyond the limit when opened")
    return total


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    for piece in pieces:
        rest = piece
        while rest:
            try:
                out = inflater.decompress(rest, 1 << 20)
            except zlib.error:
                return  # damaged: readers stop here too
            yield out
            if inflater.eof:
                return
            rest = inflater.unconsumed_tail


def _filters(stream: pikepdf.Stream) -> list[str]:
    stated = stream.get("/Filter")
    if stated is None:
        return []
    return [str(name) for name in stated] if isinstance(stated, pikepdf.Array) else [str(stated)]
