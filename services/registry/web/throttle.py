"""Slows down those who guess passwords: per name and per address, in a sliding window.

The counts are kept in this process: no write to the database gives an attacker a lever, and names
that no account has are slowed down alike. A real account is also locked in its own row, which
outlives a restart.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable

_MAX_KEYS = 20_000


class Throttle:
    """Counts failures under several keys at once."""

    def __init__(self, tries: int, window_s: float, clock: Callable[[], float]) -> None:
        """At most `tries` failures a key in `window_s` seconds; `clock` returns seconds."""
        self._tries = tries
        self._window_s = window_s
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, keys: Iterable[str]) -> float:
        """Seconds until the next try is allowed under all of the keys; 0 when it is now."""
        now = self._clock()
        with self._lock:
            waits = [self._wait(key, now) for key in keys]
        return max(waits, default=0.0)

    def failed(self, keys: Iterable[str]) -> None:
        """Count one failure under each key."""
        now = self._clock()
        with self._lock:
            if len(self._failures) > _MAX_KEYS:
                self._sweep(now)
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=self._tries)).append(now)

    def succeeded(self, keys: Iterable[str]) -> None:
        """Forget the failures under the keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        times = self._failures.get(key)
        if times is None or len(times) < self._tries:
            return 0.0
        return max(0.0, times[0] + self._window_s - now)

    def _sweep(self, now: float) -> None:
        stale = [k for k, times in self._failures.items() if times[-1] + self._window_s < now]
        for key in stale:
            del self._failures[key]
