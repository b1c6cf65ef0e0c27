"""winmail.dat: what Exchange makes of a mail in Outlook's own format (MS-OXTNEF).

Read here rather than with a library: the one that exists takes a truncated or damaged attachment
for a whole one. Every length and checksum is held to; what does not fit is a fault.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.intake.containers.member import Budget, ContainerFault, Member
from shared.events import Reason

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
MOST_DEPTH: Final = 10
"""Messages in messages."""

_ATTRIBUTE = struct.Struct("<BHHI")
_BODY, _CODEPAGE, _PROPERTIES = 0x800C, 0x9007, 0x9003
_NEW_ATTACHMENT, _TITLE, _DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005

_TEXT_BODY, _HTML_BODY, _OBJECT_DATA = 0x1000, 0x1013, 0x3701
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME = 0x3707, 0x3704, 0x3001
_STRING8, _STRING, _BINARY, _OBJECT, _CLASS_ID = 0x001E, 0x001F, 0x0102, 0x000D, 0x0048
_SEVERAL, _NAMED = 0x1000, 0x8000
_FIXED_BYTES: Final[Mapping[int, int]] = {
    0x0002: 2, 0x000B: 2, 0x0003: 4, 0x0004: 4, 0x000A: 4,
    0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, _CLASS_ID: 16,
}  # fmt: skip
_INTERFACE_BYTES = 16
"""Before an embedded object stands the identifier of its interface."""


@dataclass
class _Attachment:
    title: str = ""
    data: bytes | None = None
    properties: dict[int, bytes | str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        names = (self.properties.get(kind) for kind in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME))
        return next((name for name in names if isinstance(name, str) and name), self.title)


def tnef_members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the words and the attachments of a message, those of messages in it included.

    Raises ContainerFault.
    """
    yield from _members(data, "", 0, budget)


def _members(data: bytes, prefix: str, depth: int, budget: Budget) -> Iterator[Member]:
    try:
        texts, attachments = _message(data)
    except (struct.error, LookupError, ValueError) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken TNEF: {broken}") from broken
    for words, kind in texts:
        yield Member("", _giving(words), claimed_type=kind)
    for one in attachments:
        yield from _attached(one, prefix, depth, budget)


def _attached(one: _Attachment, prefix: str, depth: int, budget: Budget) -> Iterator[Member]:
    thing = one.properties.get(_OBJECT_DATA)
    if one.data is None and isinstance(thing, bytes):
        inner = thing[_INTERFACE_BYTES:]
        if inner.startswith(SIGNATURE):
            if depth >= MOST_DEPTH:
                raise ContainerFault(Reason.TOO_LARGE, "too deep")
            name = one.name.replace("/", " ") or "mejl"
            yield from _members(inner, f"{prefix}{name}.msg/", depth + 1, budget)
            return
    data = one.data

    def read() -> bytes:
        if data is None:
            raise ContainerFault(Reason.UNSUPPORTED_FORMAT, "an object of another program")
        budget.spend(len(data))
        return data

    yield Member(prefix + one.name, read)


def _message(data: bytes) -> tuple[list[tuple[bytes, str]], list[_Attachment]]:
    texts: list[tuple[bytes, str]] = []
    attachments: list[_Attachment] = []
    codepage = "cp1252"
    for name, value in _attributes(data):
        match name:
            case 0x9007 if len(value) >= 4:
                codepage = _codec(struct.unpack_from("<I", value)[0])
            case 0x800C:
                texts.append((_string(value, codepage).encode(), "text/plain"))
            case 0x9003:
                texts += _bodies(_properties(value, codepage))
            case 0x9002:
                attachments.append(_Attachment())
            case 0x8010 | 0x800F | 0x9005:
                if not attachments:
                    raise ValueError("an attachment that never began")
                _add(attachments[-1], name, value, codepage)
    return texts, attachments


def _add(one: _Attachment, name: int, value: bytes, codepage: str) -> None:
    match name:
        case 0x8010:
            one.title = _string(value, codepage)
        case 0x800F:
            one.data = value
        case 0x9005:
            one.properties = _properties(value, codepage)


def _bodies(properties: Mapping[int, bytes | str]) -> list[tuple[bytes, str]]:
    text, html = properties.get(_TEXT_BODY), properties.get(_HTML_BODY)
    if isinstance(text, str) and text.strip():
        return [(text.encode(), "text/plain")]
    if html:
        return [(html if isinstance(html, bytes) else html.encode(), "text/html")]
    return []


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each attribute (2.1.3): level, name, type, length, the data, a checksum."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF")
    at = len(SIGNATURE) + 2
    while at < len(data):
        _, name, _, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        value = data[at : at + length]
        [checksum] = struct.unpack_from("<H", data, at + length)
        if sum(value) & 0xFFFF != checksum:
            raise ValueError(f"attribute {name:#06x} does not have its checksum")
        at += length + 2
        yield name, value


def _properties(data: bytes, codepage: str) -> dict[int, bytes | str]:
    """The strings and the binaries of a list of properties (2.1.3.4); each first value."""
    found: dict[int, bytes | str] = {}
    reader = _Reader(data)
    for _ in range(reader.number()):
        kind, number = reader.two_shorts()
        if number >= _NAMED:
            reader.take(16)
            reader.take(4) if reader.number() == 0 else reader.take(reader.number(), pad=True)
        several, kind = bool(kind & _SEVERAL), kind & ~_SEVERAL
        if kind in _FIXED_BYTES:
            reader.take(_FIXED_BYTES[kind] * (reader.number() if several else 1), pad=True)
            continue
        if kind not in (_STRING8, _STRING, _BINARY, _OBJECT):
            raise ValueError(f"unknown type of property {kind:#06x}")
        values = [reader.take(reader.number(), pad=True) for _ in range(reader.number())]
        if values:
            found[number] = _value(values[0], kind, codepage)
    return found


def _value(value: bytes, kind: int, codepage: str) -> bytes | str:
    match kind:
        case 0x001F:
            return value.decode("utf-16-le", "replace").rstrip("\0")
        case 0x001E:
            return _string(value, codepage)
        case _:
            return value


class _Reader:
    """Reads from the front; what is not there is a ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int, *, pad: bool = False) -> bytes:
        value = self._data[self._at : self._at + length]
        if len(value) < length:
            raise ValueError("ends in the middle")
        self._at += length + (-length % 4 if pad else 0)
        return value

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def two_shorts(self) -> tuple[int, int]:
        data = self.take(4)
        return int.from_bytes(data[:2], "little"), int.from_bytes(data[2:], "little")


def _string(value: bytes, codepage: str) -> str:
    return value.split(b"\0")[0].decode(codepage, "replace")


def _codec(codepage: int) -> str:
    name = "utf-8" if codepage == 65001 else f"cp{codepage}"
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name


def _giving(data: bytes) -> Callable[[], bytes]:
    return lambda: data
