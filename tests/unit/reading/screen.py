"""Our form as a viewer saves it: filled in on the screen."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache

import pikepdf

from services.registry.forms.print import print_form
from shared.forms import Rect
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS, printed

POINTS_PER_MM = 72 / 25.4
PAGE_MM = 297.0


class Edited:
    """An open form; `data` are its bytes once it is saved."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self.data = b""

    def widget(self, name: str) -> pikepdf.Object:
        """Return the widget of the field with this name."""
        [found] = [one for one in self.pdf.pages[0].Annots if str(one.get("/T")) == name]
        return found

    def draw(self, content: bytes) -> None:
        """Draw on top of the page, in points from its lower left."""
        page = self.pdf.pages[0]
        page.contents_add(pikepdf.Stream(self.pdf, b"q\n" + content + b"\nQ"))

    def annotate(self, kind: str, area: Rect, look: bytes, **more: object) -> None:
        """Lay an annotation over the page; `look` is drawn in points from its lower left."""
        left, bottom, right, top = box_of(area)
        appearance = pikepdf.Stream(self.pdf, look)
        appearance.Type, appearance.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        appearance.BBox = pikepdf.Array([0, 0, right - left, top - bottom])
        annotation = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name("/" + kind),
            Rect=pikepdf.Array([left, bottom, right, top]),
            F=4,
            AP=pikepdf.Dictionary(N=appearance),
            **more,
        )
        page = self.pdf.pages[0].obj
        page.Annots = pikepdf.Array([*page.get("/Annots", ()), self.pdf.make_indirect(annotation)])


@contextmanager
def edited(data: bytes) -> Iterator[Edited]:
    """Open a PDF to change it; it is saved anew at the end."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        form = Edited(pdf)
        yield form
        file = io.BytesIO()
        pdf.save(file)
        form.data = file.getvalue()


def filled(
    values: Mapping[str, str],
    checked: tuple[str, ...] = (),
    *,
    render: bool = True,
    form: bytes | None = None,
) -> bytes:
    """Fill the form as a viewer does; without `render` the page keeps its old look."""
    with edited(printed() if form is None else form) as pdf:
        for name, value in values.items():
            widget = pdf.widget(name)
            widget.V = pikepdf.String(value)
            if render:
                shown = value.encode("latin-1")
                widget.AP.N.write(b"/Tx BMC q BT /Helv 11 Tf 0 g 2 5 Td (%s) Tj ET Q EMC" % shown)
        for name in checked:
            widget = pdf.widget(name)
            widget.V = widget.AS = pikepdf.Name.Yes
    return pdf.data


@cache
def printed_for_two() -> bytes:
    """Return our form, printed for two signatories."""
    return print_form(
        initiative=INITIATIVE,
        initiative_name="Kompetensgemenskaper",
        round_name="2024",
        last_answer_day=date(2024, 9, 30),
        options=OPTIONS,
        municipality=MUNICIPALITY,
        municipality_name="Umeå kommun",
        key=KEY,
        signatories=2,
    )


def box_of(area: Rect) -> tuple[float, float, float, float]:
    """Return a place on the form in points from the page's lower left: left, bottom, right, top."""
    return (
        area.left_mm * POINTS_PER_MM,
        (PAGE_MM - area.bottom_mm) * POINTS_PER_MM,
        area.right_mm * POINTS_PER_MM,
        (PAGE_MM - area.top_mm) * POINTS_PER_MM,
    )
