"""What a person decided, told to the sender: in its time, once, and not if it was taken back."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from services.notifier import store
from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.notifier.relay import Accepted, Deferred, Outcome, Unconfirmed, Unreachable
from services.notifier.tables import MessageRow, MessageState
from shared import outbox
from shared.archive import Area
from shared.events import WITHDRAWN, DocumentResolved, Fate, MessageFate, Reason
from tests.unit.notifier.builders import (
    LEASE,
    correspondence,
    document,
    notifier,
    parsed,
    registered,
    resolved,
    rows,
    settled,
    undone,
)
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, states, until


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(1000, 1000))
    yield made
    made.database.close()


def soon(seconds: float = 60.0, **changes: object) -> DocumentResolved:
    """A decision whose mail may leave in so many seconds."""
    return resolved(send_after=outbox.now() + timedelta(seconds=seconds), **changes)


async def test_a_decision_is_told_after_the_receipt_in_the_same_thread(
    office: Notifier, relay: ScriptedRelay
) -> None:
    office.answer(registered(document(fate=Fate.REVIEW)))
    office.tell(resolved())
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    receipt, decision = (parsed(mail.data) for mail in relay.accepted)
    assert decision["In-Reply-To"] == receipt["In-Reply-To"] == "<svar-1@umea.se>"
    assert decision["Message-ID"] != receipt["Message-ID"]
    assert decision["To"] == "kommunen@umea.se"


async def test_the_registry_is_told_which_document_it_was_about(
    office: Notifier, relay: ScriptedRelay
) -> None:
    event = resolved(document(2, fate=Fate.RETURNED, reasons=(Reason.MARK_DOUBTFUL,)))
    office.tell(event)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (told,) = settled(office.database)
    assert (told.fate, told.kind) == (MessageFate.SENT, "return_request")
    assert (told.mail_id, told.document_id) == (event.mail_id, event.document.document_id)
    assert told.content is not None
    assert office.archive.get(told.content, Area.DERIVED) == relay.accepted[0].data


async def test_it_leaves_when_its_time_has_come_and_not_before(
    office: Notifier, relay: ScriptedRelay
) -> None:
    event = soon(1.0)
    office.tell(event)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (row,) = rows(office.database)
    assert row.state == MessageState.SENT
    assert row.settled_at is not None
    assert row.settled_at >= event.send_after


async def test_a_mail_that_waits_for_its_time_is_no_fault(
    office: Notifier, relay: ScriptedRelay
) -> None:
    office.tell(soon(3600))
    with office.database.write() as session:
        row = session.exec(select(MessageRow)).one()
        row.created_at -= timedelta(hours=2)
        session.add(row)
    async with sending(office, relay) as sender:
        await asyncio.sleep(LEASE.total_seconds() / 2)
        assert sender.queue_fault() is None


def test_an_event_that_comes_again_makes_one_mail(office: Notifier) -> None:
    event = soon()
    assert office.tell(event) is MessageState.QUEUED
    assert office.tell(event) is None
    office.tell(soon())
    assert len(rows(office.database)) == 1


def test_each_decision_about_a_mail_is_told(office: Notifier) -> None:
    office.answer(registered(document(), document(2)))
    for number in (1, 2):
        office.tell(soon(about=document(number), decision=number))
    office.tell(soon(about=document(1), decision=3))
    found = rows(office.database)
    assert [row.kind for row in found] == ["receipt", "decision", "decision", "decision"]
    assert len({row.message_id for row in found}) == 4


@pytest.mark.parametrize("fate", [Fate.REVIEW, Fate.NEED, Fate.QUESTION, Fate.NOT_REGISTERED])
def test_of_other_fates_senders_are_told_nothing(office: Notifier, fate: Fate) -> None:
    assert office.tell(resolved(document(fate=fate))) is None
    assert rows(office.database) == []


def test_the_gate_is_the_receipts_gate(office: Notifier) -> None:
    manners = {"auto-submitted": "auto-replied"}
    event = resolved(correspondence=correspondence(manners=manners))
    assert office.tell(event) is MessageState.HELD_BACK
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.HELD_BACK, "auto_submitted")
    assert told.document_id == event.document.document_id


def test_the_caps_count_receipts_and_decisions_together(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(notifier_url, tmp_path / "archive", caps=Caps(per_address=2, in_all=100))
    office.answer(registered(document()))
    for decision in (1, 2):
        office.tell(soon(decision=decision))
    assert [row.reason for row in rows(office.database)] == ["", "", "cap_per_address"]
    office.database.close()


# --- Taken back ------------------------------------------------------------------------------


async def test_taken_back_in_time_it_never_leaves(office: Notifier, relay: ScriptedRelay) -> None:
    event = soon(0.3)
    office.tell(event)
    assert office.withdraw(undone(event))
    async with sending(office, relay):
        await asyncio.sleep(0.6)
    assert relay.accepted == []
    (row,) = rows(office.database)
    (told,) = settled(office.database)
    assert (row.state, row.reason) == (MessageState.HELD_BACK, WITHDRAWN)
    assert (told.fate, told.reason, told.content) == (MessageFate.HELD_BACK, WITHDRAWN, None)
    assert told.document_id == event.document.document_id


async def test_taken_back_before_it_was_told_of_it_makes_no_mail(
    office: Notifier, relay: ScriptedRelay
) -> None:
    event = resolved()
    assert not office.withdraw(undone(event))
    assert office.tell(event) is MessageState.HELD_BACK
    async with sending(office, relay):
        await asyncio.sleep(0.3)
    assert relay.accepted == []
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.HELD_BACK, WITHDRAWN)


def test_taken_back_twice_it_is_told_once(office: Notifier) -> None:
    event = soon()
    office.tell(event)
    once = undone(event)
    assert office.withdraw(once)
    assert not office.withdraw(once), "the event came again"
    assert not office.withdraw(undone(event)), "another event tells the same"
    assert len(settled(office.database)) == 1


def test_what_has_left_stays_sent(office: Notifier) -> None:
    event = resolved()
    office.tell(event)
    taken = office.take("sender")
    assert taken is not None
    office.conclude(taken, "sender", Accepted("250 OK"))
    assert not office.withdraw(undone(event))
    assert states(office) == {MessageState.SENT: 1}
    assert [told.fate for told in settled(office.database)] == [MessageFate.SENT]


def test_only_the_mail_about_that_decision_is_withdrawn(office: Notifier) -> None:
    office.answer(registered(document()))
    first, second = soon(decision=1), soon(decision=2)
    office.tell(first)
    office.tell(second)
    office.withdraw(undone(first))
    assert [row.state for row in rows(office.database)] == [
        MessageState.QUEUED,
        MessageState.HELD_BACK,
        MessageState.QUEUED,
    ]


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Accepted("250 OK"), MessageState.SENT, ""),
        (Deferred("450 later"), MessageState.HELD_BACK, WITHDRAWN),
        (Unreachable("no route"), MessageState.HELD_BACK, WITHDRAWN),
        (Unconfirmed("silence"), MessageState.FAILED, "unconfirmed"),
    ],
)
def test_taken_back_while_a_sender_has_it_in_hand_the_relay_s_answer_decides(
    office: Notifier, outcome: Outcome, state: MessageState, reason: str
) -> None:
    event = resolved()
    office.tell(event)
    taken = office.take("sender")
    assert taken is not None
    assert not office.withdraw(undone(event))
    assert states(office) == {MessageState.SENDING: 1}
    office.conclude(taken, "sender", outcome)
    (row,) = rows(office.database)
    assert (row.state, row.reason) == (state, reason)
    assert [told.fate for told in settled(office.database)] == [MessageFate(state.value)]


def test_taken_back_when_it_may_have_left_it_is_not_repeated_and_that_shows(
    office: Notifier,
) -> None:
    event = resolved()
    office.tell(event)
    taken = office.take("sender")
    assert taken is not None
    office.conclude(taken, "sender", Unconfirmed("silence"))
    assert office.withdraw(undone(event))
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.FAILED, "unconfirmed")


def test_taken_back_at_the_very_moment_when_it_is_queued_it_is_withdrawn(
    office: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, looked = store.is_withdrawn, threading.Event()

    def slowly(session: Session, about: str) -> bool:
        found = asked(session, about)
        looked.set()
        time.sleep(0.3)
        return found

    monkeypatch.setattr(store, "is_withdrawn", slowly)
    event = soon()
    with ThreadPoolExecutor(2) as threads:
        told = threads.submit(office.tell, event)
        assert looked.wait(20)
        taken_back = threads.submit(office.withdraw, undone(event))
    assert told.result() is MessageState.QUEUED
    assert taken_back.result()
    assert states(office) == {MessageState.HELD_BACK: 1}
