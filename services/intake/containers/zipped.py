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
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def zip_members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive in the order of its directory. Raises ContainerFault."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except NotImplementedError as strange:
        raise ContainerFault(Reason.UNSUPPORTED_FORMAT, str(strange)) from strange
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken zip: {broken}") from broken
    with archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield Member(entry.filename, partial(_read, archive, entry, budget))


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
