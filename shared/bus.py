"""The bus: streams and consumers, on NATS JetStream, carried by FastStream.

How events are acknowledged, retried and buried is in `delivery.py`, how they leave the outbox in
`publisher.py`, who consumes what in `consumers.py`. Each worker fetches one message at a time, so
that none waits, fetched, behind a slow one.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
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

from shared import delivery, outbox
from shared.consumers import Consumer
from shared.database import Database, DatabaseUnavailable
from shared.delivery import DeliveryPolicy
from shared.errors import Permanent
from shared.events import EVENTS, Event
from shared.publisher import Publisher, stream_of
from shared.settings import CommonSettings
from shared.stopping import end_if_cancelled
from shared.telemetry import METRICS, one_line

SERVICES: Final = ("intake", "registry", "notifier")
DUPLICATE_WINDOW_S: Final = 120.0
WATCH_S: Final = 5.0
STOP_TIMEOUT_S: Final = 40.0

Handler = Callable[[Any], Awaitable[None]]
log = structlog.get_logger()


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
            # What is drained is subscriptions, and ours have ended by then; one that still holds
            # the answer to its last fetch would wait for nothing.
            drain_timeout=2,
            middlewares=[
                NatsPrometheusMiddleware(registry=METRICS, app_name=service),
                lambda message, /, context: DeliveryPolicy(
                    message, context=context, database=database
                ),
            ],
        )
        self._publisher = Publisher(self.broker, service, database, lambda: self.connected)
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
            ack_wait=delivery.ACK_WAIT_S,
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

    def listen(self, told: type[Event], handler: Handler) -> None:
        """Call `handler`, in one process of the service, with each such state that is told.

        None is kept: what is told while nobody listens is not heard.
        """
        self.broker.subscriber(
            told.subject, queue=self._service, no_reply=True, title=f"{self._service}-listens"
        )(handler)

    async def tell(self, told: Event) -> None:
        """Tell a state to whoever listens, if we are connected; the next one replaces it."""
        if self.connected:
            await self.broker.publish(
                told.model_dump_json().encode(),
                told.subject,
                headers={"content-type": "application/json"},
            )

    def stir(self) -> None:
        """Tell, from any thread, that the outbox has something new."""
        self._publisher.stir()

    async def run(self) -> None:
        """Connect, however long it takes; then consume and publish until cancelled."""
        watcher = asyncio.create_task(self._complain_until_connected())
        try:
            await self._start()
        finally:
            watcher.cancel()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publisher.run())
                tasks.create_task(self._watch_streams())
        finally:
            self.connected = False
            await self._stop()

    async def _stop(self) -> None:
        """Let go of the connection, if that is possible soon: one that is being made again may
        never answer, and what was not acknowledged comes again anyhow.
        """
        with contextlib.suppress(Exception):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.broker.stop()

    async def _start(self) -> None:
        while True:
            end_if_cancelled()
            try:
                await self.broker.connect()
                await self._declare_streams()
                await self.broker.start()
                await self._note_stream()
            except (NatsError, APIError, OSError, TimeoutError, DatabaseUnavailable) as error:
                log.warning("bus_start_failed", error=one_line(error))
                await self._stop()
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
            end_if_cancelled()
            await asyncio.sleep(WATCH_S)
            if not self.connected:
                continue
            try:
                await self._check_streams()
            except (NatsError, APIError, OSError, TimeoutError, DatabaseUnavailable) as error:
                log.warning("bus_check_failed", error=one_line(error))

    async def _check_streams(self) -> None:
        context = self.broker.config.connection_state.stream
        try:
            for name in self._used:
                await context.stream_info(name)
            for name, consumer in self._consumers:
                assert consumer.durable_name is not None
                await context.consumer_info(name, consumer.durable_name)
        except NotFoundError:
            log.error("stream_or_consumer_missing", consequence="they are made again")
            self.connected = False
            await self._stop()
            await self._start()
        else:
            await self._note_stream()

    async def _on_error(self, error: Exception) -> None:
        log.debug("bus_error", error=one_line(error))
        end_if_cancelled()  # else the client would try to connect for ever

    async def _on_disconnect(self) -> None:
        self.connected = False
        log.warning("bus_disconnected", consequence="events wait in the outbox")

    async def _on_reconnect(self) -> None:
        self.connected = True
        log.info("bus_reconnected")
