"""Header values as plain, bounded, printable text. Runs in the contained child."""

import re
import unicodedata
from collections.abc import Iterator
from email import policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

MOST_BYTES = 8192
"""Of one header: encoded words, and quotes in parameters, cost more than their length."""
MOST_ENTRIES = 40

MANNERS = frozenset(
    {
        "auto-submitted",
        "precedence",
        "x-auto-response-suppress",
        "x-autoreply",
        "x-autorespond",
        "x-autorespond-to",
        "x-autoresponse",
        "x-mail-autoreply",
        "x-failed-recipients",
        "x-loop",
        "x-handslag-loop",
        "content-type",
        "return-path",
    }
)
"""The headers that decide whether one may reply (RFC 3834), besides every List-…"""

_UNFIT = frozenset({"Cc", "Cs"})
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")


class BoundedPolicy(policy.Compat32):
    """The old, simple header handling, with every header cut at `MOST_BYTES`.

    The new one parses each header by a grammar, in time that hostile headers make quadratic.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name[:200], value[:MOST_BYTES]


def all_values(message: Message, name: str) -> Iterator[str]:
    """Every value of a header, topmost first, raw but unfolded."""
    for known, value in message.raw_items():
        if known.lower() == name:
            yield _unfolded(value)


def value_of(message: Message, name: str) -> str | None:
    """The topmost value of a header, raw but unfolded."""
    return next(all_values(message, name), None)


def decoded(raw: str, most: int) -> str:
    """A header's text with its encoded words decoded, printable, of at most `most` characters."""
    try:
        pieces = decode_header(raw)
    except (ValueError, LookupError):
        return printable(raw, most)
    text = "".join(
        piece if isinstance(piece, str) else text_of(piece, charset) for piece, charset in pieces
    )
    return printable(text, most)


def text_of(data: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset they claim, else UTF-8, else that of old Windows."""
    for name in (charset, "utf-8"):
        if name and name.lower() not in ("unknown-8bit", "us-ascii"):
            try:
                return data.decode(name)
            except (LookupError, ValueError):
                continue
    return data.decode("cp1252", "replace")


def printable(text: str, most: int) -> str:
    """NFC, one line, without control, bidirectional or other invisible characters."""
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text[: most * 4])
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(kept.split())[:most].strip()


def printable_text(text: str, most: int) -> str:
    """The same on several lines: without control characters and halves of characters."""
    return "".join(
        char for char in text[:most] if char in "\n\t" or unicodedata.category(char) not in _UNFIT
    )


def sender(message: Message) -> tuple[str, str]:
    """The address and the name of the topmost From; empty where there is none that can be read."""
    raw = value_of(message, "from") or ""
    for name, address in getaddresses([raw[:2000]]):
        if "@" in address:
            return one_address(address), decoded(name, 200)
    return "", ""


def return_path(message: Message) -> str | None:
    """The topmost Return-Path: empty for a bounce, None if there is no such header."""
    raw = value_of(message, "return-path")
    if raw is None:
        return None
    return one_address(raw.strip().strip("<>"))


def one_address(text: str) -> str:
    """An address without what could break out of a header or a command; empty if it is none."""
    address = printable(text, 320)
    return address if "@" in address and not re.search(r"[\s<>,;]", address) else ""


def sent_to(message: Message) -> tuple[str, ...]:
    """The addresses that a mail was sent to, at most ten: by its envelope first, then by To."""
    values = [
        value[:2000]
        for name in ("x-original-to", "delivered-to", "envelope-to", "to")
        for value in all_values(message, name)
    ]
    found = (one_address(address) for _, address in getaddresses(values[:20]))
    return tuple(dict.fromkeys(address for address in found if address))[:10]


def message_ids(raw: str | None) -> tuple[str, ...]:
    """The message identifiers in a header, at most the last 20."""
    return tuple(_MESSAGE_ID.findall(raw or ""))[-20:]


def manners(message: Message) -> dict[str, str]:
    """The headers that decide whether one may reply; the topmost of each name."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        lower = printable(name.lower(), 60)
        if (lower in MANNERS or lower.startswith("list-")) and len(found) < MOST_ENTRIES:
            found.setdefault(lower, printable(_unfolded(value), 200))
    return found


def _unfolded(value: object) -> str:
    """The value on one line; bytes that are not ASCII are read as UTF-8 or old Windows."""
    text = str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text_of(text.encode("utf-8", "surrogateescape"), None)
    return re.sub(r"[\r\n]+[ \t]*", " ", text)
