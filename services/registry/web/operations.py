"""What is wrong with the machinery right now, for the banner on every page and for `/health`."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio.from_thread
import structlog

from shared.telemetry import HealthCheck, check_health

log = structlog.get_logger()

_FRESH_S = 10.0


@dataclass(frozen=True)
class Watched:
    """One check as it was found last: what is wrong, if anything, and since when it is so."""

    name: str
    fault: str | None
    since: datetime
    """When it was first found so by this process."""


class Operations:
    """Runs the health checks, no more often than every ten seconds however many ask.

    `concerns` are checked as the health checks are, and shown to people, but say nothing about
    whether the service works: a supervisor that restarts it would mend none of them.
    """

    def __init__(
        self,
        checks: Mapping[str, HealthCheck],
        concerns: Mapping[str, HealthCheck],
        now: Callable[[], datetime],
    ) -> None:
        self._checks = checks
        self._all = {**checks, **concerns}
        self._now = now
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._checked_at: float | None = None

    def faults(self) -> dict[str, str]:
        """Return what keeps the service from working, by check. Call it in a worker thread."""
        return {
            one.name: one.fault for one in self.watched() if one.name in self._checks and one.fault
        }

    def troubles(self) -> dict[str, str]:
        """Return everything that a person should see to, by check. Call it in a worker thread."""
        return {one.name: one.fault for one in self.watched() if one.fault}

    def watched(self) -> tuple[Watched, ...]:
        """Return every check as it was found last. Call it in a worker thread."""
        # While one visitor waits for the checks, the others get the last answer.
        if self._stale() and self._lock.acquire(blocking=self._checked_at is None):
            try:
                if self._stale():
                    self._check()
            finally:
                self._lock.release()
        return tuple(self._watched.values())

    def look_again(self) -> None:
        """Let the next who asks wait for the checks: something was mended just now."""
        self._checked_at = None

    def _stale(self) -> bool:
        return self._checked_at is None or self._checked_at + _FRESH_S < time.monotonic()

    def _check(self) -> None:
        _, shown = anyio.from_thread.run(check_health, self._all)
        found = shown["faults"]
        assert isinstance(found, dict)
        if found != {one.name: one.fault for one in self._watched.values() if one.fault}:
            log.warning("health_changed", faults=found)
        at = self._now()
        self._watched = {name: self._found(name, found.get(name), at) for name in self._all}
        self._checked_at = time.monotonic()

    def _found(self, name: str, fault: str | None, at: datetime) -> Watched:
        before = self._watched.get(name)
        same = before is not None and (before.fault is None) == (fault is None)
        return Watched(name, fault, before.since if before is not None and same else at)
