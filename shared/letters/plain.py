"""Makes foreign and stored text fit to stand in a letter: one line, nothing hidden, no links."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

SWEDEN: Final = ZoneInfo("Europe/Stockholm")
MAX_FILE_NAME: Final = 80
MAX_LINE: Final = 200
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
NAME_NOT_SHOWN: Final = "en fil vars namn inte visas här"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES: Final = re.compile(rf"[^\S{NO_BREAK}]+")
# Mail programs make links of these, and a file's name is the sender's to choose.
_LINK_LIKE = re.compile(r"://|\bwww\.|@|\bmailto:|\btel:", re.IGNORECASE)


def one_line(value: str, limit: int = MAX_LINE) -> str:
    """Return text without control, formatting and direction characters, on one line."""
    visible = "".join(
        " " if unicodedata.category(char) in _HIDDEN else char
        for char in unicodedata.normalize("NFC", value)
    )
    text = _SPACES.sub(" ", visible).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def paragraphs_of(value: str) -> list[str]:
    """Return what somebody wrote as paragraphs, which blank lines part; their lines are kept."""
    lines = [one_line(line, limit=10_000) for line in value.splitlines()]
    parts = "\n".join(lines).split("\n\n")
    return [part.strip("\n") for part in parts if part.strip("\n")]


def file_name(value: str) -> str:
    """Return a file's name fit to quote; its folders are left out, its ending is kept."""
    name = one_line(re.split(r"[/\\]", value)[-1], limit=10_000)
    if not name or _LINK_LIKE.search(value):
        return NAME_NOT_SHOWN
    if len(name) <= MAX_FILE_NAME:
        return name
    return f"{name[: MAX_FILE_NAME - 21]}…{name[-20:]}"


def moment(value: datetime) -> str:
    """A moment in Swedish: `12 september 2024 kl. 14.03`."""
    local = value.astimezone(SWEDEN)
    return f"{format_date(local, 'd MMMM y', locale='sv')} kl.{NO_BREAK}{local:%H.%M}"


def listing(values: Sequence[str]) -> str:
    """Join in Swedish: `a`, `a och b`, `a, b och c`."""
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} och {values[-1]}"


def number_word(number: int) -> str:
    """A small number of things of common gender in words, a larger one in digits."""
    words = ("noll", "en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva",
             "tolv")  # fmt: skip
    return words[number] if number < len(words) else str(number)
