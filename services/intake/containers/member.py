"""One file inside another, and how much may be taken out."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import HandslagError
from shared.events import Reason

RATIO_HOLDS_FROM_BYTES = 1024 * 1024
"""A small file may well shrink to nothing: a blank page does."""


class ContainerFault(HandslagError):
    """A container, or a file in it, that cannot be taken out; `reason` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, code=reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Member:
    """A file in a container. `read` takes it out, when somebody asks; it raises ContainerFault.

    `name` is as the container has it, with folders, not to be trusted. `claimed_type` is
    `text/plain` or `text/html` for the words of a mail. `in_text` says that the mail's text shows
    it, as it shows a logo.
    """

    name: str
    read: Callable[[], bytes]
    claimed_type: str = "application/octet-stream"
    charset: str | None = None
    in_text: bool = False


class Budget:
    """What all containers of one mail may grow to, together."""

    def __init__(self, *, bytes_: int, ratio: int) -> None:
        self._left = bytes_
        self._ratio = ratio

    def spend(self, size_bytes: int, packed_bytes: int | None = None) -> None:
        """Account for a file before it is taken out. Raises ContainerFault if it is too much."""
        grown = packed_bytes is not None and size_bytes > self._ratio * max(packed_bytes, 1)
        if grown and size_bytes > RATIO_HOLDS_FROM_BYTES:
            raise ContainerFault(Reason.TOO_LARGE, f"{packed_bytes} bytes hold {size_bytes}")
        if size_bytes > self._left:
            raise ContainerFault(Reason.TOO_LARGE, f"{size_bytes} bytes, {self._left} are left")
        self._left -= size_bytes
