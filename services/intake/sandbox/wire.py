"""Messages between the service and a child: JSON and blobs, each with its length. Never pickle.

A frame is `!II` (bytes of JSON, number of blobs), `!Q` for each blob's length, the JSON, the
blobs. Whoever receives says how much is taken; the sender is not trusted.
"""

import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_BLOBS = 10_000
_HEAD = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")
_PIECE_BYTES = 1024 * 1024

Read = Callable[[int], bytes]
"""Returns at most so many bytes; none at the end."""
Write = Callable[[memoryview], int]
"""Writes some of the bytes and returns how many."""


class BrokenMessage(Exception):
    """The other side ended in the middle, or sent what is no message, or too much."""


@dataclass(frozen=True)
class Message:
    """What a job is given, and what it gives back."""

    fields: Mapping[str, Any]
    blobs: Sequence[bytes] = field(default_factory=tuple)


def send(write: Write, message: Message) -> None:
    """Write a whole message. Raises OSError."""
    text = json.dumps(message.fields, separators=(",", ":")).encode()
    lengths = b"".join(_LENGTH.pack(len(blob)) for blob in message.blobs)
    for data in (_HEAD.pack(len(text), len(message.blobs)) + lengths + text, *message.blobs):
        view = memoryview(data)
        while view:
            view = view[write(view) :]


def receive(read: Read, most_bytes: int) -> Message:
    """Read a whole message of at most `most_bytes`. Raises BrokenMessage, OSError."""
    text_length, count = _HEAD.unpack(_exactly(read, _HEAD.size))
    if count > MOST_BLOBS:
        raise BrokenMessage(f"{count} blobs")
    lengths = [_LENGTH.unpack(_exactly(read, _LENGTH.size))[0] for _ in range(count)]
    whole = text_length + sum(lengths)
    if whole > most_bytes:
        raise BrokenMessage(f"a message of {whole} bytes, of at most {most_bytes}")
    try:
        fields = json.loads(_exactly(read, text_length))
    except (ValueError, RecursionError) as error:
        raise BrokenMessage(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BrokenMessage("not a JSON object")
    return Message(fields, tuple(_exactly(read, length) for length in lengths))


def reader(handle: int) -> Read:
    """Read from a file descriptor, without the socket calls that a child is denied."""
    return lambda most: os.read(handle, min(most, _PIECE_BYTES))


def writer(handle: int) -> Write:
    """Write to a file descriptor, without the socket calls that a child is denied."""
    return lambda view: os.write(handle, view[:_PIECE_BYTES])


def _exactly(read: Read, length: int) -> bytes:
    pieces: list[bytes] = []
    missing = length
    while missing:
        piece = read(missing)
        if not piece:
            raise BrokenMessage("ended in the middle of a message")
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
