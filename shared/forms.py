"""Where things stand on an answer form, in millimetres, and the signed code printed on it.

The printer (registry) and the reader (intake) meet here: the one draws what this module
describes, the other looks for it. Millimetres are counted from the page's top left corner.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.errors import HandslagError
from shared.identifiers import InitiativeId, MunicipalityCode, OptionKey

MAX_OPTIONS = 4
"""More boxes than this do not fit above the signature."""

CODE_MODULES = 29
"""Modules along one side of a QR code of version 3, which every code of ours is."""

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
    """The box of one option, and the strip beside it that holds its printed label."""

    option: OptionKey
    area: Rect
    label: Rect


class TextField(_Geometry):
    """A field to write in. `name` is its AcroForm name; `caption` holds its printed caption."""

    name: str
    area: Rect
    caption: Rect


class SignatureArea(_Geometry):
    """The box that one signatory signs in. `name` is its AcroForm name."""

    name: str
    area: Rect
    reach: Rect = Field(description="how far a signature may run outside its box")


class FormTemplate(_Geometry):
    """Everything the reader must know of a form's geometry.

    Outside `may_carry_ink()` a returned form is blank paper; what is found there somebody wrote.
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
    stamp: Rect = Field(description="where the municipality may put its own stamp and number")
    printed: tuple[Rect, ...] = Field(description="blocks of printed text")

    def field(self, name: str) -> TextField:
        """Return the text field with this AcroForm name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def may_carry_ink(self) -> tuple[Rect, ...]:
        """The regions where ink explains itself: printed by us, or written where asked for.

        The boxes and their labels are not among them; they are looked at more closely.
        """
        # Long names run out into the margin.
        fields = (
            Rect.spanning(
                f.area.left_mm - 2,
                f.caption.top_mm - 1,
                f.area.right_mm + (3 if f.area.right_mm < RIGHT_MM else 15),
                f.area.bottom_mm + 2.5,
            )
            for f in self.fields
        )
        return (
            *(mark.grown(1) for mark in self.corner_marks),
            *(code.symbol.grown(1) for code in self.codes),
            *(signature.reach for signature in self.signatures),
            *fields,
            self.stamp.grown(2),
            *self.printed,
        )


# --- Our own form ----------------------------------------------------------------------------

FORM_VERSIONS = frozenset({1})
"""The versions of our own form that this program can print and read."""

_MARK_MM = 5.0
_BOX_MM = 6.0
_BOX_LEFT_MM = 27.0
_FIRST_BOX_TOP_MM = 98.0
_BOX_PITCH_MM = 16.0
LEFT_MM = 21.0
RIGHT_MM = 189.0


def own_form(options: Sequence[OptionKey], version: int = 1) -> FormTemplate:
    """Return the geometry of our own form, on A4, for these options in the order printed.

    Raises UnknownFormVersion, and ValueError for no options, too many or the same one twice.
    """
    if version not in FORM_VERSIONS:
        raise UnknownFormVersion(f"form version {version}")
    keys = tuple(options)
    if not 1 <= len(keys) <= MAX_OPTIONS or len(set(keys)) != len(keys):
        raise ValueError(f"a form has 1 to {MAX_OPTIONS} different options, not {keys}")
    below = _FIRST_BOX_TOP_MM + _BOX_PITCH_MM * len(keys)
    signature_top = below + 9
    contact_top = signature_top + 28 + 6
    signature = Rect(left_mm=LEFT_MM, top_mm=signature_top, width_mm=92, height_mm=28)
    return FormTemplate(
        version=version,
        page_width_mm=210.0,
        page_height_mm=297.0,
        corner_marks=tuple(
            Rect(left_mm=x, top_mm=y, width_mm=_MARK_MM, height_mm=_MARK_MM)
            for x, y in ((12, 12), (193, 12), (12, 280), (193, 280))
        ),
        codes=(
            CodeArea(corner=CodeCorner.TOP_RIGHT, symbol=Rect.spanning(160, 12, 189, 41)),
            CodeArea(corner=CodeCorner.BOTTOM_LEFT, symbol=Rect.spanning(21, 256, 50, 285)),
        ),
        boxes=tuple(_box(key, row) for row, key in enumerate(keys)),
        box_border_mm=0.4,
        signatures=(
            SignatureArea(
                name="signature",
                area=signature,
                reach=Rect.spanning(
                    signature.left_mm - 5,
                    signature_top - 2,
                    signature.right_mm + 5,
                    signature_top + 33,
                ),
            ),
        ),
        fields=(
            _field("signatory.name", 121, signature_top, RIGHT_MM),
            _field("signatory.title", 121, signature_top + 9.5, RIGHT_MM),
            _field("place_date", 121, signature_top + 19, RIGHT_MM),
            _field("contact.name", LEFT_MM, contact_top + 8, 102),
            _field("contact.email", 108, contact_top + 8, RIGHT_MM),
            _field("contact.phone", LEFT_MM, contact_top + 20.5, 102),
            _field("their_reference", 108, contact_top + 20.5, RIGHT_MM),
        ),
        stamp=Rect.spanning(121, 248, RIGHT_MM, 281),
        printed=(
            Rect.spanning(20, 11, 152, 42),  # the heading
            Rect.spanning(20, 44, 190, 63),  # municipality and last answer day
            Rect.spanning(20, 63, 190, 80),  # what to do
            Rect.spanning(20, 83, 190, 92),  # heading of the answer
            Rect.spanning(20, below - 1, 190, signature_top - 1),
            Rect.spanning(20, contact_top - 1, 190, contact_top + 7),
            Rect.spanning(56, 250, 120, 286),  # how to send it in
            Rect.spanning(120, 243, 190, 248),  # caption of the stamp area
        ),
    )


def _box(option: OptionKey, row: int) -> Box:
    top = _FIRST_BOX_TOP_MM + row * _BOX_PITCH_MM
    area = Rect(left_mm=_BOX_LEFT_MM, top_mm=top, width_mm=_BOX_MM, height_mm=_BOX_MM)
    label = Rect.spanning(area.right_mm + 6, top - 1.5, RIGHT_MM, top + _BOX_MM + 1.5)
    return Box(option=option, area=area, label=label)


def _field(name: str, left: float, top: float, right: float) -> TextField:
    return TextField(
        name=name,
        caption=Rect.spanning(left, top - 0.3, right, top + 2.7),
        area=Rect.spanning(left, top + 2.9, right, top + 9.2),
    )


# --- The code --------------------------------------------------------------------------------

_SCHEME = "H1"
_SIGNATURE_CHARS = 12
_OPTIONS_MARK_CHARS = 3
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE = re.compile(
    r"(?P<signed>H(?P<scheme>[0-9])/(?P<initiative>[A-Z0-9-]{1,20})/(?P<municipality>[0-9]{4})"
    r"/(?P<version>[1-9A-Z])(?P<page>[1-9A-Z])(?P<options>[A-Z2-7]{3}))"
    r"/(?P<signature>[A-Z2-7]{12})"
)
_INITIATIVE: TypeAdapter[str] = TypeAdapter(InitiativeId)


class NotOurCode(HandslagError):
    """The text is not a code of ours at all: a ticket, a link, some other paper's code."""

    code = "not_our_code"


