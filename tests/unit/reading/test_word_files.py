"""Word files as pages: what a person would read, pictures pasted in, and files made to do harm."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from PIL import Image

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.trust import Trust
from shared.events import Reason

MAIN = "word/document.xml"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pages(data: bytes, filename: str = "svar.docx", limits: Limits | None = None) -> list[Page]:
    trust = Trust(at=datetime.now(UTC))
    return list(open_pages(data, filename, "", limits or Limits(), trust))


def fault(data: bytes, filename: str = "svar.docx", limits: Limits | None = None) -> Reason:
    with pytest.raises(PageFault) as caught:
        pages(data, filename, limits)
    return caught.value.reason


def package(parts: Mapping[str, str | bytes], *, deflated: bool = True) -> bytes:
    """A DOCX put together by hand."""
    file = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def body(inside: str) -> str:
    return f"<w:document {W}><w:body>{inside}</w:body></w:document>"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def picture(width: int = 900, height: int = 1200, grey: int = 120) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width), grey, np.uint8)).save(file, "PNG", dpi=(150, 150))
    file.seek(0)
    return file


def saved(document: object) -> bytes:
    file = io.BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


# --- What a person would read ------------------------------------------------------------------


def test_paragraphs_and_tables_become_lines_in_their_order() -> None:
    document = Document()
    document.add_paragraph("Först")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "vänster", "höger"
    document.add_paragraph("Sist, med å, ä och ö")
    [page] = pages(saved(document))
    assert page.text.split("\n") == ["Först", "vänster", "höger", "Sist, med å, ä och ö"]
    assert page.born_digital
    assert page.grey.min() < 100


def test_what_is_deleted_hidden_or_only_a_hint_is_not_read_and_what_is_inserted_is() -> None:
    xml = body(
        paragraph("kvar") + "<w:p><w:del><w:r><w:delText>struket</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>tillagt</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>dolt</w:t></w:r></w:p>"
        "<w:sdt><w:sdtPr><w:tag w:val='a'/><w:showingPlcHdr/></w:sdtPr>"
        f"<w:sdtContent>{paragraph('Klicka här')}</w:sdtContent></w:sdt>"
        "<w:sdt><w:sdtPr><w:tag w:val='b'/></w:sdtPr>"
        f"<w:sdtContent>{paragraph('ett')}{paragraph('två')}</w:sdtContent></w:sdt>"
    )
    [page] = pages(package({MAIN: xml}))
    assert page.text == "kvar\ntillagt\nett\ntvå"
    assert page.form_values == {"b": "ett\ntvå"}


def test_a_comment_and_a_footer_are_read_too() -> None:
    document = Document()
    run = document.add_paragraph("Ja").runs[0]
    document.add_comment(run, text="ja, men bara om staten betalar", author="A")
    document.sections[0].footer.paragraphs[0].text = "Håbo kommun"
    [page] = pages(saved(document))
    assert "ja, men bara om staten betalar" in page.text
    assert "Håbo kommun" in page.text


def test_a_long_text_is_set_on_several_pages() -> None:
    document = Document()
    for number in range(100):
        document.add_paragraph(f"Rad {number}")
    found = pages(saved(document))
    assert [page.number for page in found] == [1, 2, 3]
    assert found[2].text.endswith("Rad 99")


def test_swedish_letters_are_drawn_each_in_its_own_shape() -> None:
    pictures = []
    for letter in "aåäoöAÅÄOÖ":
        document = Document()
        document.add_paragraph(letter)
        [page] = pages(saved(document))
        pictures.append(page.grey.tobytes())
    assert len(set(pictures)) == len(pictures)


def test_nothing_written_and_nothing_pasted_is_one_empty_page() -> None:
    [page] = pages(saved(Document()))
    assert (page.text, int(page.grey.min())) == ("", 255)


# --- Pictures ----------------------------------------------------------------------------------


def test_a_scan_pasted_into_word_is_a_page_in_its_own_resolution() -> None:
    document = Document()
    document.add_picture(picture(), width=Cm(10))
    [page] = pages(saved(document))
    assert page.grey.shape == (1200, 900)
    assert page.dpi == pytest.approx(150, abs=0.5)
    assert not page.born_digital


def test_text_comes_before_the_pictures_and_a_logo_is_no_page() -> None:
    document = Document()
    document.add_picture(picture(200, 80))
    document.add_paragraph("Här är vårt svar.")
    document.add_picture(picture(grey=40), width=Cm(10))
    text, scan = pages(saved(document))
    assert (text.text, text.number, scan.number) == ("Här är vårt svar.", 1, 2)


def test_what_is_cropped_away_in_word_is_not_on_the_page() -> None:
    document = Document()
    shape = document.add_picture(picture(1000, 2000), width=Cm(10))
    crop = OxmlElement("a:srcRect")
    crop.set("b", "50000")
    fill = shape._inline.graphic.graphicData.pic.blipFill
    fill.find(qn("a:blip")).addnext(crop)
    [page] = pages(saved(document))
    assert page.grey.shape == (1000, 1000)


def test_nothing_but_a_picture_of_an_unknown_kind_is_said() -> None:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="x/image" Target="media/a.emf"/></Relationships>'
    )
    drawing = "<w:p><w:r><w:pict><imagedata id='r1'/></w:pict></w:r></w:p>"
    parts = {MAIN: body(drawing), "word/_rels/document.xml.rels": rels, "word/media/a.emf": b"EMF"}
    assert fault(package(parts)) is Reason.UNSUPPORTED_FORMAT


# --- OpenDocument ------------------------------------------------------------------------------

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def odt(inside: str, kind: str = "text", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An OpenDocument file put together by hand."""
    spaces = " ".join(
        f'xmlns:{name}="{OFFICE}{name}:1.0"'
        for name in ("office", "text", "table", "draw", "style")
    )
    xml = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:fo="{OFFICE}xsl-fo-compatible:1.0">'
        f"<office:body><office:{kind}>{inside}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", xml)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def test_an_opendocument_text_is_read_in_its_order() -> None:
    inside = (
        "<text:h>Rubrik</text:h>"
        "<text:tracked-changes><text:p>struket</text:p></text:tracked-changes>"
        "<table:table><table:table-row><table:table-cell><text:p>vänster</text:p></table:table-cell>"
        "<table:table-cell><text:p>hö<text:span>ger</text:span></text:p></table:table-cell>"
        "</table:table-row></table:table>"
        "<text:p>en<text:line-break/>två<text:hidden-text>dolt</text:hidden-text>"
        "<text:note><text:note-body><text:p>fotnot</text:p></text:note-body></text:note></text:p>"
    )
    [page] = pages(odt(inside), "behov.odt")
    assert page.text.split("\n") == ["Rubrik", "vänster", "höger", "en", "två", "fotnot"]


