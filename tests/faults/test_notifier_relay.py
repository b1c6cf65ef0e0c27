"""The relay away for long, dying around its 250, or lying: nothing lost, at most one repeat."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.console.ports import free_port
from services.notifier import store
from services.notifier.gate import Caps
from services.notifier.notify import GIVE_UP_AFTER, Notifier
from services.notifier.relay import Envelope, Outcome, Relay
from services.notifier.sender import Sender
from services.notifier.settings import RelaySettings
from services.notifier.tables import MessageState
from shared import outbox
from shared.events import MessageFate
from tests.unit.notifier.builders import (
    LEASE,
    correspondence,
    document,
    notifier,
    registered,
    rows,
    settled,
)
from tests.unit.notifier.scripted_relay import ScriptedRelay


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    server = ScriptedRelay(free_port())
    yield server
    server.stop()


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(5000, 5000))
    yield made
    made.database.close()


@contextlib.asynccontextmanager
async def sending(office: Notifier, relay: ScriptedRelay) -> AsyncIterator[Sender]:
    settings = RelaySettings(host="127.0.0.1", port=relay.port, encryption="none")
    sender = Sender(
        office,
        lambda: Relay(settings, command_timeout_s=5, reply_timeout_s=5),
        unreachable_delays_s=(0.05,),
        poll_s=0.05,
    )
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


def states(office: Notifier) -> Counter[str]:
    return Counter(row.state for row in rows(office.database))


def all_settled(office: Notifier) -> bool:
    return not {MessageState.QUEUED, MessageState.SENDING} & set(states(office))


def age(office: Notifier, by: timedelta) -> None:
    """Make everything in the queue older."""
    with office.database.write() as session:
        for row in rows(office.database):
            row.created_at -= by
            row.due_at -= by
            row.next_try_at -= by
            session.merge(row)


async def test_a_relay_that_is_away_loses_nothing_and_it_shows(
    office: Notifier, relay: ScriptedRelay
) -> None:
    for seed in range(20):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay) as sender:
        await until(lambda: sender.relay_fault() is not None)
        await asyncio.sleep(0.5)
        assert states(office) == {MessageState.QUEUED: 20}
        assert {row.attempts for row in rows(office.database)} == {0}
        relay.start()
        await until(lambda: all_settled(office))
        assert sender.relay_fault() is None
    assert len(relay.accepted) == 20


async def test_hours_away_and_restarts_change_nothing(
    office: Notifier, relay: ScriptedRelay
) -> None:
    for seed in range(5):
        office.answer(registered(document(), seed=seed))
    for _ in range(3):
        async with sending(office, relay) as sender:
            await until(lambda: sender.relay_fault() is not None)
        age(office, timedelta(days=3))
    async with sending(office, relay) as sender:
        await until(lambda: sender.queue_fault() is not None)
        assert "5 mails wait" in str(sender.queue_fault())
        relay.start()
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.SENT: 5}
    assert len(relay.accepted) == 5


async def test_what_the_relay_puts_off_for_days_is_given_up_and_shown(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.start().always = "rcpt 450 later"
    office.answer(registered(document()))
    age(office, GIVE_UP_AFTER)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.FAILED, "expired")


async def test_a_250_that_is_never_heard_makes_one_repeat_with_the_same_message_id(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.start().script.append("drop after")
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.SENT: 1}
    first, repeat = relay.accepted
    assert first.data == repeat.data
    assert first.message_id == repeat.message_id
    assert first.sender == repeat.sender


async def test_a_mail_dropped_just_before_its_250_still_arrives_once(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.start().script.append("drop before")
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert len(relay.accepted) == 1
    assert states(office) == {MessageState.SENT: 1}


async def test_a_relay_that_never_gets_to_say_250_is_not_flooded(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.start().always = "drop after"
    for seed in range(3):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert {told.reason for told in settled(office.database)} == {store.UNCONFIRMED}
    assert set(Counter(mail.message_id for mail in relay.accepted).values()) == {2}


async def test_a_dead_senders_mail_is_taken_over_when_its_lease_ends(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.start()
    office.answer(registered(document()))
    assert office.take("a sender that dies now") is not None
    async with sending(office, relay):
        await asyncio.sleep(LEASE.total_seconds() / 2)
        assert relay.accepted == [], "it may still be at work"
        await until(lambda: all_settled(office))
    (row,) = rows(office.database)
    assert (row.state, row.doubts) == (MessageState.SENT, 1)
    assert len(relay.accepted) == 1


def test_a_living_sender_keeps_what_it_has_in_hand(office: Notifier) -> None:
    office.answer(registered(document()))
    taken = office.take("alive")
    assert taken is not None
    assert taken.number is not None
    later = outbox.now() + LEASE * 3
    with office.database.write() as session:
        store.renew_leases(session, "alive", {taken.number}, now=later, lease=LEASE)
        assert store.recover(session, later) == []


async def test_bytes_that_are_gone_from_the_archive_are_a_failure_that_shows(
    office: Notifier, relay: ScriptedRelay, tmp_path: Path
) -> None:
    relay.start()
    office.answer(registered(document(), seed=1))
    office.answer(registered(document(), seed=2))
    lost = rows(office.database)[0].content
    assert lost is not None
    (tmp_path / "archive" / "derived" / lost[:2] / lost[2:4] / lost).unlink()
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.FAILED: 1, MessageState.SENT: 1}
    [failed] = [told for told in settled(office.database) if told.fate is MessageFate.FAILED]
    assert "not_in_archive" in failed.reason


async def test_a_fault_that_nobody_thought_of_costs_one_mail_time_and_no_more(
    office: Notifier, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.start()
    for seed in range(3):
        office.answer(registered(document(), seed=seed))
    send, faults = Relay.send, [ZeroDivisionError("a fault of ours")]

    async def sometimes(self: Relay, envelope: Envelope) -> Outcome:
        if faults:
            raise faults.pop()
        return await send(self, envelope)

    monkeypatch.setattr(Relay, "send", sometimes)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.SENT: 3}
    assert len(relay.accepted) == 3


# --- Ping-pong ---------------------------------------------------------------------------------


def test_autoreplies_that_say_so_get_no_answer_at_all(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(notifier_url, tmp_path / "archive")
    manners = {"auto-submitted": "auto-replied"}
    for seed in range(100):
        office.answer(registered(seed=seed, correspondence=correspondence(manners=manners)))
    assert states(office) == {MessageState.HELD_BACK: 100}
    office.database.close()


async def test_a_robot_that_hides_is_answered_only_up_to_the_cap(
    notifier_url: str, tmp_path: Path, relay: ScriptedRelay
) -> None:
    """It answers each of our receipts, a thousand times, from ever new tags of its address."""
    office = notifier(notifier_url, tmp_path / "archive", caps=Caps(per_address=50, in_all=10_000))
    relay.start()
    async with sending(office, relay):
        for seed in range(1000):
            path = f"robot+{seed}@example.se"
            ping = registered(seed=seed, correspondence=correspondence(return_path=path))
            await asyncio.to_thread(office.answer, ping)
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.SENT: 50, MessageState.HELD_BACK: 950}
    assert len(relay.accepted) == 50
    reasons = Counter(row.reason for row in rows(office.database))
    assert reasons == {"": 50, "cap_per_address": 950}
    office.database.close()


def test_the_cap_is_lifted_after_a_day(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(notifier_url, tmp_path / "archive", caps=Caps(per_address=1, in_all=100))
    assert office.answer(registered(seed=1)) is MessageState.QUEUED
    assert office.answer(registered(seed=2)) is MessageState.HELD_BACK
    age(office, timedelta(hours=25))
    assert office.answer(registered(seed=3)) is MessageState.QUEUED
    office.database.close()
