"""Whether a page shows what a form field says. Pure.

Recognition loses thin signs and takes some for others; a value that differs by no more than that is
the one that is seen. One that differs by more, yet is much alike, is left to a person.
"""

import re
import unicodedata
from difflib import SequenceMatcher

from services.intake.reading.measured import MOST_FIELD_TEXT, FieldMeasure

LEAST_FIELD_LIKENESS = 0.92
MOST_EMPTY_FIELD_MM2 = 3.0

SURE = 0.99
UNSURE = 0.5

_THIN = re.compile(r"[^\w@]|_")
_TAKEN_FOR_EACH_OTHER = str.maketrans({"1": "l", "i": "l", "j": "l", "0": "o"})
_REPEATED = re.compile(r"(.)\1+")


def shows(field: FieldMeasure, value: str) -> bool:
    """Whether the page shows, in a field, about what the form field says.

    A value longer than any field holds is never shown. Matching takes the product of the lengths:
    those that cannot be alike enough are told apart by their lengths alone.
    """
    if len(value) > MOST_FIELD_TEXT:
        return False
    if not value.strip():
        return field.ink_mm2 <= MOST_EMPTY_FIELD_MM2
    said, seen = _plain(value), _plain(field.text)
    if 2 * min(len(said), len(seen)) < LEAST_FIELD_LIKENESS * (len(said) + len(seen)):
        return False
    if _folded(value) == _folded(field.text):
        return True
    said, seen = _without_marks(said), _without_marks(seen)
    return SequenceMatcher(None, said, seen, autojunk=False).ratio() >= LEAST_FIELD_LIKENESS


def confidence_of_typed(field: FieldMeasure, value: str) -> float:
    """Return how sure it is that a value that `shows` is seen as it is said, sign by sign."""
    return SURE if _folded(value) == _folded(field.text) else UNSURE


def _plain(text: str) -> str:
    return text.casefold().replace(" ", "")


def _folded(text: str) -> str:
    alike = _THIN.sub("", _plain(text)).translate(_TAKEN_FOR_EACH_OTHER)
    return _REPEATED.sub(r"\1", alike)


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
