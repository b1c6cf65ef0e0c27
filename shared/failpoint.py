"""Lets a test end this very process, as a power cut would, at a named step boundary."""

import os
import signal
from collections import Counter
from typing import Final

VARIABLE: Final = "HANDSLAG_FAILPOINT"
_reached: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Kill this process if `HANDSLAG_FAILPOINT` is `name`, or `name:N` at the N:th passing.

    Without the variable this does nothing. No production setting sets it.
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    wanted_name, _, wanted_passing = wanted.partition(":")
    if wanted_name == name:
        _reached[name] += 1
        if _reached[name] == int(wanted_passing or 1):
            os.kill(os.getpid(), signal.SIGKILL)
