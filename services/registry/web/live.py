"""What changes in the register, for pages that are open: one look a second for all of them.

Whatever is done stands in the händelselogg, so its last number tells that something was, by
whichever process; the letters of mailings do not, so the last one told of is looked at too. Only
then is it asked what it was.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from sqlmodel import col, func, select

from services.registry.tables import EventLog, Message, ReviewItem, ReviewState
from services.registry.web.queries import waiting_counts
from shared.database import Database, DatabaseUnavailable
from shared.telemetry import Metrics

POLL_S: Final = 1.0
AWAY_S: Final = 5.0
"""How long it waits for a database that is away."""
HEARTBEAT_S: Final = 15.0
"""Nothing is silent for longer, so that no proxy takes the connection for dead."""
MOST_PER_PERSON: Final = 4
"""A browser opens six connections to a host; the pages themselves need some."""
MOST_NEW: Final = 500
_LATE_COMMITS: Final = 3
"""So many looks after a change are whole ones: a lower number may be committed after a higher."""

OPEN = Metrics.gauge("handslag_live_pages", "Pages that are told what changes as it happens")
log = structlog.get_logger()


@dataclass(frozen=True)
class ItemNow:
    """One item of the queue."""

    open: bool
    claimed_by: str
    resolved_by: str
    revision: int


@dataclass(frozen=True)
class Now:
    """What open pages show that others may change."""

    mark: str
    """Another after each change: the last line of the händelselogg, and the last letter told of."""
    counts: Mapping[str, int]
    newest: tuple[int, ...]
    """The open items that were made last, the last first; so many as are told apart."""
    items: Mapping[int, ItemNow]
    """Those that somebody looks at."""


@dataclass(eq=False)
class _Page:
    """One open page."""

    who: str
    items: frozenset[int]
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    greeted: bool = False
    ended: bool = False


class Live:
    """Follows the register for the open pages of this process; all its parts run on one loop."""

    def __init__(self, database: Database, poll_s: float = POLL_S) -> None:
        self._database = database
        self._poll_s = poll_s
        self._pages: list[_Page] = []
        self._now: Now | None = None
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def follow(self, who: str, items: frozenset[int]) -> AsyncIterator[Now | None]:
        """Yield how things are, at once and after each change; None when nothing has changed long.

        `items` are those of the queue that the page shows. It ends when the process stops, or when
        the same person opens so many pages that this is the oldest of too many.
        """
        if self._closed:
            return
        self._loop = asyncio.get_running_loop()
        page = _Page(who, items)
        self._make_room(who)
        self._pages.append(page)
        OPEN.inc()
        self._wake()
        try:
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await page.stirred.wait()
                except TimeoutError:
                    yield None
                    continue
                page.stirred.clear()
                if page.ended:
                    return
                if self._now is not None:
                    yield self._now
        finally:
            self._pages.remove(page)
            OPEN.dec()

    def look(self, items: frozenset[int]) -> Now:
        """Return how things are. Call it in a worker thread. Raises DatabaseUnavailable."""
        seen = self._look(None, items)
        assert seen is not None
        return seen

    def close(self) -> None:
        """End all, and let nobody follow any more. From any thread."""
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    def _make_room(self, who: str) -> None:
        own = [page for page in self._pages if page.who == who and not page.ended]
        for page in own[: max(0, len(own) - MOST_PER_PERSON + 1)]:
            _end(page)

    def _end_all(self) -> None:
        for page in self._pages:
            _end(page)
        self._woken.set()

    def _wake(self) -> None:
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        """Look as long as anybody follows."""
        looks = 0
        while self._pages:
            self._woken.clear()
            pages = list(self._pages)
            whole = looks > 0 or not all(page.greeted for page in pages)
            known = None if whole or self._now is None else self._now.mark
            pause_s = self._poll_s
            try:
                asked = frozenset().union(*(page.items for page in pages))
                seen = await asyncio.to_thread(self._look, known, asked)
            except DatabaseUnavailable:
                pause_s = AWAY_S
            except Exception:
                # The pages that are open must not fall silent for good.
                log.exception("live_look_failed")
                pause_s = AWAY_S
            else:
                before = self._now.mark if self._now else None
                changed = seen is not None and seen.mark != before
                looks = _LATE_COMMITS if changed else max(0, looks - 1)
                self._tell(pages, seen)
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                continue
        self._task = None

    def _tell(self, pages: list[_Page], seen: Now | None) -> None:
        if seen is None:
            return
        different = seen != self._now
        self._now = seen
        for page in pages:
            if different or not page.greeted:
                page.greeted = True
                page.stirred.set()

    def _look(self, known: str | None, items: frozenset[int]) -> Now | None:
        """Return how things are, or None if nothing was done since the mark that is known."""
        with self._database.read() as session:
            number = session.exec(select(func.max(EventLog.id))).one() or 0
            told: datetime | None = session.exec(select(func.max(Message.settled_at))).one()
            mark = str(number) if told is None else f"{number}.{told.timestamp():.6f}"
            if mark == known:
                return None
            newest = session.exec(
                select(ReviewItem.id)
                .where(col(ReviewItem.state) == ReviewState.OPEN)
                .order_by(col(ReviewItem.id).desc())
                .limit(MOST_NEW)
            ).all()
            looked_at = session.exec(select(ReviewItem).where(col(ReviewItem.id).in_(items)))
            return Now(
                mark=mark,
                counts=waiting_counts(session),
                newest=tuple(one for one in newest if one is not None),
                items={
                    one.id: ItemNow(
                        open=one.state is ReviewState.OPEN,
                        claimed_by=one.claimed_by or "",
                        resolved_by=one.resolved_by,
                        revision=one.revision,
                    )
                    for one in looked_at
                    if one.id is not None
                },
            )


def _end(page: _Page) -> None:
    page.ended = True
    page.stirred.set()
