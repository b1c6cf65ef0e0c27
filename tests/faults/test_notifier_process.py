"""The notifier as a process on a real bus: killed at any step, or with its servers away."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import nats
import pytest
from nats.js.errors import NoStreamResponseError

from services.console.ports import free_port
from services.notifier.accounts import messages_by_mail
from services.notifier.tables import MessageState
from shared import outbox
from shared.database import Database
from shared.errors import Transient
from shared.events import WITHDRAWN, Event, MessageFate
from shared.failpoint import VARIABLE
from tests.forked import Forked
from tests.nats import NatsServer
from tests.unit.notifier.builders import (
    correspondence,
    document,
    letter,
    registered,
    resolved,
    settled,
    undone,
)
from tests.unit.notifier.scripted_relay import ScriptedRelay

START_S = 90.0
"""How long something may take on a machine that is busy with other tests."""


class Process:
    """`python -m services.notifier`, with settings of its own."""

    def __init__(self, home: Path, nats_url: str, relay_port: int, database_url: str) -> None:
        self.listen = f"127.0.0.1:{free_port()}"
        self._home = home
        self._environment = {
            **{name: value for name, value in os.environ.items() if "HANDSLAG" not in name},
            "HANDSLAG_HOME": str(home),
            "HANDSLAG_NATS_URL": nats_url,
            "HANDSLAG_DATABASE_URL": database_url,
            "HANDSLAG_NOTIFIER__RELAY": f"smtp://127.0.0.1:{relay_port}",
            "HANDSLAG_NOTIFIER__LISTEN": self.listen,
            "HANDSLAG_NOTIFIER__LEASE_S": "1",
            "HANDSLAG_NOTIFIER__CAP_PER_ADDRESS": "1000",
        }
        self._process: Forked | None = None

    def start(self, failpoint: str = "") -> None:
        with (self._home / "notifier.log").open("ab") as log:
            self._process = Forked(
                "services.notifier",
                env={**self._environment, VARIABLE: failpoint},
                stdout=log,
                stderr=log,
            )

    def ended(self, timeout_s: float = START_S) -> int:
        """Wait until it has ended; its exit code, negative for a signal."""
        assert self._process is not None
        code = self._process.wait(timeout_s)
        self._process = None
        return code

    def end(self, number: signal.Signals) -> int:
        """Send the signal and wait; 0 if it has ended before."""
        if self._process is None:
            return 0
        self._process.send_signal(number)
        return self.ended()

    def health(self) -> dict[str, str] | None:
        """The faults that it reports; None while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{self.listen}/health", timeout=5) as reply:
                faults: dict[str, str] = json.load(reply)["faults"]
        except urllib.error.HTTPError as error:
            faults = json.load(error)["faults"]
        except OSError:
            return None
        return faults

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://{self.listen}/metrics", timeout=5) as reply:
            text: str = reply.read().decode()
        return text


@pytest.fixture
def process(
    tmp_path: Path, nats_server: NatsServer, relay: ScriptedRelay, database_url: str
) -> Iterator[Process]:
    made = Process(tmp_path, nats_server.url, relay.port, database_url)
    yield made
    made.end(signal.SIGKILL)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, schema="notifier")
    yield opened
    opened.close()


def publish(server: NatsServer, events: Sequence[Event]) -> None:
    """Publish as the registry would, when the streams are there."""

    async def work() -> None:
        connection = await nats.connect(server.url)
        stream = connection.jetstream()
        for event in events:
            async with asyncio.timeout(START_S):
                while True:
                    with contextlib.suppress(NoStreamResponseError):
                        await stream.publish(
                            event.subject,
                            event.model_dump_json().encode(),
                            headers={"content-type": "application/json"},
                        )
                        break
                    await asyncio.sleep(0.1)
        await connection.close()

    asyncio.run(work())


def until(condition: Callable[[], bool], timeout_s: float = START_S) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


def states(database: Database) -> Counter[str]:
    try:
        accounts = messages_by_mail(database)
    except Transient:
        return Counter()
    except Exception as error:
        if "no such table" in str(error) or "does not exist" in str(error):
            return Counter()
        raise
    return Counter(account.state for found in accounts.values() for account in found)


@pytest.mark.parametrize(
    ("failpoint", "mails"),
    [
        ("notifier.queued", {1}),
        ("notifier.taken", {1}),
        ("notifier.before_250", {1, 2}),
        ("notifier.after_250", {2}),
    ],
)
def test_killed_at_any_step_a_mail_gets_its_receipt_and_at_most_one_repeat_of_it(
    process: Process,
    database: Database,
    nats_server: NatsServer,
    relay: ScriptedRelay,
    failpoint: str,
    mails: set[int],
) -> None:
    process.start(failpoint)
    publish(nats_server, [registered(document())])
    assert process.ended() == -signal.SIGKILL
    process.start()
    until(lambda: states(database) == {MessageState.SENT: 1})
    assert len(relay.accepted) in mails
    assert len({(mail.message_id, mail.data, mail.sender) for mail in relay.accepted}) == 1
    assert [told.fate for told in settled(database)] == [MessageFate.SENT]


