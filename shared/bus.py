"""The bus: streams, consumers, and the policy for acknowledgement, retry and dead letters.

FastStream's broker carries the events. Everything about delivery is decided here:

- a message is acknowledged only when its handler has returned, that is when its effect is
  committed; FastStream's own policy is switched off (on NATS its default drops what fails);
- while a handler works, the server is told so, so that nothing is delivered twice in parallel;
- a `Transient` failure is tried again with growing delay for about a day, any other exception a
  few times, a `Permanent` one not at all; then the event is buried in the dead letters;
- each worker fetches one message at a time, so none waits, fetched, behind a slow one.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from faststream import AckPolicy, BaseMiddleware
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsMessage
from faststream.nats.prometheus import NatsPrometheusMiddleware
from nats.errors import Error as NatsError
from nats.js.api import (
    AckPolicy as ServerAckPolicy,
)
from nats.js.api import (
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
)
from nats.js.errors import APIError, BadRequestError, NotFoundError
from pydantic import ValidationError

from shared import outbox
from shared.consumers import Consumer
from shared.database import Database, DatabaseUnavailable
from shared.errors import HandslagError, Permanent, Transient
from shared.events import EVENTS
from shared.settings import CommonSettings
from shared.telemetry import METRICS, Metrics

SERVICES: Final = ("intake", "registry", "notifier")
ACK_WAIT_S: Final = 30.0
"""After a kill -9, what it had in hand is handed to another after this long."""
HEARTBEAT_S: Final = 8.0
DUPLICATE_WINDOW_S: Final = 120.0
PUBLISH_TIMEOUT_S: Final = 10.0
RELAY_POLL_S: Final = 1.0
RELAY_BATCH: Final = 100
WATCH_S: Final = 5.0
RETRY_DELAYS_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
TRANSIENT_TRIES: Final = 300
"""With the delays above: about a day."""
UNEXPECTED_TRIES: Final = 5

Handler = Callable[[Any], Awaitable[None]]
log = structlog.get_logger()


def stream_of(subject: str) -> str:
    """The stream that holds a subject: one stream for each producing service."""
    return "HANDSLAG_" + subject.split(".")[1].upper()


def _stream(service: str, replicas: int) -> JStream:
    return JStream(
        f"HANDSLAG_{service.upper()}",
        subjects=[f"handslag.{service}.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        duplicate_window=DUPLICATE_WINDOW_S,
        num_replicas=replicas,
        declare=False,
    )


class Bus:
    """One service's end of the bus: it consumes events, and publishes those in its outbox."""

    def __init__(self, settings: CommonSettings, service: str, database: Database) -> None:
        if settings.nats_url is None:
            raise Permanent(
                "HANDSLAG_NATS_URL is not set.",
                code="wrong_setting",
                remedy="Start the services with `handslag up`, or set a NATS server's address.",
            )
        self._service = service
        self._database = database
        self._streams = {name: _stream(name, settings.nats_replicas) for name in SERVICES}
        self._used = {self._streams[service].name}
        self._consumers: list[tuple[str, ConsumerConfig]] = []
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.connected = False
        self.broker = NatsBroker(
            [url.strip() for url in settings.nats_url.split(",")],
            name=f"handslag-{service}",
            logger=None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=5,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
            graceful_timeout=30,
            middlewares=[
                NatsPrometheusMiddleware(registry=METRICS, app_name=service),
                lambda message, /, context: _Policy(message, context=context, database=database),
            ],
        )
        for event in EVENTS:
            if event.subject.split(".")[1] == service:
                self.broker.publisher(
                    event.subject,
                    stream=self._streams[service],
                    schema=event,
                    title=event.__name__,
                    description=event.__doc__,
                )

    def consume(self, consumer: Consumer, handler: Handler, *, workers: int = 1) -> None:
        """Call `handler` with every event that this consumer uses.

        `workers` handle so many events at the same time in this process.
        """
        event, durable = consumer.event, consumer.durable
        self._used.add(stream_of(event.subject))
        config = ConsumerConfig(
            durable_name=durable,
            filter_subject=event.subject,
            ack_policy=ServerAckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_S,
            max_deliver=-1,
            max_ack_pending=1000,
        )
        self._consumers.append((stream_of(event.subject), config))
        for worker in range(workers):
            self.broker.subscriber(
                event.subject,
                stream=self._streams[event.subject.split(".")[1]],
                durable=durable,
                config=config,
                pull_sub=PullSub(batch_size=1, timeout=5.0),
                ack_policy=AckPolicy.MANUAL,
                no_reply=True,
                title=durable,
                include_in_schema=worker == 0,
            )(handler)

    def stir(self) -> None:
        """Tell the relay, from any thread, that the outbox has something new."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stirred.set)

    async def run(self) -> None:
        """Connect, however long it takes; then consume and publish until cancelled."""
        self._loop = asyncio.get_running_loop()
        watcher = asyncio.create_task(self._complain_until_connected())
        try:
            await self._start()
        finally:
            watcher.cancel()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._relay())
                tasks.create_task(self._watch_streams())
        finally:
            self.connected = False
            with contextlib.suppress(Exception):
                await self.broker.stop()

    async def _start(self) -> None:
        while True:
            try:
                await self.broker.connect()
                await self._declare_streams()
                await self.broker.start()
                await self._note_stream()
            except (NatsError, APIError, OSError, TimeoutError, DatabaseUnavailable) as error:
                log.warning("bus_start_failed", error=_one_line(error))
                with contextlib.suppress(Exception):
                    await self.broker.stop()
                await asyncio.sleep(2)
            else:
                self.connected = True
                log.info("bus_connected")
                return

    async def _declare_streams(self) -> None:
        """Make, or bring up to date, the streams in use and our consumers of them."""
        context = self.broker.config.connection_state.stream
        for name in self._used:
            stream = next(each for each in self._streams.values() if each.name == name)
            config = stream.config.evolve(subjects=list(stream.subjects))
            try:
                await context.add_stream(config)
            except BadRequestError:
                await context.update_stream(config)
        for stream_name, consumer in self._consumers:
            await context.add_consumer(stream_name, config=consumer)

    async def _complain_until_connected(self) -> None:
        await asyncio.sleep(5)
        while True:
            log.error(
                "bus_unreachable",
                remedy="Check HANDSLAG_NATS_URL and that the NATS server runs with JetStream. "
                "Mail is still received and kept; it goes on by itself.",
            )
            await asyncio.sleep(60)

    async def _note_stream(self) -> None:
        """Publish the whole outbox again if our stream was created anew."""
        name = self._streams[self._service].name
        context = self.broker.config.connection_state.stream
        info = await context.stream_info(name)
        created = info.created
        if created is None:
            return

        def note() -> bool:
            with self._database.write() as session:
                return outbox.note_stream(session, name, created)

        if await asyncio.to_thread(note):
            log.warning("stream_was_wiped", stream=name, consequence="the outbox is sent again")

    async def _watch_streams(self) -> None:
        """Put back streams and consumers that vanished: NATS may lose all it holds."""
        while True:
            await asyncio.sleep(WATCH_S)
            if not self.connected:
                continue
            try:
                await self._check_streams()
            except (NatsError, APIError, OSError, TimeoutError) as error:
                log.warning("bus_check_failed", error=_one_line(error))

    async def _check_streams(self) -> None:
        context = self.broker.config.connection_state.stream
        try:
            for name in self._used:
                await context.stream_info(name)
            for subscriber in self.broker.subscribers:
                config: Any = subscriber
                await context.consumer_info(config.stream.name, config.extra_options["durable"])
        except NotFoundError:
            log.error("stream_or_consumer_missing", consequence="they are made again")
            self.connected = False
            await self.broker.stop()
            await self._start()
        else:
            await self._note_stream()

    async def _relay(self) -> None:
        """Publish what waits in the outbox, in order, each acknowledged before it is marked."""
        while True:
            if not self.connected:
                await asyncio.sleep(RELAY_POLL_S)
                continue
            try:
                sent = await self._publish_waiting()
            except (NatsError, APIError, OSError, TimeoutError) as error:
                METRICS_RELAY_FAILURES.inc()
                log.warning("publish_failed", error=_one_line(error))
                await asyncio.sleep(RELAY_POLL_S)
                continue
            except DatabaseUnavailable as error:
                log.warning("outbox_unreadable", error=_one_line(error))
                await asyncio.sleep(RELAY_POLL_S)
                continue
            except Exception as error:
                # The relay must outlive what nobody thought of: events wait, none is lost.
                METRICS_RELAY_FAILURES.inc()
                log.error("relay_failed", exc_info=error)
                await asyncio.sleep(RELAY_POLL_S)
                continue
            if not sent:
                # Not wait_for: on Python 3.11 it can swallow the cancellation that stops us.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RELAY_POLL_S):
                        await self._stirred.wait()
                self._stirred.clear()

    async def _publish_waiting(self) -> int:
        rows = await asyncio.to_thread(self._waiting)
        if not rows:
            return 0
        published: list[int] = []
        try:
            for row in rows:
                await self.broker.publish(
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
            return list(outbox.waiting(session, RELAY_BATCH))

    def _mark(self, numbers: list[int]) -> None:
        with self._database.write() as session:
            outbox.mark_published(session, numbers)

    async def _on_error(self, error: Exception) -> None:
        log.debug("bus_error", error=_one_line(error))
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Python 3.11's wait_for loses a cancellation that meets an error (gh-86296), and the
            # client would try to connect for ever.
            raise asyncio.CancelledError

    async def _on_disconnect(self) -> None:
        self.connected = False
        log.warning("bus_disconnected", consequence="events wait in the outbox")

    async def _on_reconnect(self) -> None:
        self.connected = True
        log.info("bus_reconnected")


METRICS_RELAY_FAILURES = Metrics.counter("handslag_relay_failures", "Failed publishings")
METRICS_RETRIES = Metrics.counter("handslag_retries", "Events to be tried again", ["consumer"])
METRICS_DEAD = Metrics.counter("handslag_dead_letters", "Events buried", ["consumer"])


class _Policy(BaseMiddleware[Any, Any]):
    """What happens to a message when its handler returns, fails, or takes its time."""

    def __init__(self, message: Any, *, context: Any, database: Database) -> None:
        super().__init__(message, context=context)
        self._database = database

    async def consume_scope(self, call_next: Any, msg: Any) -> Any:
        message: NatsMessage = msg
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
            METRICS_DEAD.labels(consumer).inc()
            log.error("event_buried", tries=tries, exc_info=error)
            await message.ack()
            return
        delay_s = RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S)) - 1]
        METRICS_RETRIES.labels(consumer).inc()
        log.warning("event_will_be_retried", tries=tries, delay_s=delay_s, error=_one_line(error))
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
    if isinstance(error, Permanent | ValidationError):
        return True
    if isinstance(error, Transient):
        return tries >= TRANSIENT_TRIES
    return tries >= UNEXPECTED_TRIES


async def _keep_alive(message: NatsMessage) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        with contextlib.suppress(NatsError, OSError):
            await message.in_progress()


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