def test_a_scan_pasted_into_opendocument_is_a_page_unless_some_picture_is_cropped() -> None:
    image = '<text:p><draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame></text:p>'
    scan = {"Pictures/a.png": picture().getvalue()}
    [page] = pages(odt(image, more=scan), "svar.odt")
    assert page.grey.shape == (1200, 900)
    cut = '<style:graphic-properties fo:clip="rect(0cm, 0cm, 9cm, 0cm)"/>'
    assert fault(odt(image + cut, more=scan), "svar.odt") is Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odt("", "spreadsheet"), Reason.UNSUPPORTED_FORMAT),
        (odt("", more={"META-INF/manifest.xml": "<m><encryption-data/></m>"}), Reason.LOCKED_FILE),
        (odt("<text:p>"), Reason.UNREADABLE_FILE),
    ],
)
def test_other_opendocument_files_say_why_they_are_not_read(data: bytes, reason: Reason) -> None:
    assert fault(data, "behov.odt") is reason


# --- Made to do harm ---------------------------------------------------------------------------


def test_a_part_that_inflates_beyond_the_limit_is_not_inflated() -> None:
    bomb = package({MAIN: body("<w:p/>" + " " * 80_000_000)})
    assert len(bomb) < 200_000
    assert fault(bomb) is Reason.TOO_LARGE


