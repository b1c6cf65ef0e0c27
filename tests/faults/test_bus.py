"""The bus under fire: a real NATS server that is away, wiped, or slow to be believed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from shared import bus as bus_module
from shared import delivery, outbox, publisher
from shared.bus import Bus
from shared.consumers import Consumer
from shared.database import Database
from shared.errors import Permanent, Transient
from shared.events import MailArchived, MailboxRole
from shared.settings import CommonSettings
from tests.nats import NatsServer

WAIT_S = 30.0
TAKE = Consumer("registry", "record", MailArchived, "takes effect once")


@pytest.fixture
def intake_database(other_database_url: str) -> Iterator[Database]:
    database = Database(other_database_url)
    outbox.BusTable.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def registry_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    outbox.BusTable.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RETRY_DELAYS_S", (0.1, 0.1, 0.2))
    monkeypatch.setattr(publisher, "POLL_S", 0.2)
    monkeypatch.setattr(bus_module, "WATCH_S", 0.5)
    monkeypatch.setattr(delivery, "ACK_WAIT_S", 2.0)
    monkeypatch.setattr(delivery, "HEARTBEAT_S", 0.5)


class Effects:
    """A consumer whose effect is a count, claimed in the inbox as every consumer does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.done: list[int] = []
        self.calls: list[int] = []
        self.before: Callable[[MailArchived, int], None] = lambda _event, _call: None
        self.takes_s = 0.0

    async def handle(self, event: MailArchived) -> None:
        self.calls.append(event.size_bytes)
        self.before(event, self.calls.count(event.size_bytes))
        await asyncio.sleep(self.takes_s)
        await asyncio.to_thread(self._take_effect, event)

    def _take_effect(self, event: MailArchived) -> None:
        with self.database.write() as session:
            if outbox.claim(session, event.event_id, "record"):
                self.done.append(event.size_bytes)


@asynccontextmanager
async def two_services(
    url: str, intake: Database, effects: Effects, workers: int = 1
) -> AsyncIterator[Bus]:
    settings = CommonSettings(nats_url=url)
    producer = Bus(settings, "intake", intake)
    consumer = Bus(settings, "registry", effects.database)
    consumer.consume(TAKE, effects.handle, workers=workers)
    tasks = [asyncio.create_task(each.run()) for each in (producer, consumer)]
    try:
        yield producer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def emit(database: Database, *sizes: int) -> None:
    with database.write() as session:
        for size in sizes:
            outbox.emit(session, archived(size))


def archived(size: int) -> MailArchived:
    return MailArchived(
        occurred_at=outbox.now(),
        mail_id="m" + "0" * 23,
        digest="0" * 64,
        size_bytes=size,
        mailbox="registratur@skr.se",
        role=MailboxRole.ANSWERS,
        received_at=outbox.now(),
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.02)


