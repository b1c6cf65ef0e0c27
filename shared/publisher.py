"""The relay between the outbox and the stream."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog
from faststream.nats import NatsBroker
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from shared import outbox
from shared.database import Database, DatabaseUnavailable
from shared.telemetry import Metrics, one_line

PUBLISH_TIMEOUT_S: Final = 10.0
POLL_S: Final = 1.0
BATCH: Final = 100

FAILURES = Metrics.counter("handslag_relay_failures", "Failed publishings")
log = structlog.get_logger()


def stream_of(subject: str) -> str:
    """The stream that holds a subject: one stream for each producing service."""
    return "HANDSLAG_" + subject.split(".")[1].upper()


class Publisher:
    """Publishes a service's outbox: at once when stirred, and every second in any case."""

    def __init__(
        self, broker: NatsBroker, database: Database, connected: Callable[[], bool]
    ) -> None:
        self._broker = broker
        self._database = database
        self._connected = connected
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stir(self) -> None:
        """Tell, from any thread, that the outbox has something new."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stirred.set)

    async def run(self) -> None:
        """Publish what waits in the outbox, in order, each acknowledged before it is marked."""
        self._loop = asyncio.get_running_loop()
        while True:
            if not self._connected():
                await asyncio.sleep(POLL_S)
                continue
            try:
                sent = await self._publish_waiting()
            except (NatsError, APIError, OSError, TimeoutError) as error:
                FAILURES.inc()
                log.warning("publish_failed", error=one_line(error))
                await asyncio.sleep(POLL_S)
                continue
            except DatabaseUnavailable as error:
                log.warning("outbox_unreadable", error=one_line(error))
                await asyncio.sleep(POLL_S)
                continue
            except Exception as error:
                # The relay must outlive what nobody thought of: events wait, none is lost.
                FAILURES.inc()
                log.error("relay_failed", exc_info=error)
                await asyncio.sleep(POLL_S)
                continue
            if not sent:
                # Not wait_for: on Python 3.11 it can swallow the cancellation that stops us.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._stirred.wait()
                self._stirred.clear()

    async def _publish_waiting(self) -> int:
        rows = await asyncio.to_thread(self._waiting)
        if not rows:
            return 0
        published: list[int] = []
        try:
            for row in rows:
                await self._broker.publish(
                    row.body.encode(),
                    row.subject,
                    stream=stream_of(row.subject),
                    headers={
                        "Nats-Msg-Id": f"{row.event_id}:{row.attempt}",
                        "content-type": "application/json",
                    },
                    correlation_id=str(row.event_id),
                    timeout=PUBLISH_TIMEOUT_S,
                )
                assert row.number is not None
                published.append(row.number)
        finally:
            if published:
                await asyncio.to_thread(self._mark, published)
        return len(published)

    def _waiting(self) -> list[outbox.OutboxRow]:
        with self._database.read() as session:
            return list(outbox.waiting(session, BATCH))

    def _mark(self, numbers: list[int]) -> None:
        with self._database.write() as session:
            outbox.mark_published(session, numbers)
