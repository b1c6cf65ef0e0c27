"""Every kind of file that a form may arrive as, turned and repaired: read alike, or doubted."""

import io
import re

import numpy as np
import pikepdf
import pytest
from PIL import Image

from services.console.demo.scans import Channel, Picture, Stroke, as_pdf, as_tiff, scan
from shared.events import Outcome, Reason
from tests.unit.reading.papers import document, documents, measured, paper, pdf, scanned

BLANK = np.full((3508, 2480), 255, np.uint8)
NO = {"nej": Stroke.CROSS}
ABOVE_DOWN = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a picture is stored that a viewer turns upright by its EXIF orientation."""


def answers(data: bytes, name: str) -> list[tuple[Outcome, str | None]]:
    return [
        (reading.outcome, reading.answer.text if reading.answer else None)
        for reading in documents(data, name)
    ]


# --- pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", ABOVE_DOWN)
def test_a_picture_is_turned_as_it_says(kind: str, orientation: int) -> None:
    form = Image.fromarray(paper())
    turn = ABOVE_DOWN[orientation]
    stored = form if turn is None else form.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    more = {"JPEG": {"quality": 80}, "PNG": {"compress_level": 1}, "TIFF": {}}[kind]
    stored.save(file, kind, exif=exif, dpi=(300, 300), **more)
    reading = document(file.getvalue(), "svar")
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


def test_a_lying_fax_with_unequal_resolution_is_turned_with_it() -> None:
    fax = scan(paper(), Channel.FAX, seed=3)
    file = io.BytesIO()
    lying = Image.fromarray(fax.picture).convert("1").transpose(Image.Transpose.ROTATE_90)
    lying.save(file, "TIFF", compression="group4", dpi=(fax.dpi_y, fax.dpi_x), tiffinfo={274: 6})
    [page] = measured(file.getvalue(), "fax.tif").pages
    assert 1.3 < page.height_px / page.width_px < 1.5
    assert document(file.getvalue(), "fax.tif").outcome is Outcome.AUTO


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits"])
def test_a_fax_of_several_pages_is_read_page_by_page(compression: str) -> None:
    fax = scan(paper(), Channel.FAX, seed=3)
    other = scan(paper(NO, seed=4), Channel.FAX, seed=4)
    first, second = (
        Image.fromarray(one.picture).convert("1", dither=Image.Dither.NONE) for one in (fax, other)
    )
    file = io.BytesIO()
    first.save(
        file, "TIFF", save_all=True, append_images=[second],
        compression=compression, dpi=(fax.dpi_x, fax.dpi_y),
    )  # fmt: skip
    pages = measured(file.getvalue(), "fax.tif").pages
    assert [page.number for page in pages] == [1, 2]
    readings = documents(file.getvalue(), "fax.tif")
    assert {one.answer.text for one in readings if one.answer} == {"ja", "nej"}


def test_the_pictures_behind_a_phones_picture_are_no_pages() -> None:
    file = io.BytesIO()
    Image.fromarray(paper()).save(
        file, "MPO", save_all=True, append_images=[Image.new("L", (200, 300), 90)], quality=80
    )
    reading = document(file.getvalue(), "foto.jpg")
    assert (reading.outcome, len(reading.pages)) == (Outcome.AUTO, 1)


def test_a_second_page_behind_the_first_in_one_picture_is_a_page() -> None:
    file = io.BytesIO()
    second = Image.fromarray(paper(NO, seed=4))
    Image.fromarray(paper()).save(
        file, "MPO", save_all=True, append_images=[second], quality=80, dpi=(300, 300)
    )
    readings = documents(file.getvalue(), "bild.jpg")
    assert [one.answer.text for one in readings if one.answer] == ["ja", "nej"]
    assert all(one.outcome is not Outcome.AUTO for one in readings)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_cut_off_picture_goes_back(kind: str, share: float) -> None:
    file = io.BytesIO()
    Image.fromarray(paper()).save(file, kind, dpi=(300, 300))
    data = file.getvalue()
    reading = document(data[: int(len(data) * share)], "svar")
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.UNREADABLE_FILE,))


def test_a_fax_whose_second_page_is_cut_off_is_not_recorded_by_its_first() -> None:
    data = as_tiff([scan(paper(), Channel.FAX, seed=3), scan(paper(NO), Channel.FAX, seed=4)])
    for share in (0.6, 0.9, 0.99):
        for reading in documents(data[: int(len(data) * share)], "fax.tif"):
            assert reading.outcome is not Outcome.AUTO


# --- PDF: order and turns --------------------------------------------------------------------


def changed(data: bytes, **page: object) -> bytes:
    """Return the PDF with these entries in every page."""
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document_:
        for one in document_.pages:
            for key, value in page.items():
                one.obj[f"/{key}"] = value
        document_.save(file)
    return file.getvalue()


@pytest.mark.parametrize("turns", [0, 90, 180, 270, -90, 450])
def test_a_page_is_shown_as_the_pdf_turns_it(turns: int) -> None:
    lying = np.ascontiguousarray(np.rot90(paper(), turns // 90))
    data = changed(pdf([lying]), Rotate=turns)
    [page] = measured(data, "svar.pdf").pages
    assert page.height_px > page.width_px
    assert answers(data, "svar.pdf") == [(Outcome.AUTO, "ja")]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lay_askew_on_the_glass_is_read(turns: int) -> None:
    data = pdf([np.ascontiguousarray(np.rot90(paper(), turns))])
    [reading] = documents(data, "svar.pdf")
    assert reading.outcome is Outcome.AUTO
    assert reading.pages[0].height_px > reading.pages[0].width_px


def test_several_answers_in_one_file_are_found_in_any_order_and_any_way_up() -> None:
    no = np.ascontiguousarray(np.rot90(paper(NO, seed=4), 2))
    data = pdf([BLANK, paper(), BLANK, no, BLANK])
    first, second = documents(data, "alla.pdf")
    assert [page.source_page for page in first.pages] == [1, 2, 3]
    assert [page.source_page for page in second.pages] == [4, 5]
    # They are of one municipality and one initiative, and say different things.
    assert {one.answer.text for one in (first, second) if one.answer} == {"ja", "nej"}
    assert all(one.reasons == (Reason.SAME_MAIL_CONTRADICTS,) for one in (first, second))


def test_the_same_form_twice_in_one_file_says_the_same_twice() -> None:
    assert answers(pdf([paper(), paper(seed=9)]), "svar.pdf") == [(Outcome.AUTO, "ja")] * 2


def test_text_and_codes_stay_together_in_a_pdf_of_faxes() -> None:
    faxes = [scan(paper(), Channel.FAX, seed=3), scan(BLANK, Channel.FAX, seed=5)]
    [reading] = documents(as_pdf(faxes), "fax.pdf")
    assert Reason.EXTRA_PAGE not in reading.reasons


# --- PDF: damaged and repaired ---------------------------------------------------------------


def three_pages() -> bytes:
    """The form is on the last page, where it is lost first."""
    return pdf([BLANK, BLANK, paper()])


DAMAGED = {
    "its table is not where it says": lambda data: data.replace(b"startxref\n", b"startxref\n1"),
    "fewer pages are stated": lambda data: data.replace(b"/Count 3", b"/Count 2"),
    "more pages are stated": lambda data: data.replace(b"/Count 3", b"/Count 7"),
    "the end is cut off": lambda data: data[:-200],
    "a stream has another length": lambda data: re.sub(rb"/Length \d\d\n", b"/Length 99\n", data),
    "what was added later is cut off": lambda data: data + b"\n99 0 obj\n<</Kids [1 0 R]>>\n",
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_repaired_pdf_says_so_and_loses_no_page(how: str) -> None:
    data = DAMAGED[how](three_pages())
    [reading] = documents(data, "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.FILE_REPAIRED in reading.reasons
    assert [page.source_page for page in reading.pages] == [1, 2, 3]
    assert reading.answer is not None


def test_a_pdf_that_lost_pages_shows_those_that_are_left() -> None:
    data = pdf([paper(), paper(NO, seed=4)])
    cut = data[: data.rfind(b"/Subtype /Image") + 20_000]
    readings = documents(cut, "svar.pdf")
    assert readings
    for reading in readings:
        assert reading.outcome is not Outcome.AUTO
        assert {Reason.FILE_REPAIRED, Reason.UNREADABLE_FILE} & set(reading.reasons)


@pytest.mark.parametrize(
    "harmless", [lambda data: data + b"\r\n\r\n", lambda data: b"\r\n" + data, lambda data: data]
)
def test_slips_by_which_nothing_is_lost_are_no_damage(harmless: object) -> None:
    assert callable(harmless)
    assert answers(harmless(pdf([paper()])), "svar.pdf") == [(Outcome.AUTO, "ja")]


@pytest.mark.parametrize("how", ["linearized", "object streams", "encrypted for nobody"])
def test_a_pdf_written_in_another_way_is_read(how: str) -> None:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf([paper()]))) as made:
        match how:
            case "linearized":
                made.save(file, linearize=True)
            case "object streams":
                made.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            case _:
                made.save(file, encryption=pikepdf.Encryption(owner="o", user="", R=6))
    assert answers(file.getvalue(), "svar.pdf") == [(Outcome.AUTO, "ja")]


def test_a_page_made_of_strips_is_put_together() -> None:
    form: Picture = paper()
    height, width = form.shape
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(595.2, 841.92))
        content = ""
        for number, top in enumerate(range(0, height, 500)):
            strip = form[top : top + 500]
            image = pikepdf.Stream(
                made,
                strip.tobytes(),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=width,
                Height=strip.shape[0],
                ColorSpace=pikepdf.Name.DeviceGray,
                BitsPerComponent=8,
            )
            page.add_resource(image, pikepdf.Name.XObject, pikepdf.Name(f"/S{number}"))
            points = 841.92 / height
            bottom = 841.92 - (top + strip.shape[0]) * points
            content += f"q 595.2 0 0 {strip.shape[0] * points} 0 {bottom} cm /S{number} Do Q\n"
        page.obj.Contents = pikepdf.Stream(made, content.encode())
        file = io.BytesIO()
        made.save(file)
    assert answers(file.getvalue(), "svar.pdf") == [(Outcome.AUTO, "ja")]


def test_one_bit_scans_keep_their_resolution() -> None:
    two_levels = np.where(scanned(paper()).picture > 128, 255, 0).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(two_levels).convert("1").save(file, "PDF", resolution=300)
    assert answers(file.getvalue(), "svar.pdf") == [(Outcome.AUTO, "ja")]
