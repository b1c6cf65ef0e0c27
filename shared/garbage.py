"""Python's garbage collector, told what stays, so that no request waits for a look at all of it."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 10_000
"""So many more were made than let go before the youngest are looked at; Python itself has 700."""


def keep_what_is_loaded() -> None:
    """Leave all that exists now out of the collector's rounds, and make these rarer.

    To be called once, when a process that serves pages has built what it keeps. The modules and the
    routes are 300,000 objects, and a round over them takes 0.2 s in which nobody is answered. What
    is no longer referred to is freed at once as before; only cycles wait for a round.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
