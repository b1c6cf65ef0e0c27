"""What is wrong with the machinery right now, for the banner on every page and for `/health`."""

import threading
import time
from collections.abc import Mapping

import anyio.from_thread
import structlog

from shared.telemetry import HealthCheck, check_health

log = structlog.get_logger()

_FRESH_S = 10.0


class Operations:
    """Runs the health checks, no more often than every ten seconds however many ask."""

    def __init__(self, checks: Mapping[str, HealthCheck]) -> None:
        self._checks = checks
        self._lock = threading.Lock()
        self._faults: dict[str, str] = {}
        self._checked_at: float | None = None

    def faults(self) -> dict[str, str]:
        """Return what is wrong, by check. Call it in a worker thread of the application."""
        # While one visitor waits for the checks, the others get the last answer.
        if self._stale() and self._lock.acquire(blocking=self._checked_at is None):
            try:
                if self._stale():
                    self._check()
            finally:
                self._lock.release()
        return self._faults

    def _stale(self) -> bool:
        return self._checked_at is None or self._checked_at + _FRESH_S < time.monotonic()

    def _check(self) -> None:
        _, shown = anyio.from_thread.run(check_health, self._checks)
        found = shown["faults"]
        assert isinstance(found, dict)
        if found != self._faults:
            log.warning("health_changed", faults=found)
        self._faults = found
        self._checked_at = time.monotonic()
