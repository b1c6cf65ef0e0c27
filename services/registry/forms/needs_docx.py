"""The needs template as a Word file: headings, and a content control in a box below each.

The only importer of python-docx. It makes no content controls by itself; they are plain text with
a tag, so that an answer is found whatever somebody does to the words around it.
"""

import io
from datetime import UTC, datetime
from typing import Any, Final

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell, _Row

from shared.needs import (
    INTRODUCTION,
    PLACEHOLDER,
    SUBTITLE,
    TEMPLATE,
    TITLE,
    Part,
    Question,
    closing,
)

_FONT: Final = "Calibri"
_HELP: Final = "Hjälptext"
_PLACEHOLDER: Final = "Placeholder Text"
_INK: Final = RGBColor(0x1A, 0x1A, 0x1A)
_SOFT: Final = RGBColor(0x59, 0x59, 0x59)
_LABEL_WIDTH: Final = Cm(5.6)
_ANSWER_WIDTH: Final = Cm(11.0)
_LINE_CM: Final = 0.5
_PADDING_TWIPS: Final = 85
"""1.5 mm."""

_MADE: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""In the file's properties: the same address gives the same words, whenever it is printed."""


def needs_docx(return_address: str, author: str) -> bytes:
    """Return the template."""
    document = Document()
    _page(document)
    _styles(document.styles)
    document.core_properties.title = TITLE
    document.core_properties.author = author
    document.core_properties.language = "sv-SE"
    document.core_properties.comments = ""
    document.core_properties.created = document.core_properties.modified = _MADE
    document.add_paragraph(SUBTITLE, _HELP)
    document.add_paragraph(TITLE, "Title")
    document.add_paragraph(INTRODUCTION)
    for part in TEMPLATE[:-1]:
        document.add_paragraph(part.heading, "Heading 1")
        for question in part.questions:
            _question(document, question)
    _proposer(document, TEMPLATE[-1])
    last = document.add_paragraph(closing(return_address))
    last.paragraph_format.space_before = Pt(12)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _page(document: Any) -> None:
    [section] = document.sections
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(1.8)


def _styles(styles: Any) -> None:
    for name, points, before, after in (
        ("Normal", 11.0, 0, 4),
        ("Title", 24.0, 0, 6),
        ("Heading 1", 15.0, 14, 2),
        ("Heading 2", 11.5, 10, 0),
    ):
        _style(styles[name], points, before, after, _INK)
    styles["Heading 1"].paragraph_format.keep_with_next = True
    help_style = styles.add_style(_HELP, WD_STYLE_TYPE.PARAGRAPH)
    help_style.base_style = styles["Normal"]
    _style(help_style, 10.0, 0, 3, _SOFT)
    help_style.paragraph_format.keep_with_next = True
    placeholder = styles.add_style(_PLACEHOLDER, WD_STYLE_TYPE.CHARACTER)
    placeholder.font.color.rgb = _SOFT
    border = styles["Title"].element.find(f".//{qn('w:pBdr')}")
    if border is not None:
        border.getparent().remove(border)


def _style(style: Any, points: float, before: int, after: int, colour: RGBColor) -> None:
    style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(points), colour
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    properties = style.element.get_or_add_rPr()
    fonts = properties.rFonts
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    fonts.set(qn("w:hAnsi"), _FONT)
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    language.set(qn("w:val"), "sv-SE")


def _question(document: Any, question: Question) -> None:
    document.add_paragraph(question.label, "Heading 2")
    document.add_paragraph(question.help, _HELP)
    table = document.add_table(rows=1, cols=1, style="Table Grid")
    _padded(table)
    row = table.rows[0]
    row.height_rule = WD_ROW_HEIGHT_RULE.AT_LEAST
    row.height = Cm(_LINE_CM * question.lines + 0.2)
    _keep_whole(row)
    _control(row.cells[0], question, number=_number(question))


def _proposer(document: Any, part: Part) -> None:
    """The last part: short answers beside their labels."""
    document.add_paragraph(part.heading, "Heading 1")
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit = False
    _padded(table)
    for question in part.questions:
        row = table.add_row()
        _keep_whole(row)
        label, answer = row.cells
        label.width, answer.width = _LABEL_WIDTH, _ANSWER_WIDTH
        label.paragraphs[0].add_run(question.label).bold = True
        _control(answer, question, number=_number(question))


def _number(question: Question) -> int:
    asked = [one.field for part in TEMPLATE for one in part.questions]
    return 1000 + asked.index(question.field)


def _padded(table: Table) -> None:
    """Room around the words of a box, whose border stands in line with the text around it."""
    properties = table._tbl.tblPr
    indent = _measured("w:tblInd", _PADDING_TWIPS)
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:top", "w:left", "w:bottom", "w:right"):
        margins.append(_measured(side, _PADDING_TWIPS))
    # In the order that the schema wants (17.4.60): the look of the table comes last.
    look = properties.find(qn("w:tblLook"))
    for one in (indent, margins):
        look.addprevious(one) if look is not None else properties.append(one)


def _measured(name: str, twips: int) -> Any:
    element = OxmlElement(name)
    element.set(qn("w:w"), str(twips))
    element.set(qn("w:type"), "dxa")
    return element


def _keep_whole(row: _Row) -> None:
    """A box is not torn apart at the end of a page."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))


def _control(cell: _Cell, question: Question, *, number: int) -> None:
    """Put an empty content control in a cell (ISO/IEC 29500-1, 17.5.2)."""
    control = OxmlElement("w:sdt")
    properties = OxmlElement("w:sdtPr")
    for name, value in (
        ("w:alias", question.label[:64]),
        ("w:tag", question.field.form_name),
        ("w:id", str(number)),
        ("w:lock", "sdtLocked"),
        ("w:showingPlcHdr", None),
        ("w:text", None),
    ):
        one = OxmlElement(name)
        if value is not None:
            one.set(qn("w:val"), value)
        if name == "w:text" and question.lines > 1:
            one.set(qn("w:multiLine"), "1")
        properties.append(one)
    content = OxmlElement("w:sdtContent")
    paragraph = cell.paragraphs[0]
    hint = paragraph.add_run(PLACEHOLDER, style=_PLACEHOLDER)
    content.append(hint._r)
    control.append(properties)
    control.append(content)
    paragraph._p.append(control)
