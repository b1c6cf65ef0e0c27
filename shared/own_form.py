"""The geometry of our own answer form, one A4 page, version by version.

A version that was ever printed stays here: its papers may arrive at any time.
"""

from collections.abc import Sequence

from shared.form_code import MAX_SIGNATORIES, UnknownFormVersion
from shared.forms import (
    Box,
    CodeArea,
    CodeCorner,
    FormTemplate,
    Rect,
    SignatureArea,
    TextField,
)
from shared.identifiers import OptionKey
from shared.own_form_lines import BARRED_LINES, COLUMN_MM, LEFT_MM, RIGHT_MM, printed_lines

MAX_OPTIONS = 4
"""More boxes than this do not fit above the signature."""

CURRENT_VERSION = 2
"""The version that is printed."""

PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0
BOX_BORDER_MM = 0.4


def own_form(
    options: Sequence[OptionKey], version: int = CURRENT_VERSION, signatories: int = 1
) -> FormTemplate:
    """Return the geometry of our own form, on A4, for these options in the order printed.

    Raises UnknownFormVersion, and ValueError for no options, too many or the same one twice, and
    for a number of signatories that the form has no room for.
    """
    keys = tuple(options)
    if not 1 <= len(keys) <= MAX_OPTIONS or len(set(keys)) != len(keys):
        raise ValueError(f"a form has 1 to {MAX_OPTIONS} different options, not {keys}")
    if not 1 <= signatories <= MAX_SIGNATORIES:
        raise ValueError(f"a form has 1 to {MAX_SIGNATORIES} signatories, not {signatories}")
    if version == 1 and signatories == 1:
        return _version_1(keys)
    if version == CURRENT_VERSION:
        return _version_2(keys, signatories)
    raise UnknownFormVersion(f"form version {version} for {signatories} signatories")


def signatory_fields(number: int) -> tuple[str, str, str]:
    """Return the names of a signatory's fields, counted from 1: name, title, place and date."""
    if number == 1:
        return "signatory.name", "signatory.title", "place_date"
    return f"signatory_{number}.name", f"signatory_{number}.title", f"place_date_{number}"


# --- Version 2: one or two signatories; larger codes; labels of up to three lines -----------------

_CODE_MM = 31.9
"""Modules of 1.1 mm."""
_BOX_LEFT_MM = 27.0
_FIRST_BOX_TOP_MM = 86.0
_BOX_PITCH_MM = {1: 16.0, 2: 16.0, 3: 15.0, 4: 13.5}
_LABEL_OVER_MM = 2.0
_SIGNATURE_WIDE_MM = 92.0
_SIGNATURE_TALL_MM = {1: 29.6, 2: 27.4}
_SIGNATORY_PITCH_MM = 32.0
_FIELD_PITCH_MM = {1: 10.2, 2: 9.6}
_HEADING_MM = 7.0
"""A section's heading, above what it heads."""
_CONTACT_TALL_MM = 20.5
_STRIP_TOP_MM = 248.2
"""Where the strip at the foot begins: the lower code, how to send it in, the stamp."""
_MOST_AIR_MM = 12.0


def _version_2(options: tuple[OptionKey, ...], signatories: int) -> FormTemplate:
    pitch = _BOX_PITCH_MM[len(options)]
    boxes_end = _FIRST_BOX_TOP_MM + pitch * (len(options) - 1) + _BOX_MM + _LABEL_OVER_MM
    signing = _SIGNATORY_PITCH_MM * (signatories - 1) + _SIGNATURE_TALL_MM[signatories]
    least = boxes_end + 2 * (_HEADING_MM + 5) + signing + _CONTACT_TALL_MM
    air = min(_MOST_AIR_MM, (_STRIP_TOP_MM - least) / 2)
    signature_top = boxes_end + 5 + air + _HEADING_MM
    contact_top = signature_top + signing + 5 + air + _HEADING_MM
    tops = [signature_top + _SIGNATORY_PITCH_MM * index for index in range(signatories)]
    return FormTemplate(
        version=2,
        page_width_mm=PAGE_WIDTH_MM,
        page_height_mm=PAGE_HEIGHT_MM,
        corner_marks=_CORNER_MARKS,
        codes=(
            CodeArea(
                corner=CodeCorner.TOP_RIGHT,
                symbol=Rect(
                    left_mm=RIGHT_MM - _CODE_MM, top_mm=12, width_mm=_CODE_MM, height_mm=_CODE_MM
                ),
            ),
            CodeArea(
                corner=CodeCorner.BOTTOM_LEFT,
                symbol=Rect(
                    left_mm=LEFT_MM, top_mm=285 - _CODE_MM, width_mm=_CODE_MM, height_mm=_CODE_MM
                ),
            ),
        ),
        boxes=tuple(
            _box(key, _FIRST_BOX_TOP_MM + row * pitch, RIGHT_MM, _LABEL_OVER_MM, bar=True)
            for row, key in enumerate(options)
        ),
        box_border_mm=BOX_BORDER_MM,
        signatures=tuple(
            _signature_2(number, top, _SIGNATURE_TALL_MM[signatories])
            for number, top in enumerate(tops, start=1)
        ),
        fields=(
            *(
                _field(
                    name,
                    COLUMN_MM,
                    top + row * _FIELD_PITCH_MM[signatories],
                    RIGHT_MM,
                    RIGHT_MM + 15,
                )
                for number, top in enumerate(tops, start=1)
                for row, name in enumerate(signatory_fields(number))
            ),
            _field("contact.name", LEFT_MM, contact_top, 102, 105),
            _field("contact.email", 108, contact_top, RIGHT_MM, RIGHT_MM + 15),
            _field("contact.phone", LEFT_MM, contact_top + 11, 102, 105),
            _field("their_reference", 108, contact_top + 11, RIGHT_MM, RIGHT_MM + 15),
        ),
        stamp=Rect.spanning(COLUMN_MM, 254, RIGHT_MM, 285),
        printed=tuple(printed_lines(len(options), signatories, signature_top, contact_top)),
        barred_lines=BARRED_LINES,
    )


