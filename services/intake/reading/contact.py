"""How sure a text field's text is: certain only where two models agree and it is well formed.

Pure. A doubtful text never holds back an answer; it is shown to a person, who sees its confidence.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from services.intake.reading.measured import FieldMeasure

NAME_FIELD: Final = "contact.name"
EMAIL_FIELD: Final = "contact.email"
PHONE_FIELD: Final = "contact.phone"

CERTAIN: Final = 0.95
"""Two models, each with letters of its own, read the same, and it can be what the field asks."""

LEAST_SURE: Final = 0.8
"""The first model's own confidence; below, the two may well make the same error."""

MOST_DOUBTFUL: Final = 0.5
"""Whatever recognition thinks of itself: it is as sure of some of its errors."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_PHONE = re.compile(r"\(?(?:\+|0)[0-9 ()/-]{5,24}")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_NAME = re.compile(r"[A-Za-zÅÄÖåäö]{2,}(?:[ -]+[A-Za-zÅÄÖåäö]{2,}){1,5}")
_NO_SIGN_OF_ADDRESSES = str.maketrans(",:", "..")
_AT_SIGN_MISREAD = str.maketrans("é", "@")
"""What the English model takes the @ of a typewriter for."""
_AT_SIGN_AS_LETTERS = ".{0,2}"


def confidence_of(field: FieldMeasure) -> float:
    """Return how sure the recognised text of a field is, 0 to 1."""
    if is_certain(field):
        return CERTAIN
    return min(max(round(field.confidence, 3), 0.0), MOST_DOUBTFUL)


def is_certain(field: FieldMeasure) -> bool:
    """Whether two models agree on a contact field, and it is a name, an address or a number."""
    return may_be_certain(field.name, field.text, field.confidence) and _CHECKS[field.name].agree(
        field.text, field.second_text
    )


def may_be_certain(name: str, text: str, confidence: float) -> bool:
    """Whether it is worth asking a second model."""
    check = _CHECKS.get(name)
    return check is not None and confidence >= LEAST_SURE and check.well_formed(text)


def is_well_formed(name: str, text: str) -> bool:
    """Whether a field may say this; of a field that may say anything, always."""
    check = _CHECKS.get(name)
    return check is None or check.well_formed(text)


def is_email(text: str) -> bool:
    """Whether it is an address as they are written in print (RFC 5321's ordinary ones)."""
    return _EMAIL.fullmatch(text) is not None and ".." not in text


def as_address(text: str) -> str:
    """Return what was read of an address, in the signs that an address has."""
    signs = "".join(text.split()).translate(_NO_SIGN_OF_ADDRESSES).strip("|'=").rstrip(".;-_")
    if "@" not in signs:
        signs = signs.translate(_AT_SIGN_MISREAD)
    return signs


def is_phone(text: str) -> bool:
    """Whether it is a number that can be dialled from here: 0… or +…, of 7 to 15 digits."""
    digits = sum(letter.isdigit() for letter in text)
    return _PHONE.fullmatch(text) is not None and _FEWEST_DIGITS <= digits <= _MOST_DIGITS


def is_name(text: str) -> bool:
    """Whether it is a first name and a last name in the letters of the Swedish alphabet.

    Of other letters the models do not know all: they take ć for é.
    """
    return _NAME.fullmatch(text) is not None


def _same_address(text: str, second: str) -> bool:
    """The Swedish model knows no @: it sees a letter or two there, or nothing."""
    before, at, after = text.partition("@")
    pattern = re.escape(before) + _AT_SIGN_AS_LETTERS + re.escape(after)
    return bool(at) and re.fullmatch(pattern, second.replace(" ", "")) is not None


def _same_number(text: str, second: str) -> bool:
    return text.replace(" ", "") == second.replace(" ", "")


def _same_name(text: str, second: str) -> bool:
    """The English model knows neither rings nor dots over letters."""
    return _bare(text) == _bare(second)


def _bare(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


@dataclass(frozen=True)
class _Check:
    """What a field may say, and whether two models have read the same in it."""

    well_formed: Callable[[str], bool]
    agree: Callable[[str, str], bool]


_CHECKS: Final[Mapping[str, _Check]] = {
    EMAIL_FIELD: _Check(is_email, _same_address),
    PHONE_FIELD: _Check(is_phone, _same_number),
    NAME_FIELD: _Check(is_name, _same_name),
}
