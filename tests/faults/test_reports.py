"""How services tell how they fare: over a real NATS server, and kept by nobody but the register."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared import outbox, reporting
from shared.archive import FolderArchive
from shared.bus import Bus
from shared.consumers import RETRY
from shared.database import Database
from shared.events import DeadLetterRetryOrdered
from shared.reporting import Reporter, retry_ordered
from shared.reports import ServiceReported
from shared.settings import CommonSettings
from tests.nats import NatsServer

WAIT_S = 20.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'intake.sqlite3'}")
    outbox.BusTable.metadata.create_all(made.engine)
    yield made
    made.close()


def bury(database: Database, number: int) -> None:
    with database.write() as session:
        outbox.bury(
            session,
            event_id=uuid4(),
            consumer="intake-read",
            subject="handslag.intake.mail_archived",
            body="{}",
            mail_id=None,
            code="unexpected",
            message="x" * 5000,
            remedy="",
            tries=number,
        )


async def test_what_is_told_is_heard_by_who_listens_and_fills_no_stream(
    nats_server: NatsServer,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "LOOK_S", 0.1)
    monkeypatch.setattr(reporting, "EVERY_S", 1.0)
    (tmp_path / "archive").mkdir()
    other = Database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    outbox.BusTable.metadata.create_all(other.engine)
    settings = CommonSettings(nats_url=nats_server.url)
    intake, registry = Bus(settings, "intake", database), Bus(settings, "registry", other)
    heard: list[ServiceReported] = []

    async def hear(event: ServiceReported) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise ValueError("a report that cannot be kept is not asked for again")

    registry.listen(ServiceReported, hear)
    reporter = Reporter(
        "intake",
        database,
        FolderArchive(tmp_path / "archive"),
        {"bus": lambda: None, "sandbox": lambda: "no kernel support"},
        intake.tell,
    )
    running = [asyncio.create_task(one) for one in (intake.run(), registry.run(), reporter.run())]
    try:
        async with asyncio.timeout(WAIT_S):
            while len(heard) < 2:
                await asyncio.sleep(0.02)
            for number in range(reporting.NEWEST + 5):
                bury(database, number)
            while heard[-1].dead != reporting.NEWEST + 5:
                await asyncio.sleep(0.02)
        jetstream = intake.broker.config.connection_state.stream
        info = await jetstream.stream_info("HANDSLAG_INTAKE")
        assert info.state.messages == 0
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        other.close()
    last = heard[-1]
    assert last.checks == {"bus": "", "sandbox": "no kernel support"}
    assert last.disk is not None
    assert 0 < last.disk.free < last.disk.total
    assert len(last.dead_letters) == reporting.NEWEST
    assert len(last.dead_letters[0].message) == reporting.MESSAGE_MAX
    assert len(last.model_dump_json()) < 100_000
    assert heard[1].occurred_at - heard[0].occurred_at > timedelta(seconds=0.9)
    with database.read() as session:
        assert outbox.waiting(session, 10) == []


def test_an_ordered_retry_is_done_once_and_only_by_the_service_that_is_meant(
    database: Database,
) -> None:
    for number in range(3):
        bury(database, number)
    order = DeadLetterRetryOrdered(
        occurred_at=outbox.now(), service="intake", numbers=(1, 3, 99), by="adam"
    )
    retry_ordered(database, RETRY, order.model_copy(update={"service": "notifier"}))
    retry_ordered(database, RETRY, order)
    retry_ordered(database, RETRY, order)
    with database.read() as session:
        assert [one.number for one in outbox.dead_letters(session)] == [2]
        assert len(outbox.waiting(session, 10)) == 2
