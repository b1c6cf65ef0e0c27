"""Whose form a page is, from the codes seen on it. Pure.

In the contained child only `claimed` is used: it proves nothing, and chooses what to measure by.
`identify` proves, with the key, which the child never has.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from services.intake.reading.measured import CodeSighting
from shared.events import Reason
from shared.form_code import ForgedCode, FormCode, NotOurCode, UnknownFormVersion, parse, verify

LEAST_TRUSTED_VERSION = 2
"""Version 1 does not show where its print ends: words added after it look like part of it."""

_CODES_ON_A_PAGE = 2


class Identity(BaseModel):
    """What a page's codes prove; `code` is None unless every code on it says the same, signed."""

    model_config = ConfigDict(frozen=True)

    code: FormCode | None
    reasons: tuple[Reason, ...] = ()


def own_codes(codes: Sequence[CodeSighting]) -> tuple[CodeSighting, ...]:
    """Return the sightings that have the shape of a code of ours; others are somebody else's."""
    return tuple(code for code in codes if _is_ours(code.text))


def claimed(codes: Sequence[CodeSighting]) -> FormCode | None:
    """Return what the first readable code of ours claims, unproven."""
    for code in own_codes(codes):
        try:
            return parse(code.text)
        except UnknownFormVersion:
            continue
    return None


def identify(codes: Sequence[CodeSighting], key: bytes) -> Identity:
    """Return what the codes of one page prove, and every reason to doubt it."""
    ours = own_codes(codes)
    if not ours:
        return Identity(code=None, reasons=(Reason.NO_CODE,))
    reasons: list[Reason] = []
    proven: list[FormCode] = []
    for text in dict.fromkeys(code.text for code in ours):
        try:
            proven.append(verify(text, key))
        except ForgedCode:
            reasons.append(Reason.CODE_FORGED)
        except UnknownFormVersion:
            reasons.append(Reason.UNKNOWN_FORM_VERSION)
    if len({code.text for code in ours}) > 1:
        reasons.append(Reason.CODE_CONFLICT)
    if len(ours) > _CODES_ON_A_PAGE:
        reasons.append(Reason.SEVERAL_FORMS_ON_PAGE)
    if len(ours) < _CODES_ON_A_PAGE:
        reasons.append(Reason.CODE_MISSING_ONE)
    agreed = len(proven) == 1 and len({code.text for code in ours}) == 1
    if agreed and (proven[0].page != 1 or proven[0].version < LEAST_TRUSTED_VERSION):
        reasons.append(Reason.UNKNOWN_FORM_VERSION)
    return Identity(code=proven[0] if agreed else None, reasons=tuple(dict.fromkeys(reasons)))


def _is_ours(text: str) -> bool:
    try:
        parse(text)
    except NotOurCode:
        return False
    except UnknownFormVersion:
        return True
    return True
