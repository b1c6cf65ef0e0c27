"""What is wrong with the machinery right now, for the banner on every page and for `/health`."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import anyio.from_thread
import structlog

from shared.telemetry import HealthCheck, check_health

log = structlog.get_logger()

_FRESH_S = 5.0
"""An older answer is still given, but a new one is looked for meanwhile."""
_TOO_OLD_S = 15.0
"""For an older answer than this nobody is spared the wait: the machinery may have failed since."""
_PATIENCE_S = 3.0
"""The wait's end where there is an older answer: a check that hangs must not hang every page."""
CHECKS: Final = "checks"
"""The name of the trouble that the checks themselves do not answer."""


@dataclass(frozen=True)
class Watched:
    """One check as it was found last: what is wrong, if anything, and since when it is so."""

    name: str
    fault: str | None
    since: datetime
    """When it was first found so by this process."""


class Operations:
    """Runs the health checks, no more often than every five seconds however many ask.

    As long as pages are asked for, no visitor waits for them: who finds the last answer old gets
    it, and sets going the checks that the next one sees. Nothing runs while nobody asks.

    If they do not end, because a disk hangs for example, whoever asks is told so a little later.

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
        self._watched: dict[str, Watched] = {}
        self._checked_at: float | None = None
        self._looking: asyncio.Task[None] | None = None

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
        checked_at = self._checked_at
        age_s = time.monotonic() - checked_at if checked_at is not None else None
        answered = True
        if age_s is None or age_s > _TOO_OLD_S:
            answered = anyio.from_thread.run(self._looked)
        elif age_s > _FRESH_S:
            anyio.from_thread.run_sync(self._look)
        found = tuple(self._watched.values())
        if answered:
            return found
        silence = f"no answer for {_PATIENCE_S:.0f} s"
        return (*found, Watched(CHECKS, silence, max(one.since for one in found)))

    def look_again(self) -> None:
        """Let the next who asks wait for the checks: something was mended just now."""
        # Checks that run already may have seen it as it was before.
        self._checked_at, self._looking = None, None

    async def _looked(self) -> bool:
        """Return when checks have ended that nobody has asked to be made again meanwhile.

        Where there is an older answer they are not waited for beyond patience: then False.
        """
        with anyio.move_on_after(_PATIENCE_S if self._watched else None) as waiting:
            await asyncio.shield(self._look())
            while self._checked_at is None:
                await asyncio.shield(self._look())
        return not waiting.cancelled_caught

    def _look(self) -> asyncio.Task[None]:
        """Begin the checks unless they run already. On the loop, as all that runs them."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._check())
        return self._looking

    async def _check(self) -> None:
        _, shown = await check_health(self._all)
        if self._looking is not asyncio.current_task():
            return
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
