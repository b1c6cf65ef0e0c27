"""What was measured on a page: plain numbers with their units, no judgement.

These cross from the contained child process, as JSON, to the service that decides.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Area, ElectronicSignature, Reason, Source
from shared.forms import Rect
from shared.identifiers import InitiativeId, OptionKey
from shared.needs import NeedField

Point = tuple[float, float]

MOST_FIELD_TEXT = 500
"""Characters of what a field says or shows; no line of the form holds half as many."""
MOST_FIELD_NAME = 200
MOST_CODE_TEXT = 8_000
"""Characters; the largest QR code holds 7089."""
MOST_PAGE_TEXT = 20_000
MOST_ANCHORS = 60
"""Of what a page was laid flat by; enough to show a person."""
MOST_NEED_TEXT = 4_000
"""Characters of one answer in a needs template; it has room for about a thousand."""

FieldName = Annotated[str, Field(max_length=MOST_FIELD_NAME)]
FieldText = Annotated[str, Field(max_length=MOST_FIELD_TEXT)]
# One more than is compared: what was cut off still shows as too long.
FieldValue = Annotated[str, Field(max_length=MOST_FIELD_TEXT + 1)]


class Measured(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )


class CodeSighting(Measured):
    """A QR code that was decoded. Corners in pixels of the page as given: the symbol's own top
    left, top right, bottom right, bottom left."""

    text: str = Field(max_length=MOST_CODE_TEXT)
    corners: tuple[Point, Point, Point, Point]


class Registration(Measured):
    """How well the page was laid over the form's geometry.

    `to_pixels` is the homography from millimetres to pixels, row by row. `marks_found` counts the
    corner marks, `cores_found` the finder patterns of the codes that were seen themselves. Of a
    learned form, `anchors_found` counts the printed words seen, of `anchors_sought`, and
    `anchors_spread` is the share of the page's printed parts in which there is one.
    """

    to_pixels: tuple[tuple[float, float, float], ...]
    marks_found: int
    cores_found: int
    anchors_found: int = 0
    anchors_sought: int = 0
    anchors_spread: float = 0.0
    rms_mm: float
    worst_mm: float
    dpi: float
    coarse_dpi: float
    print_scale: float | None
    stretch: float
    rests_on: tuple[Rect, ...] = Field(
        default=(), max_length=MOST_ANCHORS, description="what was seen, where it is printed"
    )


class MarkMeasure(Measured):
    """One box. Fractions are of the box's inner area, between its borders.

    `ink_least` and `ink_most` are over two binarisations and small shifts; `faint` and `trace`
    count what is darker than paper, surely and perhaps; `border_seen` is the least share seen of
    any of its four sides.
    `inner_mm` is the shorter side of the inner area: the smaller, the more of it a pen covers.
    `off_line` is the ink inside that is not one straight line running right through the box; 1
    where such lines are not looked for. `exits` counts the places where ink leaves the box, `runs`
    how many strokes a line across it meets on average. `off_strokes` is the ink in the box and
    close around it that two straight strokes do not cover; None where it is not measured.
    `beside_mm2` is ink outside beside the middle of the box's sides, not at its corners (None where
    it is not measured), `through_mm2` what there is of it on both of two opposite sides at least.
    `level` is the share of edges inside that run level. `weight_mm` is how wide the strokes inside
    would be if they were as black as print.
    """

    option: OptionKey
    ink: float
    ink_least: float
    ink_most: float
    faint: float
    trace: float = 0.0
    ring_mm2: float
    ring_loose_mm2: float
    ring_fraction: float
    border_seen: float
    moved_mm: float
    inner_mm: float = 4.2
    off_line: float = 1.0
    exits: int = 0
    runs: float = 1.0
    off_strokes: float | None = None
    beside_mm2: float | None = None
    through_mm2: float = 0.0
    level: float = 0.0
    weight_mm: float = 0.0
    area: Area


class PrintReading(Measured):
    """How many letters were recognised in a line, and the confidence in its least sure word."""

    letters: int
    confidence: float


class RowMeasure(Measured):
    """How many ends strokes have, downwards or upwards, and the most of them on one line."""

    ends: int = 0
    in_line: int = 0

    @property
    def share(self) -> float:
        return self.in_line / max(self.ends, 1)


class MendedMeasure(Measured):
    """What looks written once the gaps in broken strokes are closed, as in `SignatureMeasure`."""

    written_mm: float
    tallest_mm: float
    widest_mm: float
    feet: RowMeasure
    tops: RowMeasure


class SignatureMeasure(Measured):
    """The ink in one signature box.

    `written_mm` is the length of stroke that looks like writing by hand: large enough, not a
    straight line, not a frame. `tallest_mm`, `widest_mm` are of the largest such piece. `readings`
    are attempts to read it as print; `feet_in_line` counts letters, or what is as tall, that stand
    on one straight line; `feet` and `tops` are where strokes end, whatever joins them, and
    `parallel_share` says how many of both are on two parallel lines, shares added.
    `mended` is looked for where nothing large hangs together. Specks are too small for any stroke.
    """

    ink_mm2: float
    ink_fraction: float
    stroke_mm: float
    specks_per_cm2: float = 0.0
    written_mm: float
    tallest_mm: float
    widest_mm: float
    readings: tuple[PrintReading, ...] = ()
    feet_in_line: int = 0
    feet: RowMeasure = RowMeasure()
    tops: RowMeasure = RowMeasure()
    parallel_share: float = 0.0
    mended: MendedMeasure | None = None
    black_line_out: bool = False
    """A line as dark as ink ran across the paper, and through the box: it was taken out."""
    struck_through: bool = False
    """Lines that are not one fold alone ran through the box from side to side, taken out or not."""
    area: Area


class InkMeasure(Measured):
    """Ink where the form is blank paper."""

    unexplained_mm2: float
    beside_boxes_mm2: float = 0.0
    """Of it, what lies close to a box: a mark that missed it, perhaps."""
    longest_mm: float
    label_struck: bool
    areas: tuple[Area, ...] = ()


class FieldMeasure(Measured):
    """One text field: how much ink, and what recognition made of it (confidence 0 to 1).

    `second_text` is what another model made of it, where it was asked.
    """

    name: FieldName
    ink_mm2: float
    text: str = Field(default="", max_length=MOST_FIELD_TEXT)
    confidence: float = 0.0
    second_text: str = Field(default="", max_length=MOST_FIELD_TEXT)
    area: Area


class FormMeasured(Measured):
    """All that was measured of a page by the geometry of the form that its code names."""

    registration: Registration | None
    code_areas: tuple[Area, ...] = ()
    anchors: tuple[Area, ...] = Field(
        default=(), max_length=MOST_ANCHORS, description="what the page was laid flat by"
    )
    marks: tuple[MarkMeasure, ...] = ()
    signatures: tuple[SignatureMeasure, ...] = ()
    signature_prints: tuple[FieldText, ...] = ()
    """What is printed in each signature box, where there is print."""
    stamp_print: FieldText = ""
    """What is printed for certain in the room for the municipality's stamp."""
    signatures_joined: bool = Field(
        default=False, description="a stroke runs from one signature box into another"
    )
    ink: InkMeasure | None = None
    print_beside_cm2: float = 0.0
    """On paper outside of the sheet: another form, or something else that wants to be read."""
    fields: tuple[FieldMeasure, ...] = ()


