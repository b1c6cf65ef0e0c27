"""Where things stand on an answer form, in millimetres from the page's top left corner.

The printer (registry) and the reader (intake) meet here: the one draws what this module
describes, the other looks for it. Our own form is in `shared/own_form.py`, the signed code that is
printed on it in `shared/form_code.py`.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.identifiers import Digest, MunicipalityCode, OptionKey

PICTURE_PER_MM = 12
"""Pixels to a millimetre of the picture of a blank form (`FormPrint.picture`): 305 dpi."""

MUNICIPALITY_NAME = "municipality.name"
MUNICIPALITY_NUMBER = "municipality.number"
"""Fields of a form without codes: whose it is, as written on it; the organisation number."""

TEXT_FIELDS = (
    "signatory.name",
    "signatory.title",
    "place_date",
    "contact.name",
    "contact.email",
    "contact.phone",
    "their_reference",
    MUNICIPALITY_NAME,
    MUNICIPALITY_NUMBER,
)
"""The fields to write in that a form may have; each has its meaning."""

STAMP = "stamp"
"""The room for the municipality's own stamp, which is not read."""

CODE_MODULES = 29
"""Modules along one side of a QR code of version 3, which every code of ours is."""

LABEL_BAR_WIDE_MM = 1.3
LABEL_BAR_HIGH_MM = 4.4

FINDER_MODULES = 7
FINDER_CORE_MODULES = 3


class _Geometry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rect(_Geometry):
    """A rectangle on the page, in millimetres from the top left."""

    left_mm: float
    top_mm: float
    width_mm: float = Field(gt=0)
    height_mm: float = Field(gt=0)

    @property
    def right_mm(self) -> float:
        return self.left_mm + self.width_mm

    @property
    def bottom_mm(self) -> float:
        return self.top_mm + self.height_mm

    @property
    def centre_mm(self) -> tuple[float, float]:
        return self.left_mm + self.width_mm / 2, self.top_mm + self.height_mm / 2

    def grown(self, mm: float) -> "Rect":
        """Return the rectangle with `mm` added on every side (removed, if negative)."""
        return Rect(
            left_mm=self.left_mm - mm,
            top_mm=self.top_mm - mm,
            width_mm=self.width_mm + 2 * mm,
            height_mm=self.height_mm + 2 * mm,
        )

    @staticmethod
    def spanning(left: float, top: float, right: float, bottom: float) -> "Rect":
        """Return the rectangle between two corners."""
        return Rect(left_mm=left, top_mm=top, width_mm=right - left, height_mm=bottom - top)


class CodeCorner(StrEnum):
    """The two diagonal corners that carry a code."""

    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"


class CodeArea(_Geometry):
    """One printed QR code, without its quiet zone."""

    corner: CodeCorner
    symbol: Rect

    @property
    def module_mm(self) -> float:
        return self.symbol.width_mm / CODE_MODULES

    def finder_cores(self) -> tuple[Rect, Rect, Rect]:
        """The solid squares inside the finder patterns: top left, top right, bottom left."""
        inset = (FINDER_MODULES - FINDER_CORE_MODULES) / 2 * self.module_mm
        far = (CODE_MODULES - FINDER_MODULES) * self.module_mm
        side = FINDER_CORE_MODULES * self.module_mm

        def core(dx: float, dy: float) -> Rect:
            return Rect(
                left_mm=self.symbol.left_mm + inset + dx,
                top_mm=self.symbol.top_mm + inset + dy,
                width_mm=side,
                height_mm=side,
            )

        return core(0, 0), core(far, 0), core(0, far)


class Box(_Geometry):
    """The box of one option, and the strip beside it that holds its printed label.

    `area` runs to the outside of its border; `reach_mm` is how far around it a mark still belongs
    to it, and less where another box is near. Where `label_ends_with_bar`, a solid bar is printed
    after the label, in the strip's middle, so that it shows whether anything was written after.
    """

    option: OptionKey
    area: Rect
    label: Rect
    reach_mm: float = 3.0
    label_ends_with_bar: bool = False


class TextField(_Geometry):
    """A field to write in. `name` is its AcroForm name; `caption` holds its printed caption."""

    name: str
    area: Rect
    caption: Rect
    reach: Rect = Field(description="how far writing may run outside it; holds the caption too")


class SignatureArea(_Geometry):
    """The box that one signatory signs in. `name` is its AcroForm name."""

    name: str
    area: Rect
    reach: Rect = Field(description="how far a signature may run outside its box")


class PrintedWord(_Geometry):
    """A word of a blank form. `telling` ones say what the form is about, and must all be seen."""

    text: str
    area: Rect
    telling: bool = False


class FormPrint(_Geometry):
    """What a form without codes looks like before anybody has written on it.

    `picture` names, in the archive's derived area, a grey PNG of the whole page at
    `PICTURE_PER_MM`. By the words and the picture a scan of the form is known and laid flat.
    """

    picture: Digest
    words: tuple[PrintedWord, ...]


class FormTemplate(_Geometry):
    """Everything the reader must know of a form's geometry: of our own, or of one that was learned.

    Outside `may_carry_ink()` a returned form is blank paper; what is found there somebody wrote.
    Our own form is found by its codes and corner marks; a learned one has `print` instead, which
    is taken out of a scan before anything is measured, wherever on the page it stands.
    """

    version: int
    page_width_mm: float
    page_height_mm: float
    corner_marks: tuple[Rect, ...]
    codes: tuple[CodeArea, ...]
    boxes: tuple[Box, ...]
    box_border_mm: float
    signatures: tuple[SignatureArea, ...] = Field(
        description="one for each signatory that the form asks for"
    )
    fields: tuple[TextField, ...]
    stamp: Rect | None = Field(
        default=None, description="where the municipality may put its own stamp and number"
    )
    printed: tuple[Rect, ...] = Field(default=(), description="printed text, and rules")
    barred_lines: tuple[Rect, ...] = Field(
        default=(),
        description="strips with one line of print each, or none, that ends with a solid bar in "
        "the strip's middle, so that it shows whether anything was written after",
    )
    print: FormPrint | None = None
    municipality: MunicipalityCode | None = Field(
        default=None, description="whose it is, where the blank itself is printed for one"
    )

    def field(self, name: str) -> TextField:
        """Return the text field with this AcroForm name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def may_be_written_on(self) -> tuple[Rect, ...]:
        """The regions where writing is asked for, but for the boxes."""
        return (
            *(signature.reach for signature in self.signatures),
            *(field.reach for field in self.fields),
            *((self.stamp.grown(2),) if self.stamp is not None else ()),
        )

    def may_carry_ink(self) -> tuple[Rect, ...]:
        """The regions where ink explains itself: printed by us, or written where asked for.

        The boxes, their labels and the lines that end with a bar are not among them; they are
        looked at more closely.
        """
        return (
            *(mark.grown(1) for mark in self.corner_marks),
            *(code.symbol.grown(1) for code in self.codes),
            *self.may_be_written_on(),
            *self.printed,
        )
