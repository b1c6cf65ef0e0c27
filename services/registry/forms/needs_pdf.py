"""The needs template as a fillable, tagged PDF of one A4 page."""

from typing import Final

from services.registry.forms.page import Page
from shared.forms import Rect
from shared.needs import (
    INTRODUCTION,
    SUBTITLE,
    TEMPLATE,
    TITLE,
    Part,
    Question,
    closing,
)

_LEFT_MM: Final = 20.0
_RIGHT_MM: Final = 190.0
_MIDDLE_MM: Final = 107.0
_WIDTH_MM: Final = _RIGHT_MM - _LEFT_MM
_BORDER_MM: Final = 0.25
_TYPED_LINE_MM: Final = 4.3
_ONE_LINE_MM: Final = 7.0


def needs_pdf(return_address: str, author: str) -> bytes:
    """Return the template; the same address and author give the same bytes."""
    page = Page(210, 297, title=TITLE, author=author)
    y = _opening(page)
    for part in TEMPLATE[:-1]:
        for question in part.questions:
            y = _question(page, question, y)
    y = _proposer(page, TEMPLATE[-1], y + 2)
    _closing(page, return_address, y)
    return page.finish()


def _opening(page: Page) -> float:
    with page.element("P"):
        page.text(_LEFT_MM, 16, SUBTITLE, 9)
    with page.element("H1"):
        page.text(_LEFT_MM, 25.5, TITLE, 19, bold=True)
    lines, size = page.fitted(INTRODUCTION, _WIDTH_MM, ((8.5, 3),))
    with page.element("P"):
        page.lines(_LEFT_MM, 32, lines, size, 4.1)
    return 32 + 4.1 * len(lines) + 2


def _question(page: Page, question: Question, y: float) -> float:
    """Draw a question from `y` down; return where the next one begins."""
    with page.element("H2"):
        page.text(_LEFT_MM, y + 3, question.label, 9.5, bold=True)
    with page.element("P"):
        page.text(_LEFT_MM, y + 6.9, question.help, 8)
    top = y + 8.4
    height = _ONE_LINE_MM if question.lines == 1 else question.lines * _TYPED_LINE_MM + 2.2
    _box(page, question, Rect.spanning(_LEFT_MM, top, _RIGHT_MM, top + height))
    return top + height + 2.6


def _proposer(page: Page, part: Part, y: float) -> float:
    """The last part: short answers, two in a row."""
    with page.element("H2"):
        page.text(_LEFT_MM, y + 3, part.heading, 11, bold=True)
    top = y + 6
    for number, question in enumerate(part.questions):
        left, right = (_LEFT_MM, _MIDDLE_MM - 2) if number % 2 == 0 else (_MIDDLE_MM + 2, _RIGHT_MM)
        with page.element("P"):
            page.text(left, top + 3, question.label, 8.5, bold=True)
        _box(page, question, Rect.spanning(left, top + 4.4, right, top + 4.4 + _ONE_LINE_MM))
        if number % 2 == 1:
            top += 4.4 + _ONE_LINE_MM + 2.2
    return top


def _closing(page: Page, return_address: str, y: float) -> None:
    lines, size = page.fitted(closing(return_address), _WIDTH_MM, ((8.5, 3), (8, 3)))
    with page.element("P"):
        page.lines(_LEFT_MM, y + 3.6, lines, size, 4.1)


def _box(page: Page, question: Question, area: Rect) -> None:
    page.frame(area, _BORDER_MM)
    required = " Behöver fyllas i." if question.required else ""
    tooltip = f"{question.label} {question.help}".strip() + required
    page.text_field(question.field.form_name, tooltip, area.grown(-0.6), lines=question.lines)
