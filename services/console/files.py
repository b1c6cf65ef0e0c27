"""Files that somebody names on the command line."""

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