@pytest.mark.parametrize("failpoint", ["notifier.queued", "notifier.after_250"])
def test_killed_while_it_tells_of_a_decision_it_tells_of_it_all_the_same(
    process: Process,
    database: Database,
    nats_server: NatsServer,
    relay: ScriptedRelay,
    failpoint: str,
) -> None:
    process.start(failpoint)
    publish(nats_server, [resolved()])
    assert process.ended() == -signal.SIGKILL
    process.start()
    until(lambda: states(database) == {MessageState.SENT: 1})
    assert len({(mail.message_id, mail.data) for mail in relay.accepted}) == 1
    assert [told.kind for told in settled(database)] == ["decision"]


def test_killed_in_the_middle_of_a_mailing_it_goes_on_and_doubles_nothing(
    process: Process, database: Database, nats_server: NatsServer, relay: ScriptedRelay
) -> None:
    mailing = UUID(int=7)
    process.start("notifier.composed:3")
    publish(nats_server, [letter(number, mailing_id=mailing) for number in range(1, 7)])
    assert process.ended() == -signal.SIGKILL
    process.start()
    until(lambda: len(settled(database)) == 6)
    assert {told.fate for told in settled(database)} == {MessageFate.SENT}
    repeats = Counter(mail.message_id for mail in relay.accepted)
    assert len(repeats) == 6
    assert sum(repeats.values()) <= 6 + 2, "no more than was in hand at the kill"
    assert len({mail.data for mail in relay.accepted}) == 6


def test_killed_while_it_withdraws_a_mail_it_withdraws_it_once(
    process: Process, database: Database, nats_server: NatsServer, relay: ScriptedRelay
) -> None:
    waits = resolved(send_after=outbox.now() + timedelta(hours=1))
    process.start("notifier.withdrawn")
    publish(nats_server, [waits])
    until(lambda: states(database) == {MessageState.QUEUED: 1})
    publish(nats_server, [undone(waits)])
    assert process.ended() == -signal.SIGKILL
    process.start()
    publish(nats_server, [resolved(decision=2)])
    relay.wait_for(1)
    until(lambda: states(database) == {MessageState.HELD_BACK: 1, MessageState.SENT: 1})
    assert [told.reason for told in settled(database)] == [WITHDRAWN, ""]


def test_killed_again_and_again_it_loses_nothing_and_repeats_no_more_than_once(
    process: Process, database: Database, nats_server: NatsServer, relay: ScriptedRelay
) -> None:
    dice = random.Random(20240912)
    relay.stop()
    process.start()
    publish(nats_server, [registered(document(), seed=seed) for seed in range(80)])
    until(lambda: states(database) == {MessageState.QUEUED: 80})
    relay.start()
    for _ in range(3):
        relay.wait_for(len(relay.accepted) + 3)
        time.sleep(dice.uniform(0.0, 0.2))
        process.end(signal.SIGKILL)
        process.start()
    until(lambda: states(database) == {MessageState.SENT: 80})
    repeats = Counter(mail.message_id for mail in relay.accepted)
    assert len(repeats) == 80
    assert max(repeats.values()) <= 2
    assert sum(repeats.values()) <= 80 + 3 * 2, "no more than was in hand at each kill"
    assert len(settled(database)) == 80


def test_with_bus_and_relay_away_it_stays_says_so_and_goes_on_when_they_come(
    process: Process, database: Database, nats_server: NatsServer, relay: ScriptedRelay
) -> None:
    nats_server.stop()
    relay.stop()
    process.start()
    until(lambda: {"bus", "relay"} <= set(process.health() or {}))
    nats_server.start()
    publish(nats_server, [registered(document())])
    until(lambda: states(database) == {MessageState.QUEUED: 1})
    relay.start()
    until(lambda: states(database) == {MessageState.SENT: 1})
    until(lambda: process.health() == {})
    nats_server.stop()
    until(lambda: "bus" in (process.health() or {}))
    nats_server.start()
    publish(nats_server, [registered(document(), seed=2)])
    relay.wait_for(2)
    assert process.end(signal.SIGTERM) == 0


def test_the_metrics_tell_what_was_sent_and_what_was_not(
    process: Process, nats_server: NatsServer, relay: ScriptedRelay, database: Database
) -> None:
    relay.script.append("rcpt 550 never")
    process.start()
    held = correspondence(manners={"precedence": "list"})
    publish(nats_server, [registered(document(), seed=1)])
    until(lambda: states(database) == {MessageState.FAILED: 1})
    events = [registered(seed=2, correspondence=held), registered(document(), seed=3)]
    publish(nats_server, events)
    relay.wait_for(1)
    until(lambda: 'fate="sent",kind="receipt"} 1.0' in process.metrics())
    shown = process.metrics()
    assert 'handslag_messages_settled_total{fate="failed",kind="receipt"} 1.0' in shown
    assert 'handslag_messages_settled_total{fate="held_back",kind="receipt"} 1.0' in shown
    assert "handslag_receipt_seconds_count 1.0" in shown
    assert "handslag_queue_length" in shown


def test_a_wrong_setting_ends_it_with_one_clear_line(tmp_path: Path) -> None:
    environment = {**os.environ, "HANDSLAG_HOME": str(tmp_path)}
    environment["HANDSLAG_NOTIFIER__RELAY"] = "mail.example"
    found = subprocess.run(
        [sys.executable, "-m", "services.notifier"],
        env=environment, capture_output=True, text=True, timeout=START_S, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert "HANDSLAG_NOTIFIER" in last
    assert "not an address such as smtp://host:25" in last
    assert "Traceback" not in found.stderr
