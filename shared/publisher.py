"""The relay between the outbox and the stream."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from faststream.nats import NatsBroker
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.errors import APIError

from shared import outbox
from shared.database import Database, DatabaseUnavailable
from shared.stopping import end_if_cancelled
from shared.telemetry import Metrics, one_line

PUBLISH_TIMEOUT_S: Final = 10.0
POLL_S: Final = 1.0
BATCH: Final = 100
GATHER_S: Final = 0.1
"""Apart so long at least, unless there is a whole batch: a burst costs less, and one event alone
goes at once."""

FAILURES = Metrics.counter("handslag_relay_failures", "Failed publishings")
log = structlog.get_logger()


def stream_name(service: str) -> str:
    """The stream of what a service produces."""
    return f"HANDSLAG_{service.upper()}"


def stream_of(subject: str) -> str:
    """The stream that holds a subject."""
    return stream_name(subject.split(".")[1])


class Publisher:
    """Publishes a service's outbox: at once when stirred, and every second in any case."""

    def __init__(
        self,
        broker: NatsBroker,
        service: str,
        database: Database,
        connected: Callable[[], bool],
    ) -> None:
        self._broker = broker
        self._service = service
        self._stream = stream_name(service)
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
        begun_at, sent = self._loop.time() - GATHER_S, 0
        while True:
            end_if_cancelled()
            if not self._connected():
                await asyncio.sleep(POLL_S)
                continue
            if sent < BATCH:
                await asyncio.sleep(max(0.0, begun_at + GATHER_S - self._loop.time()))
            begun_at = self._loop.time()
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
        rows, birth = await asyncio.to_thread(self._waiting)
        published: list[int] = []
        try:
            for row in rows:
                assert row.number is not None
                try:
                    await self._publish(row)
                except MaxPayloadError as error:
                    # It will never go through, and must not hold up what waits behind it.
                    await asyncio.to_thread(self._bury, row, error)
                else:
                    published.append(row.number)
        finally:
            if published:
                await asyncio.to_thread(self._mark, published, birth)
        return len(rows)

    async def _publish(self, row: outbox.OutboxRow) -> None:
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

    def _waiting(self) -> tuple[list[outbox.OutboxRow], datetime | None]:
        with self._database.read() as session:
            rows = list(outbox.waiting(session, BATCH))
            return rows, outbox.stream_birth(session, self._stream)

    def _mark(self, numbers: list[int], birth: datetime | None) -> None:
        with self._database.write() as session:
            if not outbox.mark_published(session, numbers, self._stream, birth):
                log.warning("acknowledged_by_a_stream_that_is_gone", events=len(numbers))

    def _bury(self, row: outbox.OutboxRow, error: MaxPayloadError) -> None:
        log.error("event_too_large", subject=row.subject, size_bytes=len(row.body.encode()))
        with self._database.write() as session:
            outbox.bury(
                session,
                event_id=row.event_id,
                consumer=f"{self._service}-outbox",
                subject=row.subject,
                body=row.body,
                mail_id=outbox.mail_id_in(row.body),
                code="event_too_large",
                message=f"The event is larger than NATS takes: {error}",
                remedy="Raise max_payload in the configuration of NATS, then retry.",
                tries=1,
            )
            held = session.get_one(outbox.OutboxRow, row.number)
            held.published_at = outbox.now()
            session.add(held)
