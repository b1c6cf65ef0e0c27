"""What a child can be asked to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.intake.sandbox.wire import Message


@dataclass(frozen=True)
class Job:
    """`run` gets untrusted bytes and runs contained; it may start tesseract or nothing at all.

    A job in the `background` gets the processor only where nobody else wants it (nice 19), and so
    does all that it starts. `prepare` runs once, in the fork server: what it loads, no child has
    to load again. It returns what is missing on this machine, a sentence each with its remedy.
    """

    run: Callable[[Message], Message]
    may_execute: bool = False
    background: bool = False
    prepare: Callable[[], Sequence[str]] | None = None
