"""What happens to an event when its handler returns, fails, or takes its time.

- It is acknowledged only when its handler has returned, that is when its effect is committed;
  FastStream's own policy is switched off (on NATS its default drops what fails).
- While a handler works the server is told so: nothing is delivered twice in parallel.
- A `Transient` failure is tried again with growing delay for about a day, any other exception a
  few times, a `Permanent` one not at all; then the event is buried in the dead letters.
- An event that cannot be understood is tried again for half an hour: in a rolling upgrade it may
  have been written by a newer service than its reader. Upgrade the registry first.
"""

import asyncio
import contextlib
from typing import Any, Final

import structlog
from faststream import BaseMiddleware
from faststream.nats.message import NatsMessage
from nats.errors import Error as NatsError
from pydantic import ValidationError

from shared import outbox
from shared.database import Database, DatabaseUnavailable
from shared.errors import HandslagError, Permanent, Transient
from shared.telemetry import Metrics, one_line

ACK_WAIT_S: Final = 30.0
"""After a kill -9, what it had in hand is handed to another after this long."""
HEARTBEAT_S: Final = 8.0
RETRY_DELAYS_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
TRANSIENT_TRIES: Final = 300
"""With the delays above: about a day."""
UNEXPECTED_TRIES: Final = 5
NOT_UNDERSTOOD_TRIES: Final = 12
"""With the delays above: half an hour, in which a rolling upgrade ends."""

RETRIED = Metrics.counter("handslag_retries", "Events to be tried again", ["consumer"])
_ACKNOWLEDGED_AT: Final = "$JS.ACK."
BURIED = Metrics.counter("handslag_dead_letters", "Events buried", ["consumer"])
log = structlog.get_logger()


class DeliveryPolicy(BaseMiddleware[Any, Any]):
    """What happens to a message when its handler returns, fails, or takes its time."""

    def __init__(self, message: Any, *, context: Any, database: Database) -> None:
        super().__init__(message, context=context)
        self._database = database

    async def consume_scope(self, call_next: Any, msg: Any) -> Any:
        message: NatsMessage = msg
        if not message.raw_message.reply.startswith(_ACKNOWLEDGED_AT):
            # A state that is only told: the next one replaces it, so nothing is tried again.
            return await call_next(msg)
        metadata = message.raw_message.metadata
        consumer, tries = metadata.consumer, metadata.num_delivered
        heartbeat = asyncio.create_task(_keep_alive(message))
        try:
            with structlog.contextvars.bound_contextvars(consumer=consumer):
                try:
                    await call_next(msg)
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    await self._failed(message, consumer, tries, error)
                else:
                    await message.ack()
        finally:
            heartbeat.cancel()

    async def _failed(
        self, message: NatsMessage, consumer: str, tries: int, error: Exception
    ) -> None:
        if _to_be_buried(error, tries):
            try:
                await asyncio.to_thread(self._bury, message, consumer, tries, error)
            except DatabaseUnavailable:
                await message.nack(delay=RETRY_DELAYS_S[-2])
                return
            BURIED.labels(consumer).inc()
            log.error("event_buried", tries=tries, exc_info=error)
            await message.ack()
            return
        delay_s = RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S)) - 1]
        RETRIED.labels(consumer).inc()
        log.warning("event_will_be_retried", tries=tries, delay_s=delay_s, error=one_line(error))
        await message.nack(delay=delay_s)

    def _bury(self, message: NatsMessage, consumer: str, tries: int, error: Exception) -> None:
        raw = message.raw_message
        body = raw.data.decode("utf-8", "replace")
        known = error if isinstance(error, HandslagError) else None
        with self._database.write() as session:
            outbox.bury(
                session,
                event_id=outbox.event_id_in(body, raw.headers or {}),
                consumer=consumer,
                subject=raw.subject,
                body=body,
                mail_id=outbox.mail_id_in(body),
                code=known.code if known else "unexpected",
                message=str(error) or type(error).__name__,
                remedy=known.remedy
                if known
                else "Look at the service's log; retry when the cause is mended.",
                tries=tries,
            )


def _to_be_buried(error: Exception, tries: int) -> bool:
    if isinstance(error, Permanent):
        return True
    if isinstance(error, ValidationError):
        return tries >= NOT_UNDERSTOOD_TRIES
    if isinstance(error, Transient):
        return tries >= TRANSIENT_TRIES
    return tries >= UNEXPECTED_TRIES


async def _keep_alive(message: NatsMessage) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        with contextlib.suppress(NatsError, OSError):
            await message.in_progress()
