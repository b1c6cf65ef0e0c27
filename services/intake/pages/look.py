"""What may make a PDF's page look otherwise to somebody else than in our rendering.

Layers that are shown or hidden, scripts, a second form in XML, notes and stamps laid over the page,
fields whose state and look can part ways, small pictures pasted on a scan. Our own form has none of
these, and neither has a scanner's file. Nothing is judged here.
"""

from collections.abc import Iterator

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from services.intake.reading.measured import Peculiarity

_INVISIBLE_TEXT = 3
_HARMLESS_ACTIONS = frozenset({"/GoTo", "/GoToR", "/Named", "/URI"})
_DRAWING_NOTHING = frozenset({"/Widget", "/Link", "/Popup"})
_MOST_ANNOTATIONS = 2_000
_MOST_OBJECTS = 50_000
_MOST_PICTURES = 500
_PATCH_SHARE = 0.5
"""Of the page: the layers that some scanners store a page in cover more."""
_OVERLAP_POINTS = 3.0
"""A millimetre: strips that a scanner stores side by side may touch."""

_Bounds = tuple[float, float, float, float]


def of_file(document: pikepdf.Pdf) -> frozenset[Peculiarity]:
    """Return what is peculiar about a PDF as a whole."""
    root = document.Root
    found = set()
    layers = root.get("/OCProperties")
    if isinstance(layers, pikepdf.Dictionary) and len(layers.get("/OCGs", ())):
        found.add(Peculiarity.LAYERS)
    form = root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        if "/XFA" in form:
            found.add(Peculiarity.SECOND_FORM)
        if len(form.get("/CO", ())):
            found.add(Peculiarity.SCRIPTS)
    names = root.get("/Names")
    by_name = isinstance(names, pikepdf.Dictionary) and "/JavaScript" in names
    if by_name or "/AA" in root or _acts(root.get("/OpenAction")):
        found.add(Peculiarity.SCRIPTS)
    return frozenset(found)


def of_page(structure: pikepdf.Page, drawn: pdfium.PdfPage) -> frozenset[Peculiarity]:
    """Return what is peculiar about one page, by its annotations and by what is drawn on it."""
    found = set()
    if "/AA" in structure.obj:
        found.add(Peculiarity.SCRIPTS)
    for annotation in _annotations(structure):
        if _has_script(annotation):
            found.add(Peculiarity.SCRIPTS)
        kind = str(annotation.get("/Subtype"))
        if kind not in _DRAWING_NOTHING or (kind == "/Link" and "/AP" in annotation):
            found.add(Peculiarity.NOTES)
        if kind == "/Widget" and not _is_in_one_state(annotation):
            found.add(Peculiarity.FIELD_STATES)
    if _is_patched(drawn):
        found.add(Peculiarity.PATCHES)
    return frozenset(found)


def is_drawn(page: pdfium.PdfPage) -> bool:
    """Whether lines or letters can be seen that are no picture of them: it was not just scanned.

    What lies behind a picture of the whole page, such as a white ground, is not seen.
    """
    drawn = False
    for number, thing in enumerate(page.get_objects(max_depth=3)):
        if number > _MOST_OBJECTS:
            return True
        if isinstance(thing, pdfium.PdfImage):
            drawn = drawn and not _covers(thing, page)
        elif thing.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            mode = pdfium_c.FPDFTextObj_GetTextRenderMode(thing.raw)
            drawn = drawn or mode != _INVISIBLE_TEXT
        elif thing.type in (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_SHADING):
            drawn = True
    return drawn


# --- Annotations and actions -------------------------------------------------------------------


def _annotations(page: pikepdf.Page) -> Iterator[pikepdf.Dictionary]:
    annotations = page.obj.get("/Annots")
    if not isinstance(annotations, pikepdf.Array):
        return
    for number, annotation in enumerate(annotations):
        if number < _MOST_ANNOTATIONS and isinstance(annotation, pikepdf.Dictionary):
            yield annotation


def _acts(action: pikepdf.Object | None) -> bool:
    """Whether an action does more than lead to another place."""
    if not isinstance(action, pikepdf.Dictionary):
        return False
    return str(action.get("/S")) not in _HARMLESS_ACTIONS or "/Next" in action


def _has_script(annotation: pikepdf.Dictionary) -> bool:
    node: pikepdf.Object | None = annotation
    for _ in range(20):  # a field's ancestors; a damaged file may go in circles
        if not isinstance(node, pikepdf.Dictionary):
            return False
        if "/AA" in node or _acts(node.get("/A")):
            return True
        node = node.get("/Parent")
    return True


def _is_in_one_state(widget: pikepdf.Dictionary) -> bool:
    """Whether a check box or a choice is shown in the state that its value says."""
    parent = widget.get("/Parent", pikepdf.Dictionary())
    if widget.get("/FT", parent.get("/FT")) != "/Btn":
        return True
    value = str(widget.get("/V", parent.get("/V", "/Off")))
    state = str(widget.get("/AS", "/Off"))
    looks = widget.get("/AP", pikepdf.Dictionary()).get("/N")
    own = set(looks.keys()) if isinstance(looks, pikepdf.Dictionary) else set()
    return state == (value if value in own else "/Off")


# --- Pictures ----------------------------------------------------------------------------------


def _covers(picture: pdfium.PdfImage, page: pdfium.PdfPage) -> bool:
    left, bottom, right, top = page.get_cropbox()
    bounds = picture.get_bounds()
    slack = 0.02 * max(right - left, top - bottom)
    reaches = (
        bounds[0] <= left + slack
        and bounds[1] <= bottom + slack
        and bounds[2] >= right - slack
        and bounds[3] >= top - slack
    )
    opaque = not pdfium_c.FPDFPageObj_HasTransparency(picture.raw)
    return picture.level == 0 and reaches and opaque


def _is_patched(page: pdfium.PdfPage) -> bool:
    """Whether a small picture lies over another."""
    left, bottom, right, top = page.get_cropbox()
    small = _PATCH_SHARE * (right - left) * (top - bottom)
    below: list[_Bounds] = []
    for thing in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        bounds = thing.get_bounds()
        # Where a picture within a group lies, its own numbers do not say.
        nested = thing.level > 0 and bool(below)
        over = _area(bounds) < small and any(_overlap(bounds, other) for other in below)
        if nested or over or len(below) >= _MOST_PICTURES:
            return True
        below.append(bounds)
    return False


def _area(bounds: _Bounds) -> float:
    return max(bounds[2] - bounds[0], 0) * max(bounds[3] - bounds[1], 0)


def _overlap(one: _Bounds, other: _Bounds) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > _OVERLAP_POINTS and down > _OVERLAP_POINTS
