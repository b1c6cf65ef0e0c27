"""Our answer form for one municipality and one initiative, as a fillable PDF of one A4 page.

What stands where is decided in `shared/forms.py`, which the reader measures by; this module only
draws it. Black ink only, so that it survives copiers, fax and scanners set to black and white.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import reportlab
import segno
from babel.dates import format_date
from reportlab.lib.colors import black
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from shared.form_code import FormCode, options_mark, sign
from shared.forms import CODE_MODULES, Box, CodeArea, FormTemplate, Rect, TextField
from shared.identifiers import InitiativeId, MunicipalityCode, OptionKey
from shared.own_form import LEFT_MM, RIGHT_MM, own_form

_POINTS_PER_MM = 72 / 25.4
_TEXT = "Vera"
_BOLD = "VeraBd"
_TYPED = "Helvetica"
_TYPED_POINTS = 11
_LINE_MM = 0.25

_BARE: dict[str, Any] = {
    "fillColor": None,
    "borderColor": None,
    "textColor": black,
    "borderWidth": 0,
}
"""A widget that shows nothing but its value: a tinted field would be printed as a raster."""

_CAPTIONS = {
    "signatory.name": "Namnförtydligande",
    "signatory.title": "Befattning",
    "place_date": "Ort och datum",
    "contact.name": "Namn",
    "contact.email": "E-postadress",
    "contact.phone": "Telefon",
    "their_reference": "Ert diarienummer (om ni har ett)",
}


def print_form(
    *,
    initiative: InitiativeId,
    initiative_name: str,
    round_name: str,
    last_answer_day: date,
    options: Mapping[OptionKey, str],
    municipality: MunicipalityCode,
    municipality_name: str,
    key: bytes,
    return_address: str = "registratur@skr.se",
) -> bytes:
    """Return the form as a PDF. `options` are key → label in the order to print them.

    The same input gives the same bytes. Raises ValueError if the options or the initiative's
    name do not fit on the form.
    """
    template = own_form(tuple(options))
    code = FormCode(
        initiative=initiative,
        municipality=municipality,
        version=template.version,
        page=1,
        options=options_mark(tuple(options)),
    )
    last_day = format_date(last_answer_day, format="d MMMM y", locale="sv_SE")
    file = io.BytesIO()
    page = _Page(file, template, title=f"Svarsformulär – {initiative_name} – {municipality_name}")
    page.registration(sign(code, key))
    page.heading(initiative_name, round_name)
    page.addressee(municipality_name, municipality, last_day)
    page.instruction(return_address, last_day)
    page.answer(options)
    page.signature()
    page.contact()
    page.sending(return_address, last_day)
    page.finish()
    return file.getvalue()


class _Page:
    """A canvas that counts in millimetres from the top left, as the template does."""

    def __init__(self, file: io.BytesIO, template: FormTemplate, title: str) -> None:
        self._template = template
        self._height_mm = template.page_height_mm
        _register_fonts()
        self._canvas = Canvas(
            file,
            pagesize=(_points(template.page_width_mm), _points(template.page_height_mm)),
            invariant=1,
            lang="sv-SE",
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor("Handslag för digitalisering")
        self._canvas.setViewerPreference("DisplayDocTitle", "true")

    def finish(self) -> None:
        self._canvas.showPage()
        self._canvas.save()

    # --- the parts of the form ---------------------------------------------------------------

    def registration(self, code_text: str) -> None:
        """The corner marks and the two codes."""
        for mark in self._template.corner_marks:
            self._rect(mark, fill=True)
        for area in self._template.codes:
            self._code(area, code_text)

    def heading(self, initiative_name: str, round_name: str) -> None:
        self._text(LEFT_MM, 16.5, f"Handslag för digitalisering · omgång {round_name}", 9)
        self._text(LEFT_MM, 26.5, "Svarsformulär", 21, bold=True)
        lines = self._fitted(initiative_name, 130, sizes=(13, 11, 9), most_lines=2)
        for row, (line, size) in enumerate(lines):
            self._text(LEFT_MM, 35 + row * 5.5, line, size, bold=True)

    def addressee(self, name: str, code: str, last_day: str) -> None:
        self._rule(45.2)
        self._text(LEFT_MM, 50, "Kommun", 8)
        lines = self._fitted(name, 85, sizes=(13, 11, 9), most_lines=1)
        self._text(LEFT_MM, 57.5, lines[0][0], lines[0][1], bold=True)
        self._text(113, 50, "Kommunkod", 8)
        self._text(113, 57.5, code, 13, bold=True)
        self._text(145, 50, "Sista svarsdag", 8)
        self._text(145, 57.5, last_day, 11, bold=True)
        self._rule(61.6)

    def instruction(self, return_address: str, last_day: str) -> None:
        self._paragraph(
            67.5,
            "Med det här formuläret svarar kommunen på erbjudandet om att ansluta sig till "
            "initiativet. Kommunen lämnar ett svar per initiativ. Fyll i för hand eller på "
            "skärmen, skriv ut, skriv under och skanna. Mejla sedan det skannade formuläret "
            f"till {return_address} senast den {last_day}.",
            width_mm=RIGHT_MM - LEFT_MM,
            size=9,
            leading_mm=4.6,
        )

    def answer(self, options: Mapping[OptionKey, str]) -> None:
        self._text(LEFT_MM, 89, "Kommunens svar", 13, bold=True)
        self._text(72, 89, "Sätt ett kryss i en av rutorna.", 9)
        for box in self._template.boxes:
            self._option(box, options[box.option])

    def signature(self) -> None:
        [signature] = self._template.signatures
        box = signature.area
        top = box.top_mm
        self._text(LEFT_MM, top - 2.6, "Underskrift", 13, bold=True)
        self._text(72, top - 2.6, "Den som får skriva under för kommunen undertecknar i rutan.", 9)
        self._rect(box, line_mm=0.35)
        self._canvas.acroForm.textfield(
            name=signature.name,
            tooltip="Underskrift. Skriv under för hand på utskriften.",
            fieldFlags="readOnly",
            **self._widget(box),
        )
        for name in ("signatory.name", "signatory.title", "place_date"):
            self._field(self._template.field(name))

    def contact(self) -> None:
        first = self._template.field("contact.name")
        self._text(LEFT_MM, first.caption.top_mm - 3.2, "Kontaktperson", 13, bold=True)
        self._text(72, first.caption.top_mm - 3.2, "Den som vi kan vända oss till om svaret.", 9)
        for name in ("contact.name", "contact.email", "contact.phone", "their_reference"):
            self._field(self._template.field(name))

    def sending(self, return_address: str, last_day: str) -> None:
        self._text(58, 255.5, "Så skickar ni in svaret", 10, bold=True)
        steps = (
            "1. Skriv ut och skriv under.",
            "2. Skanna hela sidan, även hörnen.",
            f"3. Mejla till {return_address}.",
            f"4. Gör det senast den {last_day}.",
            "Ni får en bekräftelse med e-post.",
        )
        for row, step in enumerate(steps):
            self._text(58, 261.5 + row * 5, step, 7.5)
        stamp = self._template.stamp
        assert stamp is not None
        self._text(stamp.left_mm, stamp.top_mm - 1.4, "Plats för kommunens stämpel", 8)
        self._rect(stamp, line_mm=0.2)

    # --- drawing -----------------------------------------------------------------------------

    def _code(self, area: CodeArea, text: str) -> None:
        qr = segno.make(text, version=3, error="Q", mode="alphanumeric", boost_error=False)
        rows = [bytes(row) for row in qr.matrix]
        if len(rows) != CODE_MODULES:
            raise ValueError("the code does not fit in a QR code of version 3")
        path = self._canvas.beginPath()
        side = area.module_mm
        for y, row in enumerate(rows):
            for left, right in _dark_runs(row):
                run = Rect.spanning(
                    area.symbol.left_mm + left * side,
                    area.symbol.top_mm + y * side,
                    area.symbol.left_mm + right * side,
                    area.symbol.top_mm + (y + 1) * side,
                )
                path.rect(*self._pdf_rect(run))
        self._canvas.drawPath(path, stroke=0, fill=1)

    def _option(self, box: Box, label: str) -> None:
        # The border is drawn on the page too: some viewers do not print a widget's own border.
        border = self._template.box_border_mm
        self._rect(box.area.grown(-border / 2), line_mm=border)
        self._canvas.acroForm.checkbox(
            name=f"answer.{box.option}",
            tooltip=label,
            buttonStyle="cross",
            fieldFlags="",
            **self._check_box(box.area),
        )
        lines = self._fitted(label, box.label.width_mm - 3, sizes=(12, 11, 10, 9), most_lines=2)
        middle = box.label.centre_mm[1]
        leading_mm = 4.2
        for row, (line, size) in enumerate(lines):
            baseline = middle + 1.4 + (row - (len(lines) - 1) / 2) * leading_mm
            self._text(box.label.left_mm + 1, baseline, line, size)

    def _field(self, field: TextField) -> None:
        caption = _CAPTIONS[field.name]
        self._text(field.caption.left_mm, field.caption.bottom_mm - 0.4, caption, 7.5)
        area = field.area
        baseline = area.bottom_mm
        self._canvas.setLineWidth(_points(_LINE_MM))
        self._canvas.line(
            _points(area.left_mm), self._y(baseline), _points(area.right_mm), self._y(baseline)
        )
        self._canvas.acroForm.textfield(
            name=field.name,
            tooltip=caption,
            fontName=_TYPED,
            fontSize=_TYPED_POINTS,
            **self._widget(area),
        )

    def _widget(self, area: Rect) -> dict[str, Any]:
        x, y, width, height = self._pdf_rect(area)
        return {**_BARE, "x": x, "y": y, "width": width, "height": height}

    def _check_box(self, area: Rect) -> dict[str, Any]:
        x, y, side, _ = self._pdf_rect(area)
        return {**_BARE, "x": x, "y": y, "size": side}

    def _text(
        self, left_mm: float, baseline_mm: float, text: str, size: float, *, bold: bool = False
    ) -> None:
        self._canvas.setFont(_BOLD if bold else _TEXT, size)
        self._canvas.drawString(_points(left_mm), self._y(baseline_mm), text)

    def _paragraph(
        self,
        first_baseline_mm: float,
        text: str,
        *,
        width_mm: float,
        size: float,
        leading_mm: float,
    ) -> None:
        for row, line in enumerate(simpleSplit(text, _TEXT, size, _points(width_mm))):
            self._text(LEFT_MM, first_baseline_mm + row * leading_mm, line, size)

    def _fitted(
        self, text: str, width_mm: float, *, sizes: Sequence[float], most_lines: int
    ) -> list[tuple[str, float]]:
        """Return the lines of `text` in the largest size that fits. Raises ValueError."""
        for lines_allowed in range(1, most_lines + 1):
            for size in sizes:
                lines = simpleSplit(text, _BOLD, size, _points(width_mm))
                if len(lines) <= lines_allowed and (lines_allowed == 1 or size <= sizes[-2]):
                    return [(line, size) for line in lines]
        raise ValueError(f"too long for the form: {text!r}")

    def _rule(self, y_mm: float) -> None:
        self._canvas.setLineWidth(_points(_LINE_MM))
        y = self._y(y_mm)
        self._canvas.line(_points(LEFT_MM), y, _points(RIGHT_MM), y)

    def _rect(self, area: Rect, *, line_mm: float = 0.0, fill: bool = False) -> None:
        self._canvas.setLineWidth(_points(line_mm))
        self._canvas.rect(*self._pdf_rect(area), stroke=0 if fill else 1, fill=1 if fill else 0)

    def _pdf_rect(self, area: Rect) -> tuple[float, float, float, float]:
        return (
            _points(area.left_mm),
            self._y(area.bottom_mm),
            _points(area.width_mm),
            _points(area.height_mm),
        )

    def _y(self, from_top_mm: float) -> float:
        return _points(self._height_mm - from_top_mm)


def _points(mm: float) -> float:
    return mm * _POINTS_PER_MM


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """Return the dark stretches of one row of modules as (first, one past the last)."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and runs[-1][1] == x:
            runs[-1] = (runs[-1][0], x + 1)
        elif dark:
            runs.append((x, x + 1))
    return runs


def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (_TEXT, _BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