class PrintMeasure(Measured):
    """How alike a learned form's printed words are to what a page shows in their places, to 1.

    In the order of the template's words: each as a whole, and its least alike part; and of a word
    with digits, how alike its least alike digit is beside the page's others, for the rest 1.
    """

    likeness: tuple[float, ...]
    least: tuple[float, ...]
    digits: tuple[float, ...]


class LearnedMeasured(Measured):
    """A page laid over one learned form. Only what it is most like is measured to the end."""

    initiative: InitiativeId
    version: int
    print: PrintMeasure
    form: FormMeasured


class Peculiarity(StrEnum):
    """What may make a file's page look otherwise to somebody else than in our rendering."""

    LAYERS = "layers"
    SCRIPTS = "scripts"
    SECOND_FORM = "second_form"
    """An XFA form: some programs show it instead of the page."""
    NOTES = "notes"
    """Notes, stamps or drawings laid over the page, which can be hidden or moved."""
    FIELD_STATES = "field_states"
    """A box that is shown in another state than its field says, or a field there are two of."""
    FOREIGN_FIELDS = "foreign_fields"
    """Fields that the form was not printed with; they can cover what it says."""
    PATCHES = "patches"
    """A small picture over a larger one."""
    VEILED = "veiled"
    """A scan that the page shows only in part, or through a mask."""


class PageMeasured(Measured):
    """One page of a file. `image` is a small upright JPEG for a person's eyes."""

    number: int
    image: bytes
    width_px: int
    height_px: int
    born_digital: bool
    blank: bool
    codes: tuple[CodeSighting, ...] = ()
    form: FormMeasured | None = None
    learned: tuple[LearnedMeasured, ...] = ()
    form_values: dict[FieldName, FieldValue] = {}
    peculiarities: tuple[Peculiarity, ...] = ()
    electronic_signatures: tuple[ElectronicSignature, ...] = ()
    text: str = Field(default="", max_length=MOST_PAGE_TEXT)


class NeedFieldMeasure(Measured):
    """What stands under one question of the needs template.

    `agrees` is False where the file says one thing and its picture shows another.
    """

    field: NeedField
    text: str = Field(max_length=MOST_NEED_TEXT)
    confidence: float
    source: Source
    area: Area | None = None
    agrees: bool = True


class NeedMeasured(Measured):
    """What was found of the needs template in a file: its heading, labels, controls, answers.

    `own_labels` counts the questions found in the template's own words, `other_labels` in others'.
    """

    heading: bool = False
    own_labels: int = 0
    other_labels: int = 0
    controls: int = 0
    fields: tuple[NeedFieldMeasure, ...] = ()


class FileMeasured(Measured):
    """A whole file; `fault` is set where it, or what is left of it, could not be opened."""

    pages: tuple[PageMeasured, ...] = ()
    need: NeedMeasured | None = None
    fault: Reason | None = None
    seconds: float = 0.0