def _signature_2(number: int, top: float, tall: float) -> SignatureArea:
    area = Rect(left_mm=LEFT_MM, top_mm=top, width_mm=_SIGNATURE_WIDE_MM, height_mm=tall)
    return SignatureArea(
        name="signature" if number == 1 else f"signature_{number}",
        area=area,
        reach=Rect.spanning(
            area.left_mm - 5, area.top_mm - 2, area.right_mm + 5, area.bottom_mm + 4.5
        ),
    )


# --- Version 1: one signatory ---------------------------------------------------------------------


def _version_1(options: tuple[OptionKey, ...]) -> FormTemplate:
    left, right = 21.0, 189.0
    first_box_top, pitch = 98.0, 16.0
    below = first_box_top + pitch * len(options)
    signature_top = below + 9
    contact_top = signature_top + 28 + 6
    signature = Rect(left_mm=left, top_mm=signature_top, width_mm=92, height_mm=28)
    return FormTemplate(
        version=1,
        page_width_mm=PAGE_WIDTH_MM,
        page_height_mm=PAGE_HEIGHT_MM,
        corner_marks=_CORNER_MARKS,
        codes=(
            CodeArea(corner=CodeCorner.TOP_RIGHT, symbol=Rect.spanning(160, 12, 189, 41)),
            CodeArea(corner=CodeCorner.BOTTOM_LEFT, symbol=Rect.spanning(21, 256, 50, 285)),
        ),
        boxes=tuple(
            _box(key, first_box_top + row * pitch, right, 1.5, bar=False)
            for row, key in enumerate(options)
        ),
        box_border_mm=BOX_BORDER_MM,
        signatures=(
            SignatureArea(
                name="signature",
                area=signature,
                reach=Rect.spanning(left - 5, signature_top - 2, left + 97, signature_top + 33),
            ),
        ),
        fields=(
            _field("signatory.name", 121, signature_top, right, right + 15),
            _field("signatory.title", 121, signature_top + 9.5, right, right + 15),
            _field("place_date", 121, signature_top + 19, right, right + 15),
            _field("contact.name", left, contact_top + 8, 102, 105),
            _field("contact.email", 108, contact_top + 8, right, right + 15),
            _field("contact.phone", left, contact_top + 20.5, 102, 105),
            _field("their_reference", 108, contact_top + 20.5, right, right + 15),
        ),
        stamp=Rect.spanning(121, 248, right, 281),
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


# --- What the versions have in common -------------------------------------------------------------

_BOX_MM = 6.0
_CORNER_MARKS = tuple(
    Rect(left_mm=x, top_mm=y, width_mm=5.0, height_mm=5.0)
    for x, y in ((12, 12), (193, 12), (12, 280), (193, 280))
)


def _box(option: OptionKey, top: float, right: float, label_over_mm: float, *, bar: bool) -> Box:
    area = Rect(left_mm=_BOX_LEFT_MM, top_mm=top, width_mm=_BOX_MM, height_mm=_BOX_MM)
    label = Rect.spanning(
        area.right_mm + 6, top - label_over_mm, right, area.bottom_mm + label_over_mm
    )
    return Box(option=option, area=area, label=label, label_ends_with_bar=bar)


def _field(name: str, left: float, top: float, right: float, reach_right: float) -> TextField:
    """Return a field with its caption above; long names run out into the margin."""
    return TextField(
        name=name,
        caption=Rect.spanning(left, top - 0.3, right, top + 2.7),
        area=Rect.spanning(left, top + 2.9, right, top + 9.2),
        reach=Rect.spanning(left - 2, top - 1.3, reach_right, top + 11.7),
    )
