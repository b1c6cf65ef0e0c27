"""The registry as the process it is: on a real bus, killed and started again."""

import asyncio
import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.console.ports import free_port
from services.registry.accounts import accounts
from services.registry.tables import Answer, Mail
from shared import failpoint, outbox
from shared.bus import Bus
from shared.database import Database
from shared.events import AnswerRecorded, MailRead, MailRegistered
from shared.settings import CommonSettings
from tests.forked import Forked
from tests.intake import wait_for
from tests.nats import NatsServer
from tests.unit.registry.builders import KOMPETENS, Register, form, mail

WAIT_S = 40.0
MONITOR = "a-monitors-token"


class Service:
    """The registry in a process of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: Forked | None = None

    def start(self, **more: str) -> None:
        self._process = Forked(
            "services.registry", env=os.environ | self._environment | more, impatient=True
        )

    def stop(self) -> int:
        """Ask it to stop, if it runs; return its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WAIT_S)

    def await_death(self) -> int:
        assert self._process is not None
        return self._process.wait(WAIT_S)


@pytest.fixture
def listen() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def service(
    register: Register, registry_url: str, nats_server: NatsServer, tmp_path: Path, listen: str
) -> Iterator[Service]:
    service = Service(
        {
            "HANDSLAG_HOME": str(tmp_path / "home"),
            "HANDSLAG_NATS_URL": nats_server.url,
            "HANDSLAG_REGISTRY__DATABASE_URL": registry_url,
            "HANDSLAG_WEB__LISTEN": listen,
            "HANDSLAG_WEB__METRICS_TOKEN": MONITOR,
        }
    )
    yield service
    service.stop()


def publish(url: str, intake: str, events: list[MailRead], until: Callable[[], bool]) -> None:
    """Publish as intake does, from its outbox, and stay until the registry has done its part."""
    database = Database(intake)
    outbox.BusTable.metadata.create_all(database.engine)
    with database.write() as session:
        for event in events:
            outbox.emit(session, event)

    async def run() -> None:
        bus = Bus(CommonSettings(nats_url=url), "intake", database)
        task = asyncio.create_task(bus.run())
        deadline = time.monotonic() + WAIT_S
        while not await asyncio.to_thread(until):
            assert time.monotonic() < deadline, "the registry did not do its part"
            await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    database.close()


def test_killed_with_mails_in_hand_it_loses_and_doubles_nothing(
    register: Register,
    service: Service,
    nats_server: NatsServer,
    other_database_url: str,
    listen: str,
) -> None:
    codes = ["0114", "0115", "0117", "0120", "0123", "0125"]
    events = [
        mail(form("ja", municipality=code, scan=code), name=code, sender="x@example.org")
        for code in codes
    ]
    step = "registry.record.saved"

    service.start(**{failpoint.VARIABLE: f"{step}:3"})
    publish(nats_server.url, other_database_url, events, lambda: service_died(service))
    assert len(register.all(Mail)) < len(codes)
    service.start()
    publish(
        nats_server.url, other_database_url, events, lambda: len(register.all(Mail)) == len(codes)
    )
    # What `/health` tells may be ten seconds old, from before the bus was reached.
    wait_for(lambda: '"ok"' in get(listen, "/health"))
    metrics = get(listen, "/metrics")
    assert "handslag_review_open 0.0" in metrics
    assert 'handslag_documents_total{fate="recorded"}' in metrics

    assert sorted(one.municipality for one in register.all(Answer)) == codes
    assert len(register.emitted(AnswerRecorded)) == len(register.emitted(MailRegistered)) == 6
    assert {one.initiative for one in register.all(Answer)} == {KOMPETENS}
    assert all(account.complete for account in accounts(register.database))
    assert service.stop() == 0


def service_died(service: Service) -> bool:
    assert service.await_death() == -signal.SIGKILL
    return True


def get(listen: str, path: str) -> str:
    connection = http.client.HTTPConnection(listen, timeout=WAIT_S)
    connection.request("GET", path, headers={"Authorization": f"Bearer {MONITOR}"})
    body = connection.getresponse().read().decode()
    connection.close()
    return body
