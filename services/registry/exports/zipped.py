"""A zip as a stream: one file at a time is in memory, however large the whole."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MANIFEST: Final = "manifest-sha256.txt"
_MOST: Final = 80
"""So many signs of a name are kept, and its ending: old programs break on long paths."""
_PACKED: Final = (".pdf", ".png", ".jpg", ".jpeg", ".webp", ".zip", ".docx", ".xlsx")
"""What gains nothing by being packed once more."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}
)
"""Names that mean something else to Windows."""


@dataclass(frozen=True)
class Member:
    """One file of a zip, by its path in it."""

    path: str
    content: bytes


class _Sink:
    """What a zip is written to: it cannot be sought in, and is emptied as it goes."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def zipped(members: Iterable[Member], at: datetime) -> Iterator[bytes]:
    """Yield the zip piece by piece; `at`, on the office's clock, is when its files were made.

    The last file is the manifest: SHA-256 and path of each, as `sha256sum --check` takes it.
    """
    sink = _Sink()
    sums: list[str] = []
    with ZipFile(sink, "w") as file:  # type: ignore[call-overload]
        for member in members:
            _add(file, member, at)
            sums.append(f"{hashlib.sha256(member.content).hexdigest()}  {member.path}\n")
            yield sink.taken()
        _add(file, Member(MANIFEST, "".join(sums).encode()), at)
        yield sink.taken()
    yield sink.taken()


def _add(file: ZipFile, member: Member, at: datetime) -> None:
    info = ZipInfo(member.path, at.timetuple()[:6])
    packed = member.path.lower().endswith(_PACKED)
    info.compress_type = ZIP_STORED if packed else ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    file.writestr(info, member.content)


def safe_name(text: str, otherwise: str = "fil") -> str:
    """Return the text as one name that every system takes, and that leads nowhere else.

    å, ä and ö stay; what is no letter, digit or one of ` .-_()` becomes a line.
    """
    plain = "".join(
        sign if sign.isalnum() or sign in " .-_()" else "_"
        for sign in unicodedata.normalize("NFC", text)
    )
    plain = " ".join(plain.split()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and stem and len(ending) <= 8:
        plain = f"{stem[:_MOST].rstrip(' .')}.{ending}"
    else:
        stem, plain = plain, plain[:_MOST].rstrip(" .")
    if stem.partition(".")[0].strip().casefold() in _DEVICES:
        plain = f"_{plain}"
    return plain or otherwise