def test_a_part_that_lies_about_its_size_is_cut_off_and_said_to_be_broken() -> None:
    data = bytearray(package({MAIN: body(paragraph("x" * 5_000_000))}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert fault(bytes(data)) is Reason.UNREADABLE_FILE


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY a SYSTEM "http://127.0.0.1:9/x">',
    ],
)
def test_entities_are_refused_unread(declared: str) -> None:
    xml = f"<!DOCTYPE w:document [{declared}]>{body(paragraph('&a;'))}"
    assert fault(package({MAIN: xml})) is Reason.UNREADABLE_FILE


def test_what_a_relationship_names_outside_of_the_file_is_never_fetched() -> None:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="x/image" Target="http://127.0.0.1:9/a.png"'
        ' TargetMode="External"/>'
        '<Relationship Id="r2" Type="x/image" Target="../../../../etc/passwd"/>'
        '<Relationship Id="r3" Type="x/header" Target="/etc/passwd"/></Relationships>'
    )
    drawing = "".join(
        f"<w:p><w:r><w:pict><imagedata id='r{number}'/></w:pict></w:r></w:p>" for number in (1, 2)
    )
    parts = {MAIN: body(paragraph("text") + drawing), "word/_rels/document.xml.rels": rels}
    [page] = pages(package(parts))
    assert page.text == "text"


def test_thousands_of_parts_are_too_many() -> None:
    parts = {f"word/media/{number}.xml": "" for number in range(3_500)}
    assert fault(package({MAIN: body(""), **parts}, deflated=False)) is Reason.TOO_LARGE


def test_pages_beyond_the_limit_are_not_set() -> None:
    lines = "".join(paragraph(f"Rad {number}") for number in range(2_000))
    assert fault(package({MAIN: body(lines)}), limits=Limits(pages=5)) is Reason.TOO_MANY_PAGES


def test_a_picture_with_too_many_pixels_is_not_decoded() -> None:
    document = Document()
    document.add_picture(picture(2_000, 2_000), width=Cm(5))
    assert fault(saved(document), limits=Limits(pixels=1_000_000)) is Reason.TOO_MANY_PIXELS


def test_xml_deeper_than_any_document_is_said_to_be_broken() -> None:
    deep = "<w:ins>" * 3_000 + "</w:ins>" * 3_000
    assert fault(package({MAIN: body(deep)})) is Reason.UNREADABLE_FILE


def test_two_parts_of_one_name_are_for_a_person() -> None:
    file = io.BytesIO(package({MAIN: body(paragraph("ja"))}))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr(MAIN, body(paragraph("nej")))
    assert fault(file.getvalue()) is Reason.READER_CRASHED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[: len(data) // 2], Reason.UNREADABLE_FILE),
        (lambda data: b"PK\x03\x04" + b"\0" * 200, Reason.UNREADABLE_FILE),
        (lambda data: b"not a zip at all", Reason.UNREADABLE_FILE),
        (lambda data: data.replace(b"word/document.xml", b"word/documents.ml"),
         Reason.UNREADABLE_FILE),
        (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
         + "EncryptedPackage".encode("utf-16-le"), Reason.LOCKED_FILE),
    ],
)  # fmt: skip
def test_a_broken_or_locked_file_is_said_to_be_so(change: object, reason: Reason) -> None:
    data = package({MAIN: body(paragraph("text"))})
    assert fault(change(data)) is reason  # type: ignore[operator]


@pytest.mark.parametrize("name", ["behov.rtf", "behov.doc"])
def test_other_word_processors_files_are_named_as_unsupported(name: str) -> None:
    data = {
        "behov.rtf": rb"{\rtf1 hej}",
        "behov.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
    }[name]
    assert fault(data, name) is Reason.UNSUPPORTED_FORMAT
