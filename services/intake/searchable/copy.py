"""The searchable copy: a PDF of page pictures with their words on top, invisible. Pure.

Written outside of the contained child, from checked values: nothing in it can act, whatever the
original held. It has what PDF/A-2b asks (fonts inside, colours that need no device, metadata), but
does not claim to be that: no validator has said so.
"""

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from services.intake.searchable.found import FoundPage, FoundWord
from services.intake.tessdata import tessdata_folder

_LONG_SIDE_POINTS: Final = 842.0
"""A4's; how large the original was is not known of every picture."""

_FONT_FILE: Final = "pdf.ttf"
"""Tesseract's font without shapes: every letter is an empty one of the same width."""

_LETTER_WIDTH: Final = 0.5
"""Of the font's size."""

_LAST_IN_FONT: Final = 0xFFFF
_TO_UNICODE: Final = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfrange
<0000> <FFFF> <0000>
endbfrange
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def searchable_copy(pages: Sequence[tuple[FoundPage, bytes]]) -> bytes:
    """Return a PDF of these pages, each with its grey JPEG. The same pages give the same bytes."""
    with pikepdf.new() as pdf:
        font = _font(pdf)
        for found, jpeg in pages:
            _add(pdf, font, found, jpeg)
        pdf.Root.Lang = pikepdf.String("sv-SE")
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["dc:title"] = "Sökbar kopia"
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True)
    return written.getvalue()


def _add(pdf: pikepdf.Pdf, font: pikepdf.Object, found: FoundPage, jpeg: bytes) -> None:
    scale = _LONG_SIDE_POINTS / max(found.width_px, found.height_px)
    width, height = found.width_px * scale, found.height_px * scale
    picture = pdf.make_stream(
        jpeg,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=found.width_px,
        Height=found.height_px,
        ColorSpace=Array(
            [Name.CalGray, Dictionary(WhitePoint=Array([0.9505, 1.0, 1.089]), Gamma=2.2)]
        ),
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
    lines = [f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Page Do Q", "BT 3 Tr"]
    lines += [_shown(word, width, height) for word in found.words]
    lines.append("ET")
    page = pdf.add_blank_page(page_size=(width, height))
    page.Resources = Dictionary(XObject=Dictionary(Page=picture), Font=Dictionary(Words=font))
    page.Contents = pdf.make_stream("\n".join(lines).encode("ascii"))


def _shown(word: FoundWord, width: float, height: float) -> str:
    """Place a word where it stands, as wide as it is; a blank after it parts it from the next."""
    letters = "".join(
        letter for letter in unicodedata.normalize("NFC", word.text) if ord(letter) <= _LAST_IN_FONT
    )
    size = max((word.bottom - word.top) * height, 1.0)
    natural = _LETTER_WIDTH * size * max(len(letters), 1)
    stretch = 100 * max((word.right - word.left) * width, 0.5) / natural
    text = f"{letters} ".encode("utf-16-be", "surrogatepass").hex()
    left, bottom = word.left * width, (1 - word.bottom) * height
    return f"/Words {size:.2f} Tf {stretch:.2f} Tz 1 0 0 1 {left:.2f} {bottom:.2f} Tm <{text}> Tj"


def _font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    data = _font_data()
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.GlyphLessFont,
        Flags=5,
        FontBBox=Array([0, 0, 500, 1000]),
        ItalicAngle=0,
        Ascent=1000,
        Descent=-1,
        CapHeight=1000,
        StemV=80,
        FontFile2=pdf.make_stream(data, Length1=len(data)),
    )
    below = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.GlyphLessFont,
        CIDSystemInfo=Dictionary(
            Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
        ),
        CIDToGIDMap=pdf.make_stream(b"\x00\x01" * (_LAST_IN_FONT + 1)),
        DW=round(1000 * _LETTER_WIDTH),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name.GlyphLessFont,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(below)]),
            ToUnicode=pdf.make_stream(_TO_UNICODE),
        )
    )


@cache
def _font_data() -> bytes:
    folder = tessdata_folder()
    if folder is None:
        raise FileNotFoundError("Tesseract's models are not installed")
    return (Path(folder) / _FONT_FILE).read_bytes()
