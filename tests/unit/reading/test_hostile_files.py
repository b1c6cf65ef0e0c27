"""Files that are broken, locked, empty, mislabelled or made to exhaust: each has its reason."""

import io
import zlib

import numpy as np
import pikepdf
import pytest
from PIL import Image

from services.intake.pages.page import Limits
from shared.events import DocumentKind, Outcome, Reason
from tests.bench.forms.cases import printed
from tests.unit.reading.papers import document, documents, measured, paper, pdf, png


def test_an_empty_file_goes_back() -> None:
    reading = document(b"", "svar.pdf")
    assert (reading.kind, reading.outcome) == (DocumentKind.OTHER, Outcome.RETURN)
    assert reading.reasons == (Reason.EMPTY_FILE,)


@pytest.mark.parametrize("name", ["svar.pdf", "svar.png", "svar.jpg", "svar.tif"])
def test_a_text_with_another_name_is_unreadable(name: str) -> None:
    reading = document("Vi svarar ja på erbjudandet.".encode(), name)
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.UNREADABLE_FILE,))


def test_a_format_we_do_not_read_is_for_a_person() -> None:
    reading = document(rb"{\rtf1 a letter}", "svar.rtf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.UNSUPPORTED_FORMAT,))


def test_a_locked_pdf_goes_back() -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed())) as form:
        form.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    reading = document(locked.getvalue(), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.LOCKED_FILE,))


def test_a_pdf_that_only_forbids_changes_is_read() -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf([paper()]))) as form:
        form.save(locked, encryption=pikepdf.Encryption(owner="o", user=""))
    assert document(locked.getvalue(), "svar.pdf").outcome is Outcome.AUTO


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_cut_off_pdf_is_never_recorded(share: float) -> None:
    whole = pdf([paper()])
    reading = document(whole[: int(len(whole) * share)], "svar.pdf")
    assert reading.outcome is not Outcome.AUTO
    assert reading.reasons


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_never_raise_and_never_record_anything_else(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(pdf([paper()]) if seed % 2 else png(paper()))
    for _ in range(int(random.integers(1, 40))):
        data[int(random.integers(len(data)))] = int(random.integers(256))
    for reading in documents(bytes(data), "svar.pdf" if seed % 2 else "svar.png"):
        assert reading.outcome is not Outcome.AUTO or (
            reading.answer is not None and reading.answer.text == "ja"
        )


def test_a_picture_with_huge_dimensions_is_not_decoded() -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    reading = document(file.getvalue(), "svar.png")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_MANY_PIXELS,))


def test_a_picture_inside_a_pdf_is_held_to_the_same_limit() -> None:
    data = pdf([paper()])
    reading = document(data, "svar.pdf", limits=Limits(pixels=1_000_000))
    assert reading.reasons == (Reason.TOO_MANY_PIXELS,)


def test_a_pdf_that_inflates_without_bound_is_stopped() -> None:
    bomb = zlib.compress(b" " * 300_000_000, 9)
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(595, 842))
        stream = pikepdf.Stream(made, zlib.compress(bomb, 9))
        stream.Filter = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        page.obj.Contents = made.make_indirect(stream)
        file = io.BytesIO()
        made.save(file, compress_streams=False)
    assert len(file.getvalue()) < 20_000
    reading = document(file.getvalue(), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_LARGE,))


def test_more_pages_than_the_limit_are_not_opened() -> None:
    blank = np.full((400, 300), 255, np.uint8)
    reading = document(pdf([blank] * 6), "svar.pdf", limits=Limits(pages=5))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_MANY_PAGES,))
    tiff = io.BytesIO()
    frames = [Image.fromarray(blank) for _ in range(6)]
    frames[0].save(tiff, "TIFF", save_all=True, append_images=frames[1:])
    reading = document(tiff.getvalue(), "svar.tif", limits=Limits(pages=5))
    assert reading.reasons == (Reason.TOO_MANY_PAGES,)


def test_more_bytes_than_the_limit_are_not_opened() -> None:
    reading = document(b"%PDF-1.4" + bytes(5000), "svar.pdf", limits=Limits(bytes=1000))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.TOO_LARGE,))


def test_a_page_as_large_as_a_wall_is_rendered_small() -> None:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(14_000, 14_000))
        file = io.BytesIO()
        made.save(file)
    [page] = measured(file.getvalue(), "svar.pdf").pages
    assert page.width_px * page.height_px < 5_000_000


@pytest.mark.parametrize("name", ["eps", "gif", "bmp"])
def test_formats_that_pillow_knows_and_we_do_not_allow_are_not_opened(name: str) -> None:
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, name)
    assert document(file.getvalue(), f"svar.{name}").reasons == (Reason.UNSUPPORTED_FORMAT,)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_of_picture_is_read(mode: str) -> None:
    form = Image.fromarray(paper())
    file = io.BytesIO()
    if mode == "I;16":
        Image.fromarray(np.asarray(form).astype(np.uint16) * 257).save(file, "PNG")
    else:
        kind = "TIFF" if mode == "CMYK" else "PNG"
        form.convert(mode).save(file, kind, dpi=(300, 300))
    assert document(file.getvalue(), "svar.png").outcome is Outcome.AUTO


def test_a_photo_is_turned_as_its_camera_says() -> None:
    form = Image.fromarray(paper())
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    form.rotate(90, expand=True).save(file, "JPEG", exif=exif, quality=80)
    [page] = measured(file.getvalue(), "foto.jpg").pages
    assert page.height_px > page.width_px


def test_a_pdf_that_makes_the_reader_stumble_is_for_a_person() -> None:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed())) as form:
        picture = form.make_stream(b"x", {"/Subtype": pikepdf.Name.Image, "/Height": 1})
        picture.Width = pikepdf.String("wide")
        form.pages[0].add_resource(picture, pikepdf.Name.XObject)
        form.save(file)
    reading = document(file.getvalue(), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.READER_CRASHED,))


def test_a_pdf_that_the_library_calls_damaged_goes_back() -> None:
    reading = document(b"%PDF-1.7\nnothing more", "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.UNREADABLE_FILE,))
