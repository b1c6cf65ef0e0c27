"""The notifier's flow on real databases and a real SMTP server: event in, receipt at the relay."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.notifier.relay import Relay
from services.notifier.sender import Sender
from services.notifier.settings import RelaySettings
from services.notifier.tables import MessageState
from shared.archive import Area
from shared.events import MessageFate, Reason
from tests.unit.notifier.builders import (
    correspondence,
    document,
    notifier,
    registered,
    rows,
    settled,
)
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, states, until


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(1000, 1000))
    yield made
    made.database.close()


async def test_a_registered_mail_gets_its_receipt(office: Notifier, relay: ScriptedRelay) -> None:
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (mail,) = relay.accepted
    (row,) = rows(office.database)
    assert mail.recipient == "kommunen@umea.se"
    assert mail.sender == f"registratur+{row.token}@skr.se"
    assert row.state == MessageState.SENT
    assert row.settled_at is not None


async def test_the_registry_is_told_and_can_see_the_exact_bytes(
    office: Notifier, relay: ScriptedRelay
) -> None:
    event = registered(document())
    office.answer(event)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (told,) = settled(office.database)
    assert (told.fate, told.mail_id, told.kind) == (MessageFate.SENT, event.mail_id, "receipt")
    assert told.message_id == relay.accepted[0].message_id
    assert told.content is not None
    assert office.archive.get(told.content, Area.DERIVED) == relay.accepted[0].data


def test_an_event_that_comes_again_changes_nothing(office: Notifier) -> None:
    event = registered(document())
    assert office.answer(event) is MessageState.QUEUED
    assert office.answer(event) is None
    assert len(rows(office.database)) == 1


def test_a_mail_is_answered_once_even_if_two_events_tell_of_it(office: Notifier) -> None:
    office.answer(registered(document()))
    office.answer(registered(document(), document(2)))
    assert len(rows(office.database)) == 1


def test_two_handlers_of_one_mail_at_once_make_one_receipt(office: Notifier) -> None:
    failures: list[Exception] = []

    def answer() -> None:
        try:
            office.answer(registered(document()))
        except Exception as error:  # one of them may lose the race, and would be tried again
            failures.append(error)

    threads = [threading.Thread(target=answer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(office.database)) == 1
    assert all("IntegrityError" in type(error).__name__ for error in failures)


async def test_what_must_not_be_answered_is_held_back_with_every_reason(
    office: Notifier, relay: ScriptedRelay
) -> None:
    manners = {"auto-submitted": "auto-replied", "precedence": "bulk"}
    office.answer(registered(document(), correspondence=correspondence(manners=manners)))
    async with sending(office, relay):
        await asyncio.sleep(0.3)
    assert relay.accepted == []
    (row,) = rows(office.database)
    assert (row.state, row.reason) == (MessageState.HELD_BACK, "auto_submitted,precedence")
    (told,) = settled(office.database)
    assert (told.fate, told.reason, told.content) == (MessageFate.HELD_BACK, row.reason, None)


@pytest.mark.parametrize("path", ["", "<>", "a b@x.se\r\nBcc: c@d.se", "\x00@x.se", "å@x.se"])
def test_a_hostile_or_empty_return_path_is_kept_harmless_in_the_log(
    office: Notifier, path: str
) -> None:
    office.answer(registered(document(), correspondence=correspondence(return_path=path)))
    (row,) = rows(office.database)
    assert row.state == MessageState.HELD_BACK
    assert row.recipient.isprintable()


async def test_a_backlog_goes_over_one_connection(office: Notifier, relay: ScriptedRelay) -> None:
    for seed in range(30):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert len(relay.accepted) == 30
    assert {mail.connection for mail in relay.accepted} == {relay.accepted[0].connection}


@pytest.mark.parametrize("step", ["rcpt 450 greylisted", "data 451 busy", "end 452 disk full"])
async def test_a_relay_that_says_later_is_asked_again(
    office: Notifier, relay: ScriptedRelay, step: str
) -> None:
    relay.script.extend([step, step])
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (row,) = rows(office.database)
    assert (row.state, row.attempts) == (MessageState.SENT, 2)
    assert row.last_error.endswith(step.partition(" ")[2])
    assert len(relay.accepted) == 1


@pytest.mark.parametrize("step", ["rcpt 550 no such user", "end 554 refused"])
async def test_a_relay_that_says_never_is_believed_and_it_shows(
    office: Notifier, relay: ScriptedRelay, step: str
) -> None:
    relay.script.append(step)
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (row,) = rows(office.database)
    (told,) = settled(office.database)
    assert row.state == MessageState.FAILED
    assert told.fate is MessageFate.FAILED
    assert step.partition(" ")[2] in told.reason
    assert relay.accepted == []


async def test_a_refusal_of_our_own_address_waits_for_an_administrator(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.script.append("mail 550 you may not send as that")
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (row,) = rows(office.database)
    assert (row.state, row.attempts) == (MessageState.SENT, 1)
    assert "our sender address was refused" in row.last_error


async def test_one_mail_that_the_relay_dies_of_does_not_stop_the_others(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.script.extend(["hang up at data"])
    for seed in range(5):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.SENT: 5}
    assert len(relay.accepted) == 5
    assert relay.accepted[-1].message_id == rows(office.database)[0].message_id


async def test_several_senders_share_the_queue_without_doubling(
    office: Notifier, relay: ScriptedRelay
) -> None:
    for seed in range(60):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay, 2), sending(office, relay, 2):
        await until(lambda: all_settled(office))
    assert Counter(mail.message_id for mail in relay.accepted).most_common(1)[0][1] == 1
    assert len(relay.accepted) == 60


async def test_a_paused_notifier_queues_and_sends_nothing(
    office: Notifier, relay: ScriptedRelay
) -> None:
    office.answer(registered(document()))
    settings = RelaySettings(host="127.0.0.1", port=relay.port, encryption="none")
    sender = Sender(office, lambda: Relay(settings), paused=True)
    task = asyncio.create_task(sender.run())
    await asyncio.sleep(0.3)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert states(office) == {MessageState.QUEUED: 1}
    assert relay.accepted == []


async def test_asked_to_stop_the_sender_finishes_what_it_has_in_hand(
    office: Notifier, relay: ScriptedRelay
) -> None:
    for seed in range(60):
        office.answer(registered(document(), seed=seed))
    async with sending(office, relay, 2):
        await until(lambda: len(relay.accepted) > 5)
    found = states(office)
    assert MessageState.SENDING not in found
    assert found[MessageState.SENT] == len(relay.accepted) < 60


def test_caps_hold_even_when_many_are_answered_at_once(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(notifier_url, tmp_path / "archive", caps=Caps(per_address=7, in_all=100))

    def answer(seed: int) -> None:
        office.answer(registered(document(), seed=seed))

    threads = [threading.Thread(target=answer, args=(seed,)) for seed in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(office) == {MessageState.QUEUED: 7, MessageState.HELD_BACK: 17}
    assert {row.reason for row in rows(office.database)} == {"", "cap_per_address"}
    office.database.close()


def test_the_emergency_brake_counts_all_addresses(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(notifier_url, tmp_path / "archive", caps=Caps(per_address=7, in_all=3))
    for seed in range(5):
        path = f"kommun{seed}@example.se"
        office.answer(
            registered(document(), seed=seed, correspondence=correspondence(return_path=path))
        )
    assert [row.reason for row in rows(office.database)] == ["", "", "", *["cap_in_all"] * 2]
    office.database.close()


def test_a_forged_sender_s_mail_is_held_back_and_shown(office: Notifier) -> None:
    forged = registered(document(), mail_reasons=(Reason.SENDER_NOT_AUTHENTIC,))
    assert office.answer(forged) is MessageState.HELD_BACK
    [event] = settled(office.database)
    assert (event.fate, event.reason) == (MessageFate.HELD_BACK, "sender_not_authentic")
