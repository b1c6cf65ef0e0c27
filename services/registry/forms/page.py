"""Drawing on one page in millimetres from the top left, as the template counts, with tags.

Black ink only, so that it survives copiers, fax and scanners set to black and white.
"""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import reportlab
import segno
from reportlab.lib.colors import black
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.registry.forms.tags import PdfRect, Tags
from shared.errors import UsageError
from shared.forms import CODE_MODULES, CodeArea, Rect

_POINTS_PER_MM = 72 / 25.4
_TEXT = "Vera"
_BOLD = "VeraBd"
_TYPED = "Helvetica"
_TYPED_POINTS = 11
_TYPED_POINTS_OF_SEVERAL = 10
_LINE_CHARS = 100

_BARE: dict[str, Any] = {
    "fillColor": None,
    "borderColor": None,
    "textColor": black,
    "borderWidth": 0,
}
"""A widget that shows nothing but its value: a tinted field would be printed as a raster."""


class DoesNotFit(UsageError):
    """A text has no room on the form, or a letter that its font does not have."""

    code = "does_not_fit"
    remedy = "Shorten or reword it."


class Page:
    """One page of a fillable PDF; what is drawn is also tagged, in the order it is drawn."""

    def __init__(self, width_mm: float, height_mm: float, *, title: str, author: str) -> None:
        self._height_mm = height_mm
        _register_fonts()
        self._file = io.BytesIO()
        self._canvas = Canvas(
            self._file,
            pagesize=(_points(width_mm), _points(height_mm)),
            invariant=1,
            lang="sv-SE",
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._tags = Tags(self._canvas)

    def finish(self) -> bytes:
        """Return the PDF."""
        self._canvas.showPage()
        self._canvas.save()
        return self._tags.tagged(self._file.getvalue())

    def element(self, role: str) -> AbstractContextManager[None]:
        """What is drawn meanwhile is one element of the text: `H1`, `H2`, `P`, `LI`."""
        return self._tags.element(role)

    # --- text --------------------------------------------------------------------------------

    def text(
        self, left_mm: float, baseline_mm: float, text: str, size: float, *, bold: bool = False
    ) -> None:
        """Write one line. Raises DoesNotFit for a letter that the font does not have."""
        font = _BOLD if bold else _TEXT
        face: Any = pdfmetrics.getFont(font)
        unknown = {letter for letter in text if ord(letter) not in face.face.charToGlyph}
        if unknown:
            raise DoesNotFit(f"{' '.join(sorted(unknown))} cannot be printed, in: {text}")
        self._canvas.setFont(font, size)
        self._canvas.drawString(_points(left_mm), self._y(baseline_mm), text)

    def lines(
        self,
        left_mm: float,
        first_baseline_mm: float,
        lines: Sequence[str],
        size: float,
        leading_mm: float,
        *,
        bold: bool = False,
    ) -> None:
        """Write several lines of one text."""
        for row, line in enumerate(lines):
            # A word read aloud must not run into the first of the next line.
            space = " " if row < len(lines) - 1 else ""
            baseline = first_baseline_mm + row * leading_mm
            self.text(left_mm, baseline, line + space, size, bold=bold)

    def fitted(
        self,
        text: str,
        width_mm: float,
        sizes: Sequence[tuple[float, int]],
        *,
        bold: bool = False,
    ) -> tuple[list[str], float]:
        """Return the lines of `text` and their size: the first of `sizes` (points, most lines)
        in which it fits. Raises DoesNotFit."""
        font = _BOLD if bold else _TEXT
        for size, most_lines in sizes:
            lines = simpleSplit(text, font, size, _points(width_mm))
            widest = max(pdfmetrics.stringWidth(line, font, size) for line in lines)
            if len(lines) <= most_lines and widest <= _points(width_mm):
                return lines, size
        raise DoesNotFit(f"Too long for the form: {text}")

    def balanced(self, text: str, lines: Sequence[str], size: float) -> tuple[list[str], float]:
        """Return `text` in as many lines, as equally long as can be, and how wide it is in mm."""
        best = list(lines)
        width = self.width_mm(best, size)
        while len(lines) > 1:
            narrower = simpleSplit(text, _TEXT, size, _points(width - 1))
            if len(narrower) > len(lines) or self.width_mm(narrower, size) >= width:
                break
            best, width = narrower, self.width_mm(narrower, size)
        return best, width

    def width_mm(self, lines: Sequence[str], size: float, *, bold: bool = False) -> float:
        """Return how wide the longest of the lines is."""
        font = _BOLD if bold else _TEXT
        return max(pdfmetrics.stringWidth(line, font, size) for line in lines) / _POINTS_PER_MM

    # --- shapes ------------------------------------------------------------------------------

    def rule(self, left_mm: float, right_mm: float, y_mm: float, line_mm: float) -> None:
        """Draw a line across."""
        with self._tags.decoration():
            self._canvas.setLineWidth(_points(line_mm))
            y = self._y(y_mm)
            self._canvas.line(_points(left_mm), y, _points(right_mm), y)

    def frame(self, area: Rect, line_mm: float) -> None:
        """Draw a rectangle's border, centred on its edges."""
        with self._tags.decoration():
            self._canvas.setLineWidth(_points(line_mm))
            self._canvas.rect(*self._pdf_rect(area), stroke=1, fill=0)

    def square(self, area: Rect) -> None:
        """Draw a rectangle of solid black."""
        with self._tags.decoration():
            self._canvas.rect(*self._pdf_rect(area), stroke=0, fill=1)

    def code(self, area: CodeArea, text: str, alternative: str) -> None:
        """Draw a QR code of version 3, level Q. Raises ValueError if the text does not fit."""
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
        x, y0, width, height = self._pdf_rect(area.symbol)
        bounds: PdfRect = (x, y0, x + width, y0 + height)
        with self._tags.element("Figure", alternative=alternative, bounds=bounds):
            self._canvas.drawPath(path, stroke=0, fill=1)

    # --- form fields -------------------------------------------------------------------------

    def text_field(
        self, name: str, tooltip: str, area: Rect, *, read_only: bool = False, lines: int = 1
    ) -> None:
        """Put an AcroForm text field; the tooltip is what a screen reader says.

        One of several `lines` takes no more than it has room for: nothing is hidden in print.
        """
        self._tags.field(name)
        x, y, width, height = self._pdf_rect(area)
        place: dict[str, Any] = {"x": x, "y": y, "width": width, "height": height}
        flags = ["readOnly"] if read_only else []
        flags += ["multiline", "doNotScroll"] if lines > 1 else []
        self._canvas.acroForm.textfield(
            name=name,
            tooltip=tooltip,
            fontName=_TYPED,
            fontSize=_TYPED_POINTS if lines == 1 else _TYPED_POINTS_OF_SEVERAL,
            fieldFlags=" ".join(flags),
            maxlen=_LINE_CHARS * lines,
            **place,
            **_BARE,
        )

    def check_box(self, name: str, tooltip: str, area: Rect) -> None:
        """Put an AcroForm check box that is crossed when chosen."""
        self._tags.field(name)
        x, y, side, _ = self._pdf_rect(area)
        place: dict[str, Any] = {"x": x, "y": y, "size": side}
        self._canvas.acroForm.checkbox(
            name=name,
            tooltip=tooltip,
            buttonStyle="cross",
            fieldFlags="",
            **place,
            **_BARE,
        )

    def _pdf_rect(self, area: Rect) -> PdfRect:
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
