"""What a page says to those who do not see it: the structure tree of a tagged PDF.

The drawing library writes no structure tree; `Tags` notes what is drawn while it is drawn, and
`tagged` writes the tree afterwards (ISO 32000-1, 14.7 and 14.8). No conformance to PDF/UA is
claimed: nothing here checks it, and the fields' own font is the viewer's, not embedded.
The only importer of pikepdf in the registry.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

PdfRect = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Element:
    """One element in reading order: marked content, or the form field of this name."""

    role: str
    content: int | None = None
    field: str = ""
    alternative: str = ""
    bounds: PdfRect | None = None


class Tags:
    """Notes, in reading order, what is drawn on one page."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._elements: list[_Element] = []
        self._contents = 0

    @contextmanager
    def element(
        self, role: str, *, alternative: str = "", bounds: PdfRect | None = None
    ) -> Iterator[None]:
        """What is drawn meanwhile is one element, such as `H2`, `P` or `Figure`.

        `alternative` says a picture in words; `bounds` is left, bottom, right, top in points.
        """
        number = self._contents
        self._contents += 1
        self._elements.append(_Element(role, number, "", alternative, bounds))
        self._canvas.addLiteral(f"/{role} <</MCID {number}>> BDC")
        yield
        self._canvas.addLiteral("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """What is drawn meanwhile says nothing: a rule, a frame."""
        self._canvas.addLiteral("/Artifact BMC")
        yield
        self._canvas.addLiteral("EMC")

    def field(self, name: str) -> None:
        """The form field of this name comes here."""
        self._elements.append(_Element("Form", field=name))

    def tagged(self, pdf: bytes) -> bytes:
        """Return the finished PDF with its structure tree. The same input, the same bytes."""
        with pikepdf.open(io.BytesIO(pdf)) as document:
            self._write(document)
            with document.open_metadata(
                set_pikepdf_as_editor=False, update_docinfo=False
            ) as metadata:
                metadata["dc:title"] = str(document.docinfo["/Title"])
                metadata["dc:language"] = [str(document.Root.Lang)]
            file = io.BytesIO()
            document.save(file, min_version="1.7", deterministic_id=True)
        return file.getvalue()

    def _write(self, document: pikepdf.Pdf) -> None:
        page = document.pages[0].obj
        widgets = {str(widget["/T"]): widget for widget in page.Annots}
        root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        whole = document.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=Array())
        )
        contents = Array()
        parents = Array([0, contents])
        for element in self._elements:
            made = document.make_indirect(_made(element, whole, page))
            whole.K.append(made)
            if element.content is not None:
                made.K = element.content
                contents.append(made)
            else:
                widget = widgets[element.field]
                made.K = Dictionary(Type=Name.OBJR, Obj=widget, Pg=page)
                widget.StructParent = len(parents) // 2
                parents.extend(Array([widget.StructParent, made]))
        page.StructParents = 0
        page.Tabs = Name.S
        root.K = whole
        root.ParentTree = document.make_indirect(Dictionary(Nums=parents))
        root.ParentTreeNextKey = len(parents) // 2
        document.Root.StructTreeRoot = root
        document.Root.MarkInfo = Dictionary(Marked=True)


def _made(element: _Element, whole: Any, page: Any) -> Dictionary:
    made = Dictionary(Type=Name.StructElem, S=Name("/" + element.role), P=whole, Pg=page)
    if element.alternative:
        made.Alt = String(element.alternative)
    if element.bounds is not None:
        made.A = Dictionary(O=Name.Layout, BBox=Array(list(element.bounds)))
    return made
