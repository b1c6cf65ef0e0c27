"""What a reply to a mail of ours asks of staff, and who a suggested address belongs to. Pure."""

import re
import unicodedata
from typing import Final

from shared.events import ReplyKind

TASKS: Final = (ReplyKind.LEFT, ReplyKind.WRONG_PERSON)
"""The replies that say that an address must be seen to."""
MOST_LOOKED_AT: Final = 4_000
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SEPARATORS = re.compile(r"[._-]+")


def name_beside(text: str, address: str) -> str:
    """The name in a text whose words are those of the address, `åsa öberg` for `asa.oberg@`.

    Empty where no such words stand side by side: a name is never made of an address alone.
    """
    parts = [part for part in _SEPARATORS.split(_folded(address.partition("@")[0])) if part]
    if not 2 <= len(parts) <= 4:
        return ""
    words = _WORD.findall(text[:MOST_LOOKED_AT])
    plain = [_SEPARATORS.sub("", _folded(word)) for word in words]
    wanted = "".join(parts)
    for start in range(len(words)):
        for end in range(start + 2, min(start + len(parts), len(words)) + 1):
            capital = all(word[0].isupper() for word in words[start:end])
            if capital and "".join(plain[start:end]) == wanted:
                return " ".join(words[start:end])
    return ""


def _folded(text: str) -> str:
    """In small letters of ASCII, as names are spelled in addresses."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
