"""Form fields of a PDF: what they say; whether the page shows the same is found out elsewhere."""

from collections.abc import Iterator

import pikepdf

from services.intake.pages.page import PageFault
from services.intake.reading.measured import MOST_FIELD_NAME, MOST_NEED_TEXT
from shared.events import Reason

_MOST_FIELDS = 500
_SIGNATURE = "/Sig"


def form_values(document: pikepdf.Pdf) -> dict[int, dict[str, str]]:
    """Return page index → full field name → value; a check box's value is "on" or "off".

    Where one page has a field twice and they differ, both values are given, joined. Fields to sign
    in are left out. Names and values are cut: a small file can hold values of millions of
    characters, and all of this is handed on. Raises PageFault.
    """
    values: dict[int, dict[str, str]] = {}
    for index, widget in _widgets(document):
        name, kind, value = _field(widget)
        if kind == _SIGNATURE:
            continue
        said = _said(widget, kind, value)
        on_page = values.setdefault(index, {})
        key = name[:MOST_FIELD_NAME]
        if on_page.get(key, said) != said:
            said = f"{on_page[key]} | {said}"
        on_page[key] = said[: MOST_NEED_TEXT + 1]
    return values


def signed_fields(document: pikepdf.Pdf) -> int:
    """Return how many of the fields to sign in hold a signature. Raises PageFault.

    Time stamps, which are kept in such fields too, do not count.
    """
    found = [
        value
        for _, widget in _widgets(document)
        for _, kind, value in [_field(widget)]
        if kind == _SIGNATURE and value is not None
    ]
    return sum(
        not (isinstance(value, pikepdf.Dictionary) and value.get("/Type") == "/DocTimeStamp")
        for value in found
    )


def _widgets(document: pikepdf.Pdf) -> Iterator[tuple[int, pikepdf.Dictionary]]:
    """Yield what fields show on the pages, with the page's index."""
    if document.Root.get("/AcroForm") is None:
        return
    seen = 0
    for index, page in enumerate(document.pages):
        annotations = page.obj.get("/Annots")
        if not isinstance(annotations, pikepdf.Array):
            continue
        for widget in annotations:
            if not isinstance(widget, pikepdf.Dictionary) or widget.get("/Subtype") != "/Widget":
                continue
            seen += 1
            if seen > _MOST_FIELDS:
                raise PageFault(Reason.TOO_LARGE, "more form fields than any form has")
            yield index, widget


def _field(widget: pikepdf.Dictionary) -> tuple[str, str, pikepdf.Object | None]:
    """Return a field's full name, its type such as `/Tx`, and its value."""
    names: list[str] = []
    kind: object = None
    value: pikepdf.Object | None = None
    node: pikepdf.Object | None = widget
    for _ in range(20):  # a field's ancestors; a damaged file may go in circles
        if node is None:
            break
        if "/T" in node:
            names.append(str(node["/T"]))
        kind = kind if kind is not None else node.get("/FT")
        value = value if value is not None else node.get("/V")
        node = node.get("/Parent")
    return ".".join(reversed(names)), str(kind), value


def _said(widget: pikepdf.Dictionary, kind: str, value: pikepdf.Object | None) -> str:
    if kind == "/Btn":
        state = widget.get("/AS", value)
        return "off" if state is None or str(state) == "/Off" else "on"
    return "" if value is None else str(value)
