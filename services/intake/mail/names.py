"""Names of files, made harmless: for people to know a file by, never for a path."""

from email.message import Message
from pathlib import PurePosixPath
from typing import Final

from services.intake.mail import headers

_MOST_NAME: Final = 150


def file_name(part: Message, prefix: str) -> str:
    """A part's name without folders, on one line, short, its ending kept."""
    raw = part.get_filename()
    if raw is None:
        return ""
    name = headers.decoded(raw, 1000).replace("\\", "/").rpartition("/")[2].lstrip(".")
    return _short(f"{prefix}{name}")


def name_within(prefix: str, name: str) -> str:
    """The way to a file in a container; nothing in it leads out of the container."""
    pieces = headers.printable(name, 1000).replace("\\", "/").split("/")
    inner = "/".join(piece.strip(". ") for piece in pieces[:-1] if piece.strip(". "))
    last = pieces[-1].lstrip(".")
    return _short("/".join(piece for piece in (prefix.rstrip("/"), inner, last) if piece))


def _short(name: str) -> str:
    if len(name) <= _MOST_NAME:
        return name
    ending = PurePosixPath(name).suffix[:10]
    return name[: _MOST_NAME - len(ending)] + ending
