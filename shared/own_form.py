"""The geometry of our own answer form, one A4 page, version by version.

A version that was ever printed stays here: its papers may arrive at any time.
"""

from collections.abc import Sequence

from shared.form_code import FORM_VERSIONS, UnknownFormVersion
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

MAX_OPTIONS = 4
"""More boxes than this do not fit above the signature."""

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
        # Long names run out into the margin.
        reach=Rect.spanning(
            left - 2, top - 1.3, right + (3 if right < RIGHT_MM else 15), top + 11.7
        ),
    )
