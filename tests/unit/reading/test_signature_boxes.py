"""What may stand in the signature's place without being a signature, and what must not hide one."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from services.intake.reading.paper import PER_MM
from services.intake.reading.shapes import without_stamps
from shared.events import SignatureState
from tests.bench.forms.cases import blank, template
from tests.bench.forms.generator import fillings
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.bench.forms.generator.files import as_tiff
from tests.bench.forms.generator.fillings import Desk, Kind
from tests.bench.forms.generator.optics import grey, lay, soften, threshold
from tests.bench.forms.generator.pen import Pen, PenKind, Sheet
from tests.bench.forms.generator.printing import Overlay
from tests.bench.forms.generator.signatures import Style, sign
from tests.unit.reading.papers import document, documents, png

PEN = Pen(PenKind.GEL, 0.5, 0.97, 0.0, (0.05, 0.05, 0.06))


def state(work: Callable[[Desk], object], seed: int = 3) -> SignatureState | None:
    """Do something to a form with one box marked, and return what its signature is taken for."""
    sheet = Sheet(np.asarray(blank()), np.random.default_rng(seed))
    texts = {"signatory.name": "Göran Ögren"}
    desk = Desk(sheet, template(), PEN, "ja", texts, Overlay(), Overlay())
    fillings.mark_well(desk)
    work(desk)
    sheet.lay(desk.overlay.layer(), 0, 0, cover=1.0, print_=True)
    sheet.lay(desk.stamps.layer(), 0, 0, cover=desk.stamped, print_=True)
    laid = lay(grey(sheet), 300, 300, scale=0.99, skew_deg=0.4, shift_mm=(0.5, -0.8), lid=255)
    return document(png(laid)).signature


@pytest.mark.parametrize("name", [name for name in fillings.UNSIGNED if name != "shows_through"])
def test_what_is_no_signature_is_not_taken_for_one(name: str) -> None:
    assert state(fillings.UNSIGNED[name]) is not SignatureState.HANDWRITTEN


@pytest.mark.parametrize("size", [16, 20, 24])
def test_a_large_typed_name_with_a_line_under_it_is_not_one(size: int) -> None:
    def typed(desk: Desk) -> None:
        box = desk.signature
        x, y = box.left_mm + 5, box.centre_mm[1] + 3
        end = desk.overlay.text("Göran Ögren", x, y, font="Times-BoldItalic", points=size)
        desk.overlay.rule(x, y + 0.5, end)

    assert state(typed) is SignatureState.UNCLEAR


@pytest.mark.parametrize(
    ("font", "size"), [("Times-BoldItalic", 24), ("Times-Roman", 14), ("Helvetica", 20)]
)
def test_a_typed_name_whose_letters_run_together_on_a_fax_is_not_one(font: str, size: int) -> None:
    sheet = Sheet(np.asarray(blank()), np.random.default_rng(3))
    overlay, box = Overlay(), template().signatures[0].area
    x, y = box.left_mm + 4, box.centre_mm[1] + 3
    overlay.rule(x, y + 0.05 * size, overlay.text("Agnieszka Öberg", x, y, font=font, points=size))
    sheet.lay(overlay.layer(), 0, 0, cover=0.96, print_=True)
    faxed = lay(soften(grey(sheet), 0.7, 1.4), 204, 98, scale=0.99, skew_deg=0.4,
                shift_mm=(0.5, -0.8), lid=255)  # fmt: skip
    file = as_tiff(threshold(faxed, 165), 204, 98, bitonal=True)
    assert document(file, "fax.tif").signature is SignatureState.UNCLEAR


@pytest.mark.parametrize("beside", [fillings.dirty_lines, fillings.ruled_line])
def test_a_signature_with_a_line_through_it_is_one(beside: fillings.Work) -> None:
    def both(desk: Desk) -> None:
        sign(desk.sheet, PEN, desk.signature, Style.FLOWING, "Göran Ögren")
        beside(desk)

    assert state(both, seed=5) is SignatureState.HANDWRITTEN


@pytest.mark.parametrize("open_deg", [0, 15, 40])
def test_a_stamps_ring_is_taken_out_though_a_scan_left_it_open(open_deg: int) -> None:
    ink = np.zeros((30 * PER_MM, 80 * PER_MM), np.uint8)
    at = 30 * PER_MM, 15 * PER_MM
    reach = round(10.5 * PER_MM)
    cv2.ellipse(ink, at, (reach, reach), 20, 0, 360 - open_deg, (1,), 4)
    cv2.putText(ink, "1622", (at[0] - 40, at[1] + 12), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (1,), 3)
    cv2.line(ink, (at[0] + 20, at[1]), (75 * PER_MM, at[1] - 30), (1,), 4)
    ring = np.hypot(*(np.indices(ink.shape)[::-1] - np.array(at)[:, None, None])) <= reach
    left = without_stamps(ink)
    assert not left[ring].any()
    assert left.any()


@pytest.mark.parametrize(("seed", "index"), [(312, 33), (503, 34)], ids=["wide", "small"])
def test_a_pens_loop_that_comes_near_a_circle_is_no_stamp(seed: int, index: int) -> None:
    case = own_form_case(seed, index, Device.SCANNER, Kind.GOOD)
    assert case.drawn["signature"] in (Style.TALL, Style.SHORT)
    [reading] = documents(case.data, case.filename)
    assert reading.signature is SignatureState.HANDWRITTEN
