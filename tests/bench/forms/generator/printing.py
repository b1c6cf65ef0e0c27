"""What printers and stamps put on paper: typed text in the fonts of a PDF viewer, stamps, dates.

Drawn with ReportLab and rendered by pdfium, so that the letters are those of real documents.
"""

import io
from collections.abc import Callable
from math import cos, pi, sin
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from shared.forms import Rect
from tests.bench.forms.generator.pen import DPI, Layer

_POINTS = 72 / 25.4
_WIDTH_MM, _HEIGHT_MM = 210.0, 297.0
TYPED = (
    "Helvetica", "Helvetica", "Times-Roman", "Courier", "Vera", "Helvetica-Bold", "Times-Italic",
)  # fmt: skip
"""Fonts of typed contact data, as often as they are listed."""


def render(pdf: bytes) -> Layer:
    """Return the first page of a PDF as a printer draws it: 300 dpi, 8-bit grey."""
    document = pdfium.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=DPI / 72, grayscale=True, may_draw_forms=True)
        return np.ascontiguousarray(picture.to_numpy().reshape(picture.height, picture.width))
    finally:
        document.close()


class Overlay:
    """A transparent page to print on, counted in millimetres from the top left."""

    def __init__(self) -> None:
        if "Vera" not in pdfmetrics.getRegisteredFontNames():
            folder = Path(reportlab.__file__).parent / "fonts"
            pdfmetrics.registerFont(TTFont("Vera", str(folder / "Vera.ttf")))
        self._file = io.BytesIO()
        size = (_WIDTH_MM * _POINTS, _HEIGHT_MM * _POINTS)
        self.canvas = Canvas(self._file, pagesize=size, invariant=1)

    def text(self, text: str, left_mm: float, line_mm: float, *, font: str, points: float) -> float:
        """Print a line and return where it ends."""
        self.canvas.setFont(font, points)
        self.canvas.drawString(left_mm * _POINTS, (_HEIGHT_MM - line_mm) * _POINTS, text)
        return left_mm + pdfmetrics.stringWidth(text, font, points) / _POINTS

    def rule(self, left_mm: float, at_mm: float, right_mm: float, width_mm: float = 0.35) -> None:
        self.canvas.setLineWidth(width_mm * _POINTS)
        y = (_HEIGHT_MM - at_mm) * _POINTS
        self.canvas.line(left_mm * _POINTS, y, right_mm * _POINTS, y)

    def turned(
        self, centre_mm: tuple[float, float], degrees: float, draw: Callable[[Canvas], None]
    ) -> None:
        """Let `draw` work around the origin, in points, turned, at this place."""
        self.canvas.saveState()
        self.canvas.translate(centre_mm[0] * _POINTS, (_HEIGHT_MM - centre_mm[1]) * _POINTS)
        self.canvas.rotate(degrees)
        draw(self.canvas)
        self.canvas.restoreState()

    def layer(self) -> Layer:
        """Return the ink, 255 where it is."""
        self.canvas.showPage()
        self.canvas.save()
        return 255 - render(self._file.getvalue())


def round_stamp(canvas: Canvas, radius_mm: float, around: str, middle: str) -> None:
    """A municipality's stamp: two rings, its name between them, a coat of arms or a word inside."""
    radius = radius_mm * _POINTS
    canvas.setLineWidth(0.6 * _POINTS)
    canvas.circle(0, 0, radius, fill=0)
    canvas.setLineWidth(0.3 * _POINTS)
    canvas.circle(0, 0, radius * 0.72, fill=0)
    size = radius * 0.2
    canvas.setFont("Helvetica-Bold", size)
    step = 2 * pi / (len(around) + 2)
    for index, letter in enumerate(around):
        angle = pi / 2 - (index + 1) * step
        canvas.saveState()
        canvas.translate(cos(angle) * radius * 0.79, sin(angle) * radius * 0.79)
        canvas.rotate(angle * 180 / pi - 90)
        canvas.drawCentredString(0, 0, letter)
        canvas.restoreState()
    canvas.setFont("Times-Roman", size * 1.1)
    canvas.drawCentredString(0, -size / 3, middle)


def date_stamp(canvas: Canvas, width_mm: float, lines: tuple[str, ...], *, frame: bool) -> None:
    """A registry's stamp: words and a date, mostly within a frame."""
    width, height = width_mm * _POINTS, (6 + 6 * len(lines)) * _POINTS
    if frame:
        canvas.setLineWidth(0.5 * _POINTS)
        canvas.roundRect(-width / 2, -height / 2, width, height, 2 * _POINTS, fill=0)
    for index, line in enumerate(lines):
        canvas.setFont("Helvetica-Bold" if index == 0 else "Courier-Bold", 3.6 * _POINTS)
        canvas.drawCentredString(0, height / 2 - (6.5 + 6 * index) * _POINTS, line)


def typed_name(overlay: Overlay, box: Rect, name: str, random: np.random.Generator) -> str:
    """Type a name where a signature belongs; returns how, in a word or two."""
    font = str(random.choice([*TYPED, "Times-BoldItalic"]))
    points = float(random.choice([10, 11, 12, 14, 16, 20, 24]))
    x = box.left_mm + float(random.uniform(3, 12))
    y = box.centre_mm[1] + float(random.uniform(-3, 6))
    end = overlay.text(name, x, y, font=font, points=points)
    underlined = bool(random.random() < 0.25)
    if underlined:
        overlay.rule(x, y + 0.12 * points / _POINTS, end)
    return f"{font} {points:.0f}{' underlined' if underlined else ''}"
