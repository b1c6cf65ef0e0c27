"""The empty needs template: everything asked, in the template's words, in Word and as a PDF."""

import io

import pikepdf
import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn

from services.registry.forms.needs_template import TemplateKind, needs_template
from shared.needs import (
    INTRODUCTION,
    PLACEHOLDER,
    QUESTIONS,
    TEMPLATE,
    TITLE,
    NeedField,
    missing,
)

NAMES = {field.form_name for field in NeedField}


def test_the_pdf_is_one_page_with_a_field_for_each_question() -> None:
    with pikepdf.open(io.BytesIO(needs_template(TemplateKind.PDF))) as pdf:
        assert len(pdf.pages) == 1
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert set(fields) == NAMES
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "sv-SE"
        several = [question for question in QUESTIONS if question.lines > 1]
        multiline, no_scrolling = 1 << 12, 1 << 23
        for question in several:
            flags = int(fields[question.field.form_name].Ff)
            assert flags & multiline
            assert flags & no_scrolling
        assert "Behöver fyllas i" in str(fields["need.problem"].TU)


def test_the_pdf_says_every_word_of_the_template_and_where_to_send_it() -> None:
    document = pypdfium2.PdfDocument(needs_template(TemplateKind.PDF, "behov@skr.example"))
    text = " ".join(document[0].get_textpage().get_text_range().split())
    for question in QUESTIONS:
        assert question.label in text
        assert question.help in text
    assert TITLE in text
    assert INTRODUCTION in text
    assert "behov@skr.example" in text


def test_the_word_file_has_headings_and_a_tagged_control_for_each_question() -> None:
    document = Document(io.BytesIO(needs_template(TemplateKind.DOCX)))
    styles = {p.text: p.style.name for p in document.paragraphs if p.style is not None}
    assert styles[TITLE] == "Title"
    assert all(styles[part.heading] == "Heading 1" for part in TEMPLATE)
    assert styles["Vem berörs?"] == "Heading 2"
    controls = list(document.element.body.iter(qn("w:sdt")))
    tags = [c.find(qn("w:sdtPr")).find(qn("w:tag")).get(qn("w:val")) for c in controls]
    assert tags == [question.field.form_name for question in QUESTIONS]
    hints = ["".join(text.text for text in c.iter(qn("w:t"))) for c in controls]
    assert set(hints) == {PLACEHOLDER}
    assert all(c.find(qn("w:sdtPr")).find(qn("w:showingPlcHdr")) is not None for c in controls)


@pytest.mark.parametrize("kind", TemplateKind)
def test_the_same_address_gives_the_same_template(kind: TemplateKind) -> None:
    one, other = needs_template(kind), needs_template(kind)
    if kind is TemplateKind.PDF:
        assert one == other
    else:
        bodies = [Document(io.BytesIO(data)).element.xml for data in (one, other)]
        assert bodies[0] == bodies[1]


def test_what_is_missing_comes_in_the_order_of_the_template() -> None:
    filled = [NeedField.CONTACT_NAME, NeedField.PROBLEM, NeedField.BASIS]
    assert missing(filled) == (
        NeedField.TITLE,
        NeedField.AFFECTED,
        NeedField.EFFECT,
        NeedField.PROPOSER,
        NeedField.CONTACT_EMAIL,
    )
