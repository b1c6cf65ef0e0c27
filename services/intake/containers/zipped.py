"""Zip archives, with the standard library: stored and deflated files only.

The other methods of packing are hardly used, and their decoders cannot be stopped half way.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial

from services.intake.containers.member import Budget, ContainerFault, Member
from shared.events import Reason

_ENCRYPTED = 0x1
_EMPTY_DEFLATED = 2
"""Bytes that a folder takes where a program packs it."""
_LOCAL_HEADER, _END_RECORD = 30, 22
"""Bytes, without names (APPNOTE.TXT, 4.3.7 and 4.3.16)."""
_MOST_BETWEEN = 32
"""Bytes: what may follow a file's data (4.3.9) with some padding; no file is that short."""
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def zip_members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive in the order of its directory. Raises ContainerFault.

    FILE_REPAIRED, after the last file, where the archive holds more than its directory lists.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except NotImplementedError as strange:
        raise ContainerFault(Reason.UNSUPPORTED_FORMAT, str(strange)) from strange
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken zip: {broken}") from broken
    with archive:
        for entry in archive.infolist():
            if not entry.is_dir() or entry.file_size or entry.compress_size > _EMPTY_DEFLATED:
                yield Member(entry.filename, partial(_read, archive, entry, budget))
        if archive.infolist() and not _is_whole(archive, data):
            raise ContainerFault(Reason.FILE_REPAIRED, "more in the zip than its directory says")


def _is_whole(archive: zipfile.ZipFile, data: bytes) -> bool:
    """Whether the files of the directory and the directory itself are all that there is."""
    end = 0
    for entry in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if entry.header_offset > end + _MOST_BETWEEN:
            return False
        head = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
        named, more = head[26:28], head[28:30]
        lengths = int.from_bytes(named, "little") + int.from_bytes(more, "little")
        end = max(end, entry.header_offset + _LOCAL_HEADER + lengths + entry.compress_size)
    last = data.rfind(b"PK\x05\x06")
    return (
        archive.start_dir <= end + _MOST_BETWEEN
        and len(data) <= last + _END_RECORD + len(archive.comment) + _MOST_BETWEEN
    )


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise ContainerFault(Reason.LOCKED_FILE, "encrypted")
    if entry.compress_type not in _READ:
        raise ContainerFault(Reason.UNSUPPORTED_FORMAT, f"packed by method {entry.compress_type}")
    # What the directory claims bounds what is unpacked; a false claim is found by the checksum.
    budget.spend(entry.file_size, entry.compress_size)
    try:
        return archive.read(entry)
    except NotImplementedError as strange:
        raise ContainerFault(Reason.UNSUPPORTED_FORMAT, str(strange)) from strange
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken zip: {broken}") from broken