async def test_what_is_emitted_while_nats_is_down_arrives_when_it_is_back(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    nats_server.stop()
    async with two_services(nats_server.url, intake_database, effects):
        emit(intake_database, 1, 2, 3)
        await asyncio.sleep(1)
        assert effects.done == []
        nats_server.start()
        await until(lambda: sorted(effects.done) == [1, 2, 3])
        nats_server.kill()
        emit(intake_database, 4)
        await asyncio.sleep(1)
        nats_server.start()
        await until(lambda: sorted(effects.done) == [1, 2, 3, 4])


async def test_it_stops_in_the_middle_of_asking_the_server_whatever_the_client_makes_of_that(
    nats_server: NatsServer, registry_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nearly always a question is under way then, and its answer may come with the order to stop.
    monkeypatch.setattr(bus_module, "WATCH_S", 0.0)

    async def run_for(seconds: float) -> None:
        consumer = Bus(CommonSettings(nats_url=nats_server.url), "registry", registry_database)
        consumer.consume(TAKE, Effects(registry_database).handle)
        running = asyncio.create_task(consumer.run())
        await until(lambda: consumer.connected)
        await asyncio.sleep(seconds)
        running.cancel()
        async with asyncio.timeout(WAIT_S):
            await asyncio.wait([running])

    for turn in range(40):
        await run_for(0.02 + turn * 0.0007)


async def test_a_wiped_nats_is_filled_again_from_the_outbox_and_nothing_happens_twice(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    async with two_services(nats_server.url, intake_database, effects):
        emit(intake_database, 1, 2)
        await until(lambda: sorted(effects.done) == [1, 2])
        nats_server.stop()
        nats_server.wipe()
        emit(intake_database, 3)
        nats_server.start()
        emit(intake_database, 4)
        await until(lambda: set(effects.done) == {1, 2, 3, 4})
        await until(lambda: effects.calls.count(1) >= 2)
    assert sorted(effects.done) == [1, 2, 3, 4]


async def test_an_event_published_twice_past_the_duplicate_window_takes_effect_once(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    event = archived(7)
    async with two_services(nats_server.url, intake_database, effects) as producer:
        emit(intake_database, 1)
        await until(lambda: effects.done == [1])
        for message in ("first", "second"):
            await producer.broker.publish(
                event.model_dump_json().encode(),
                event.subject,
                stream="HANDSLAG_INTAKE",
                headers={"Nats-Msg-Id": message, "content-type": "application/json"},
            )
        await until(lambda: effects.calls.count(7) == 2)
    assert effects.done == [1, 7]


async def test_a_transient_failure_is_tried_again_until_it_passes(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)

    def fail_three_times(_event: MailArchived, call: int) -> None:
        if call <= 3:
            raise Transient("the disk is full")

    effects.before = fail_three_times
    async with two_services(nats_server.url, intake_database, effects):
        emit(intake_database, 5)
        await until(lambda: effects.done == [5])
    assert effects.calls == [5, 5, 5, 5]
    with registry_database.read() as session:
        assert outbox.dead_letters(session) == []


@pytest.mark.parametrize(
    ("error", "code", "tries"),
    [
        (Permanent("no such page", remedy="look"), "permanent", 1),
        (KeyError("bug"), "unexpected", 5),
    ],
)
async def test_what_cannot_be_handled_is_buried_with_its_reason_and_a_person_retries_it(
    nats_server: NatsServer,
    intake_database: Database,
    registry_database: Database,
    error: Exception,
    code: str,
    tries: int,
) -> None:
    effects = Effects(registry_database)

    def fail(event: MailArchived, _call: int) -> None:
        if event.size_bytes == 13:
            raise error

    effects.before = fail
    async with two_services(nats_server.url, intake_database, effects):
        emit(intake_database, 13, 14)

        def letters() -> list[outbox.DeadLetterRow]:
            with registry_database.read() as session:
                return list(outbox.dead_letters(session))

        await until(lambda: len(letters()) == 1 and effects.done == [14])
        (letter,) = letters()
        assert (letter.code, letter.tries, letter.mail_id) == (code, tries, "m" + "0" * 23)
        assert letter.consumer == "registry-record"

        effects.before = lambda _event, _call: None
        with registry_database.write() as session:
            outbox.retry(session, outbox.dead_letters(session)[0])
        await until(lambda: effects.done == [14, 13])
        assert letters() == []


async def test_a_body_that_is_no_event_is_buried_and_blocks_nothing(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    async with two_services(nats_server.url, intake_database, effects) as producer:
        emit(intake_database, 1)
        await until(lambda: effects.done == [1])
        await producer.broker.publish(
            b"not json", MailArchived.subject, stream="HANDSLAG_INTAKE", headers={}
        )
        emit(intake_database, 2)
        await until(lambda: effects.done == [1, 2])

        def buried() -> int:
            with registry_database.read() as session:
                return len(outbox.dead_letters(session))

        await until(lambda: buried() == 1)


async def test_an_event_of_a_newer_service_is_tried_until_its_reader_may_be_upgraded(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    newer = archived(21).model_dump(mode="json") | {"role": "a_role_of_tomorrow"}
    async with two_services(nats_server.url, intake_database, effects) as producer:
        emit(intake_database, 1)
        await until(lambda: effects.done == [1])
        await producer.broker.publish(
            json.dumps(newer).encode(),
            MailArchived.subject,
            stream="HANDSLAG_INTAKE",
            headers={"content-type": "application/json"},
        )

        def letters() -> list[outbox.DeadLetterRow]:
            with registry_database.read() as session:
                return list(outbox.dead_letters(session))

        await until(lambda: len(letters()) == 1)
    assert letters()[0].tries == delivery.NOT_UNDERSTOOD_TRIES
    assert sum((1.0, 2.0, 5.0, 15.0, 60.0), 300.0 * (delivery.NOT_UNDERSTOOD_TRIES - 6)) > 1800


async def test_a_handler_that_outlasts_the_ack_wait_is_not_called_twice(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    effects.takes_s = 5.0
    async with two_services(nats_server.url, intake_database, effects, workers=2):
        emit(intake_database, 9)
        await until(lambda: effects.done == [9])
        await asyncio.sleep(2.5)
    assert effects.calls == [9]


def test_two_that_claim_one_event_at_once_get_one_yes(
    registry_database: Database,
) -> None:
    event = archived(1)

    def claim(_: int) -> bool:
        with registry_database.write() as session:
            return outbox.claim(session, event.event_id, "record")

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [False] * 7 + [True]


def test_an_event_whose_effect_is_rolled_back_is_not_emitted(intake_database: Database) -> None:
    with pytest.raises(RuntimeError), intake_database.write() as session:
        outbox.emit(session, archived(1))
        raise RuntimeError
    with intake_database.read() as session:
        assert outbox.waiting(session, 10) == []


async def test_an_event_too_large_for_nats_is_buried_and_holds_up_nothing(
    nats_server: NatsServer, intake_database: Database, registry_database: Database
) -> None:
    effects = Effects(registry_database)
    async with two_services(nats_server.url, intake_database, effects):
        with intake_database.write() as session:
            large = archived(1).model_copy(update={"mailbox": "å" * 600_000})
            outbox.emit(session, large)
        emit(intake_database, 2)
        await until(lambda: effects.done == [2])
    with intake_database.read() as session:
        (letter,) = outbox.dead_letters(session)
        assert (letter.code, letter.event_id) == ("event_too_large", large.event_id)


def test_what_a_vanished_stream_acknowledged_is_published_again(
    registry_database: Database,
) -> None:
    born = outbox.now()
    with registry_database.write() as session:
        outbox.note_stream(session, "HANDSLAG_REGISTRY", born)
        outbox.emit(session, archived(1))
    with registry_database.read() as session:
        numbers = [row.number or 0 for row in outbox.waiting(session, 10)]
        before = outbox.stream_birth(session, "HANDSLAG_REGISTRY")
    with registry_database.write() as session:
        assert outbox.note_stream(session, "HANDSLAG_REGISTRY", born + timedelta(seconds=5))
    with registry_database.write() as session:
        assert not outbox.mark_published(session, numbers, "HANDSLAG_REGISTRY", before)
    with registry_database.read() as session:
        assert len(outbox.waiting(session, 10)) == 1
        after = outbox.stream_birth(session, "HANDSLAG_REGISTRY")
    with registry_database.write() as session:
        assert outbox.mark_published(session, numbers, "HANDSLAG_REGISTRY", after)
    with registry_database.read() as session:
        assert outbox.waiting(session, 10) == []
