"""Form fields of a PDF: what they say; whether the page shows the same is found out elsewhere."""

import pikepdf

from services.intake.pages.page import PageFault
from services.intake.reading.measured import MOST_FIELD_NAME, MOST_NEED_TEXT
from shared.events import Reason

_MOST_FIELDS = 500


def form_values(document: pikepdf.Pdf) -> dict[int, dict[str, str]]:
    """Return page index → full field name → value; a check box's value is "on" or "off".

    A signed signature field has the value "signed". Names and values are cut: a small file can
    hold values of millions of characters, and all of this is handed on.
    """
    form = document.Root.get("/AcroForm")
    if form is None:
        return {}
    values: dict[int, dict[str, str]] = {}
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
            name, value = _field(widget)
            cut = value[: MOST_NEED_TEXT + 1]
            values.setdefault(index, {})[name[:MOST_FIELD_NAME]] = cut
    return values


def _field(widget: pikepdf.Dictionary) -> tuple[str, str]:
    names: list[str] = []
    kind: object = None
    value: object = None
    node: pikepdf.Object | None = widget
    for _ in range(20):  # a field's ancestors; a damaged file may go in circles
        if node is None:
            break
        if "/T" in node:
            names.append(str(node["/T"]))
        kind = kind if kind is not None else node.get("/FT")
        value = value if value is not None else node.get("/V")
        node = node.get("/Parent")
    name = ".".join(reversed(names))
    match str(kind):
        case "/Btn":
            state = widget.get("/AS", value)
            return name, "off" if state is None or str(state) == "/Off" else "on"
        case "/Sig":
            return name, "" if value is None else "signed"
        case _:
            return name, "" if value is None else str(value)
