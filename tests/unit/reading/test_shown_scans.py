"""A scan in a PDF is read as the page shows it: what is stored and not shown is never recorded."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Dictionary, Name
from PIL import Image

from services.console.demo.scans import Channel, Picture, Scan, Stroke, as_pdf, scan
from services.intake.pages.page import Limits
from services.intake.pages.scanned import Scanned, scanned_picture
from shared.events import Outcome, Reason
from tests.bench.forms.cases import template
from tests.unit.reading.papers import document, documents, paper, pdf
from tests.unit.reading.test_inputs import changed

A4 = (595.28, 841.89)
POINTS_PER_MM = 72 / 25.4


def jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def drawn_inline(shown: Picture, stored: Picture) -> bytes:
    """Return a page that shows one picture, inline, and has another that is never drawn."""
    file = io.BytesIO()
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=A4)
        height, width = stored.shape[:2]
        hidden = made.make_stream(
            jpeg(stored), Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height,
            ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.DCTDecode,
        )  # fmt: skip
        page.obj.Resources = Dictionary(XObject=Dictionary(Im0=hidden))
        height, width = shown.shape[:2]
        head = f"q {A4[0]} 0 0 {A4[1]} 0 0 cm BI /W {width} /H {height} /CS /G /BPC 8 /F /DCT ID "
        page.obj.Contents = made.make_stream(head.encode() + jpeg(shown) + b" EI Q")
        made.save(file)
    return file.getvalue()


def drawn_under(before: str, data: bytes | None = None) -> bytes:
    """Return a scan drawn after other operators; /G0 to /G2 are a mask, a veil and a blending."""
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(data or pdf([paper()]))) as made:
        page = made.pages[0]
        mask = made.make_stream(
            b"0.4 g 0 0 600 900 re f", Type=Name.XObject, Subtype=Name.Form,
            BBox=[0, 0, *A4], Group=Dictionary(S=Name.Transparency, CS=Name.DeviceGray),
        )  # fmt: skip
        page.obj.Resources.ExtGState = Dictionary(
            G0=Dictionary(SMask=Dictionary(S=Name.Luminosity, G=made.make_indirect(mask))),
            G1=Dictionary(ca=0.4),
            G2=Dictionary(BM=Name.Difference),
        )
        drawn = page.obj.Contents.read_bytes()
        page.obj.Contents = made.make_stream(before.encode() + b"\n" + drawn)
        made.save(file)
    return file.getvalue()


def around(left: float, bottom: float, right: float, top: float) -> str:
    """Return a clip path that leaves out one rectangle, in points."""
    return (
        f"0 0 600 {bottom} re 0 {top} 600 900 re 0 {bottom} {left} {top - bottom} re "
        f"{right} {bottom} 600 {top - bottom} re W n"
    )


def test_an_inline_picture_is_read_and_not_the_one_that_is_never_drawn() -> None:
    data = drawn_inline(paper({"nej": Stroke.CROSS}), paper({"ja": Stroke.CROSS}))
    answers = [reading.answer.text for reading in documents(data, "svar.pdf") if reading.answer]
    assert answers == ["nej"]


@pytest.mark.parametrize("inner", [0.0, 1.0])
def test_a_mark_that_is_clipped_away_is_for_a_person(inner: float) -> None:
    box = template().boxes[0].area
    path = around(
        (box.left_mm + inner) * POINTS_PER_MM, A4[1] - (box.bottom_mm - inner) * POINTS_PER_MM,
        (box.right_mm - inner) * POINTS_PER_MM, A4[1] - (box.top_mm + inner) * POINTS_PER_MM,
    )  # fmt: skip
    reading = document(drawn_under(path), "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.LOOK_CAN_CHANGE in reading.reasons
    assert reading.answer is None


@pytest.mark.parametrize("state", ["/G0 gs", "/G1 gs", "/G2 gs"])
def test_a_page_behind_a_mask_a_veil_or_a_blending_is_not_recorded(state: str) -> None:
    assert document(drawn_under(state), "svar.pdf").outcome is not Outcome.AUTO


def test_a_clip_path_around_the_whole_page_is_harmless() -> None:
    data = drawn_under("0 0 600 900 re W n")
    assert document(data, "svar.pdf").outcome is Outcome.AUTO


def test_a_scan_of_the_wrong_size_in_its_own_words_is_read_as_shown() -> None:
    data = pdf([paper()])
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as made:
        [stored] = made.pages[0].get_images(recursive=False).values()
        stored.Height = int(stored.Height) // 2
        made.save(file)
    assert document(file.getvalue(), "svar.pdf").outcome is not Outcome.AUTO


def _taken(data: bytes) -> Picture | None:
    """Return what is taken of a page as its stored picture, if that is."""
    with pikepdf.open(io.BytesIO(data)) as structure, pdfium.PdfDocument(data) as document_:
        taken = scanned_picture(document_[0], structure.pages[0], Limits(), data, 0)
        return taken.grey if isinstance(taken, Scanned) else None


def test_a_stored_picture_is_not_taken_where_the_page_draws_its_bytes_in_other_tones() -> None:
    with pikepdf.open(io.BytesIO(pdf([paper()]))) as made:
        page = made.pages[0]
        [stored] = page.get_images(recursive=False).values()
        head = (
            f"q {A4[0]} 0 0 {A4[1]} 0 0 cm BI /W {int(stored.Width)} /H {int(stored.Height)} "
            "/CS /G /BPC 8 /D [1 0] /F /DCT ID "
        )
        inline = head.encode() + stored.read_raw_bytes() + b" EI Q"
        page.obj.Contents = made.make_stream(inline)
        assert _taken(_saved(made)) is None


def test_a_stored_picture_is_not_taken_where_the_page_has_a_colour_space_of_its_own() -> None:
    with pikepdf.open(io.BytesIO(pdf([paper()]))) as made:
        inverting = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0.9], C1=[0.1], N=1)
        space = pikepdf.Array([Name.Separation, Name.Black, Name.DeviceGray, inverting])
        made.pages[0].obj.Resources.ColorSpace = Dictionary(DefaultGray=space)
        assert _taken(_saved(made)) is None


@pytest.mark.parametrize("said", [{"Decode": [1, 0]}, {"ImageMask": True}, {"OC": "hidden"}])
def test_a_stored_picture_is_not_taken_where_it_is_said_to_be_shown_otherwise(
    said: dict[str, object],
) -> None:
    with pikepdf.open(io.BytesIO(pdf([paper()]))) as made:
        [stored] = made.pages[0].get_images(recursive=False).values()
        for name, value in said.items():
            stored[f"/{name}"] = _hidden_layer(made) if name == "OC" else value
        assert _taken(_saved(made)) is None


def _hidden_layer(made: pikepdf.Pdf) -> pikepdf.Object:
    layer = made.make_indirect(Dictionary(Type=Name.OCG, Name="hidden"))
    made.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(OFF=[layer]))
    return layer


def _saved(made: pikepdf.Pdf) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _bitonal(picture: Picture) -> Scan:
    return Scan(np.where(picture > 128, 255, 0).astype(np.uint8), 300, 300, True, 80)


def _by_pillow(mode: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(paper()).convert(mode).save(file, "PDF", resolution=300)
    return file.getvalue()


@pytest.mark.parametrize(
    ("made", "dpi"),
    [
        (lambda: as_pdf([scan(paper(), Channel.FAX, seed=3)]), 204),
        (lambda: drawn_under("0 0 600 900 re W n"), 300),
        (lambda: changed(as_pdf([scan(paper(), Channel.FAX, seed=3)]), Rotate=90), 204),
        (lambda: as_pdf([scan(paper(), Channel.ROUGH_SCANNER, seed=3)]), 200),
        (lambda: as_pdf([_bitonal(paper())]), 300),
        (lambda: changed(pdf([paper()]), Rotate=180), 300),
        (lambda: changed(pdf([paper()]), CropBox=[4.3, 0, 595, 835.2]), 300),
        (lambda: changed(pdf([paper()]), MediaBox=[-3, -2, 597, 843]), 300),
        (lambda: pdf([np.random.default_rng(1).integers(0, 256, (3508, 2480), np.uint8)]), 300),
        (lambda: _by_pillow("1"), 300),
        (lambda: _by_pillow("P"), 300),
        (lambda: _by_pillow("RGB"), 300),
    ],
)
def test_an_honest_scan_is_taken_at_its_own_resolution(made: Callable[[], bytes], dpi: int) -> None:
    data = made()
    with pikepdf.open(io.BytesIO(data)) as structure, pdfium.PdfDocument(data) as document_:
        taken = scanned_picture(document_[0], structure.pages[0], Limits(), data, 0)
        assert isinstance(taken, Scanned)
        assert round(taken.dpi or 0) == dpi
