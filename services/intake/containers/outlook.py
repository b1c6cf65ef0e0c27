"""Mails that Outlook saved as files (.msg; MS-OXMSG), with olefile.

A message is a folder of streams, one for each property: `__substg1.0_` and eight hexadecimal
digits, property and type. Its attachments are folders in it; an attached message is a message in
such a folder.
"""

import io
import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

import olefile

from services.intake.containers.member import Budget, ContainerFault, Member
from shared.events import Reason

MOST_DEPTH: Final = 10
"""Messages in messages."""

_STREAM = "__substg1.0_"
_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_"

_BODY, _HTML = 0x1000, 0x1013
_DATA, _METHOD = 0x3701, 0x3705
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME = 0x3707, 0x3704, 0x3001
_CONTENT_ID, _CODEPAGE = 0x3712, 0x3FDE
_STRING8, _STRING, _BINARY, _OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
_BY_VALUE, _EMBEDDED_MESSAGE = 1, 5
_SHOWN = re.compile(rb"cid:([^\"'>\s)]{1,300})", re.IGNORECASE)
_MOST_PROPERTY_BYTES: Final = 20_000_000

Path = tuple[str, ...]


def outlook_members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the words and the attachments of a message, those of messages in it included.

    Raises ContainerFault: UNSUPPORTED_FORMAT for any other file of this kind of container.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if not ole.exists(_PROPERTIES):
                raise ContainerFault(Reason.UNSUPPORTED_FORMAT, "no message")
            yield from _Message(ole, (), "", 0, budget).members()
            if ole.parsing_issues:
                raise ContainerFault(Reason.FILE_REPAIRED, str(ole.parsing_issues[0]))
    except (OSError, ValueError, IndexError, TypeError, struct.error) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken message: {broken}") from broken


class _Message:
    """One message in the file, at `path`; the names of its files begin with `prefix`."""

    def __init__(
        self, ole: olefile.OleFileIO, path: Path, prefix: str, depth: int, budget: Budget
    ) -> None:
        self._ole = ole
        self._path = path
        self._prefix = prefix
        self._depth = depth
        self._budget = budget

    def members(self) -> Iterator[Member]:
        html = self._binary(self._path, _HTML)
        body = self._text(self._path, _BODY)
        if body.strip():
            yield _words(body.encode(), "text/plain", "utf-8")
        elif html.strip():
            yield _words(html, "text/html", _charset(self._numbers(self._path).get(_CODEPAGE)))
        shown = {name.decode("latin-1") for name in _SHOWN.findall(html)}
        for name in self._attachments():
            yield from self._attachment((*self._path, name), shown)
        if self._stated_attachments() > len(self._attachments()):
            raise ContainerFault(Reason.FILE_REPAIRED, "an attachment is not where it should be")

    def _stated_attachments(self) -> int:
        """The number in the header of the properties (MS-OXMSG, 2.4.1.1 and 2.4.1.2)."""
        head = self._property([*self._path, _PROPERTIES])[:24]
        return int.from_bytes(head[20:24], "little")

    def _attachments(self) -> list[str]:
        length = len(self._path)
        names = {
            entry[length]
            for entry in self._ole.listdir(streams=False, storages=True)
            if tuple(entry[:length]) == self._path
            and len(entry) == length + 1
            and entry[length].startswith(_ATTACHMENT)
        }
        return sorted(names)

    def _attachment(self, path: Path, shown: set[str]) -> Iterator[Member]:
        names = (self._text(path, kind) for kind in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME))
        name = next((each for each in names if each.strip()), "")
        method = self._numbers(path).get(_METHOD, _BY_VALUE)
        inner = (*path, _stream(_DATA, _OBJECT))
        if method == _EMBEDDED_MESSAGE or self._ole.exists([*inner, _PROPERTIES]):
            if self._depth >= MOST_DEPTH:
                yield Member(self._prefix + name, _refusing(Reason.TOO_LARGE, "too deep"))
                return
            prefix = f"{self._prefix}{name.replace('/', ' ') or 'mejl'}.msg/"
            yield from _Message(self._ole, inner, prefix, self._depth + 1, self._budget).members()
        elif self._ole.exists([*path, _stream(_DATA, _BINARY)]):
            at = [*path, _stream(_DATA, _BINARY)]
            in_text = self._text(path, _CONTENT_ID).strip("<>") in shown
            yield Member(self._prefix + name, lambda: self._taken(at), in_text=in_text)
        else:
            # A link to a file in somebody's cloud, or an object of another program.
            why = _refusing(Reason.UNSUPPORTED_FORMAT, f"attached by method {method}")
            yield Member(self._prefix + name, why)

    def _taken(self, at: list[str]) -> bytes:
        size = self._ole.get_size(at)
        self._budget.spend(size)
        try:
            data: bytes = self._ole.openstream(at).read()
        except (OSError, ValueError, IndexError) as broken:
            raise ContainerFault(Reason.UNREADABLE_FILE, f"broken message: {broken}") from broken
        if len(data) != size:
            raise ContainerFault(Reason.UNREADABLE_FILE, f"{len(data)} bytes of {size}")
        return data

    def _text(self, path: Path, kind: int) -> str:
        wide = self._property([*path, _stream(kind, _STRING)])
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        return self._property([*path, _stream(kind, _STRING8)]).decode("cp1252", "replace")

    def _binary(self, path: Path, kind: int) -> bytes:
        return self._property([*path, _stream(kind, _BINARY)])

    def _property(self, at: list[str]) -> bytes:
        if not self._ole.exists(at) or self._ole.get_size(at) > _MOST_PROPERTY_BYTES:
            return b""
        data: bytes = self._ole.openstream(at).read()
        return data

    def _numbers(self, path: Path) -> dict[int, int]:
        """The integers among the properties of fixed length: 16 bytes each, at the end."""
        data = self._property([*path, _PROPERTIES])
        found = {}
        for at in range(len(data) % 16, len(data) - 15, 16):
            kind, number, _, value = struct.unpack_from("<HHII", data, at)
            if kind == 0x0003:
                found[number] = value
        return found


def _words(data: bytes, claimed_type: str, charset: str | None) -> Member:
    return Member("", lambda: data, claimed_type=claimed_type, charset=charset)


def _refusing(reason: Reason, message: str) -> Callable[[], bytes]:
    def refuse() -> bytes:
        raise ContainerFault(reason, message)

    return refuse


def _stream(number: int, kind: int) -> str:
    return f"{_STREAM}{number:04X}{kind:04X}"


def _charset(codepage: int | None) -> str | None:
    return None if codepage in (None, 65001) else f"cp{codepage}"