class ForgedCode(HandslagError):
    """The text has the shape of our code but was not signed with our key."""

    code = "code_forged"
    remedy = "Ask the municipality for the form that was sent to it."


class UnknownFormVersion(HandslagError):
    """A form, or a code, of a version that this program does not know."""

    code = "unknown_form_version"
    remedy = "Read the form by eye, or upgrade the program."


class FormCode(_Geometry):
    """What a code on a form says."""

    initiative: InitiativeId
    municipality: MunicipalityCode
    version: int = Field(ge=1, le=35)
    page: int = Field(ge=1, le=35)
    options: str = Field(pattern=r"^[A-Z2-7]{3}$", description="`options_mark` of what is printed")


def options_mark(options: Sequence[OptionKey]) -> str:
    """Return a short mark of a form's options in the order printed: 15 bits, in base 32.

    A box is known by its place alone, so a form must not be read with the options of another day.
    """
    digest = hashlib.sha256("/".join(options).encode("ascii")).digest()
    return base64.b32encode(digest).decode("ascii")[:_OPTIONS_MARK_CHARS]


def sign(code: FormCode, key: bytes) -> str:
    """Return the text to print: at most 47 characters of QR's alphanumeric set.

    That is what a QR code of version 3 and level Q holds. The signature is the first 60 bits of
    HMAC-SHA256, in base 32.
    """
    text = "/".join(
        (
            _SCHEME,
            code.initiative.upper(),
            code.municipality,
            _BASE36[code.version] + _BASE36[code.page] + code.options,
        )
    )
    return f"{text}/{_signature(text, key)}"


def parse(text: str) -> FormCode:
    """Return what a code claims, unproven. Raises NotOurCode, UnknownFormVersion.

    Enough to choose the geometry to measure by; nothing may be recorded before `verify`.
    """
    return _parsed(_match(text))


def verify(text: str, key: bytes) -> FormCode:
    """Return what a code says, if we signed it.

    Raises NotOurCode, ForgedCode, UnknownFormVersion.
    """
    match = _match(text)
    if not hmac.compare_digest(_signature(match["signed"], key), match["signature"]):
        raise ForgedCode(f"the code of {match['initiative']}/{match['municipality']} is not ours")
    return _parsed(match)


def _match(text: str) -> re.Match[str]:
    match = _CODE.fullmatch(text)
    if match is None:
        raise NotOurCode("not a code of an answer form")
    if "H" + match["scheme"] != _SCHEME:
        raise UnknownFormVersion(f"code scheme {match['scheme']}")
    return match


def _parsed(match: re.Match[str]) -> FormCode:
    version = _BASE36.index(match["version"])
    if version not in FORM_VERSIONS:
        raise UnknownFormVersion(f"form version {version}")
    try:
        initiative = _INITIATIVE.validate_python(match["initiative"].lower())
    except ValueError as wrong:
        raise NotOurCode("not an initiative's name") from wrong
    return FormCode(
        initiative=initiative,
        municipality=match["municipality"],
        version=version,
        page=_BASE36.index(match["page"]),
        options=match["options"],
    )


def _signature(text: str, key: bytes) -> str:
    digest = hmac.new(key, text.encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii")[:_SIGNATURE_CHARS]
