"""Files that somebody names on the command line."""

import os
from collections.abc import Iterable
from pathlib import Path

from shared.errors import UsageError


def bytes_of(file: Path) -> bytes:
    """Return what a file holds. Raises UsageError for one that cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.") from error


def write(file: Path, data: bytes) -> None:
    """Write a file, and the folders that it is to stand in. Raises UsageError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.") from error


def write_pieces(file: Path, pieces: Iterable[bytes]) -> None:
    """Write a file piece by piece; it gets its name when it is whole. Raises UsageError."""
    partial = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as opened:
            opened.writelines(pieces)
        os.replace(partial, file)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)
