"""A zip that is sent while it is written: nobody waits for the last file to get the first."""

from collections.abc import Iterable, Iterator
from io import RawIOBase
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Outgoing(RawIOBase):
    """A file that cannot be gone back in; what was written is taken from it piece by piece."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        before = len(self._waiting)
        self._waiting += data
        return len(self._waiting) - before

    def taken(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


def zip_of(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a zip of files, each with the name that it has there, a file at a time."""
    outgoing = _Outgoing()
    with ZipFile(outgoing, "w") as archive:
        for name, content in files:
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, content)
            yield outgoing.taken()
    yield outgoing.taken()
