"""Where a signature and print look alike: struck-out names, legible hands, strokes a fax broke."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Channel, Hand, Picture, as_png, scan
from services.intake.reading.broken import joined_where_in_line
from services.intake.reading.letter_rows import Rows, measure_rows
from services.intake.reading.paper import PER_MM as FLAT_PER_MM
from services.intake.reading.verdict import LEAST_STRAIGHT
from shared.events import SignatureState
from tests.bench.forms.cases import template
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.bench.forms.generator.fillings import Kind
from tests.unit.reading.papers import PER_MM, document, documents, paper

BOX = template().signatures[0].area
FONTS = Path(reportlab.__file__).parent / "fonts"
LEFT_MM, LINE_MM = BOX.left_mm + 8, BOX.centre_mm[1] + 4


def typed(name: str, font: str, tall_mm: float) -> tuple[Picture, float]:
    """Return a form with a name typed in the signature box, and where the name ends."""
    image = Image.fromarray(paper(hand=Hand.NOTHING))
    face = ImageFont.truetype(str(FONTS / font), round(tall_mm * PER_MM / 0.72))
    draw = ImageDraw.Draw(image)
    draw.text((LEFT_MM * PER_MM, LINE_MM * PER_MM), name, font=face, fill=20, anchor="ls")
    return np.array(image), LEFT_MM + face.getlength(name) / PER_MM


def struck(form: Picture, end_mm: float, tall_mm: float, how: str) -> Picture:
    """Return the form with the name crossed out by pen."""
    across = np.linspace(LEFT_MM - 2, end_mm + 1, 60)
    middle = np.full_like(across, LINE_MM - tall_mm / 2)
    lines = {
        "line": [middle],
        "slant": [middle + np.linspace(tall_mm, -tall_mm, 60) * 0.7],
        "wavy": [middle + 0.8 * np.sin(across * 0.9)],
        "several": [middle + off * tall_mm for off in (-0.25, 0.0, 0.3)],
    }[how]
    for line in lines:
        points = np.round(np.column_stack([across, line]) * PER_MM * 8).astype(np.int32)
        cv2.polylines(form, [points], False, (30,), round(0.45 * PER_MM), cv2.LINE_AA, shift=3)
    return form


@pytest.mark.parametrize("font", ["Vera.ttf", "VeraBd.ttf", "VeraIt.ttf"])
@pytest.mark.parametrize(
    ("how", "channel"),
    [
        ("line", Channel.SCANNER),
        ("line", Channel.FAX),
        ("slant", Channel.SCANNER),
        ("slant", Channel.FAX),
        ("wavy", Channel.SCANNER),
        ("wavy", Channel.FAX),
        ("several", Channel.SCANNER),
    ],
)
def test_a_typed_name_crossed_out_is_no_signature(font: str, how: str, channel: Channel) -> None:
    form, end_mm = typed("Örjan Sjöström", font, 5.0)
    reading = document(as_png(scan(struck(form, end_mm, 5.0, how), channel, seed=3)))
    assert reading.signature is not SignatureState.HANDWRITTEN


def test_letters_keep_their_feet_in_line_though_a_stroke_joins_them() -> None:
    ink = np.zeros((12 * FLAT_PER_MM, 60 * FLAT_PER_MM), np.uint8)
    cv2.putText(ink, "Hannah Milton", (8, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (1,), 4)
    print_only = measure_rows(ink)
    cv2.line(ink, (0, 60), (ink.shape[1], 48), (1,), 4)
    joined = measure_rows(ink)
    assert cv2.connectedComponents(ink)[0] < 5
    assert print_only.feet.share > 0.8
    assert joined.feet.in_line >= 0.8 * print_only.feet.in_line
    assert joined.tops.in_line >= 0.6 * print_only.tops.in_line
    assert joined.parallel_share >= LEAST_STRAIGHT


def test_ends_in_two_lines_that_lean_unlike_are_a_hands() -> None:
    ink = np.zeros((16 * FLAT_PER_MM, 60 * FLAT_PER_MM), np.uint8)
    for step in range(16):
        x, off_line = 20 + 24 * step, 0 if step % 2 else 5 + step * step % 17
        cv2.line(ink, (x, 40 - step + off_line), (x + 12, 80 + step - off_line), (1,), 3)
    rows = measure_rows(ink)
    assert rows.feet.share + rows.tops.share > LEAST_STRAIGHT
    assert rows.parallel_share < LEAST_STRAIGHT


@pytest.mark.parametrize("shape", [(1, 1), (40, 80)])
def test_no_ink_has_no_rows(shape: tuple[int, int]) -> None:
    assert measure_rows(np.zeros(shape, np.uint8)) == Rows()


def test_only_what_runs_on_in_the_same_direction_is_joined() -> None:
    ink = np.zeros((80, 160), np.uint8)
    for x in range(10, 140, 14):
        cv2.line(ink, (x, 15), (x + 6, 15), (1,), 2)  # a dashed stroke
        cv2.line(ink, (x, 45), (x, 70), (1,), 2)  # stems that stand side by side, no wider apart
    joined = joined_where_in_line(ink)
    assert cv2.connectedComponents(joined[:30])[0] - 1 == 1
    assert cv2.connectedComponents(joined[30:])[0] == cv2.connectedComponents(ink[30:])[0]


@pytest.mark.parametrize(
    ("seed", "index", "device"),
    [
        pytest.param(201, 130, Device.SCANNER, id="a legible name in joined letters"),
        pytest.param(301, 240, Device.SCANNER, id="a thin pen in two levels"),
        pytest.param(210, 163, Device.SCANNER, id="over the box's upper border"),
    ],
)
def test_it_is_a_signature(seed: int, index: int, device: Device) -> None:
    case = own_form_case(seed, index, device)
    assert case.truth.kind is Kind.GOOD
    [reading] = documents(case.data, case.filename)
    assert reading.signature is SignatureState.HANDWRITTEN


def test_on_paper_that_came_out_as_dots_a_hand_is_told_by_a_person() -> None:
    form = paper(hand=Hand.SIGNATURE)
    assert document(as_png(scan(form, Channel.SCANNER, seed=3))).signature is (
        SignatureState.HANDWRITTEN
    )
    dots = np.where(np.random.default_rng(4).random(form.shape) < 0.004, 1, 0).astype(np.uint8)
    form[cv2.dilate(dots, np.ones((2, 2), np.uint8)) > 0] = 40
    reading = document(as_png(scan(form, Channel.SCANNER, seed=3)))
    assert reading.signature is SignatureState.UNCLEAR
