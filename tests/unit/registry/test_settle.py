"""What the notifier and the bounces tell: kept, newest fate, one task, no answer touched."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.registry.settle import Settler
from services.registry.store.lists import messages, open_bounces
from services.registry.tables import Answer, Bounce, Document, EventLog, Message, ReviewItem
from shared.events import DeliveryFailed, Fate, MessageFate, MessageSettled, Outcome, Reason
from tests.unit.registry.builders import NOW, Register, form, mail


@pytest.fixture
def settler(register: Register) -> Settler:
    return Settler(register.database, lambda: NOW)


def settled(fate: MessageFate, at: datetime) -> MessageSettled:
    return MessageSettled(
        occurred_at=at,
        message_id="<1@skr.se>",
        kind="receipt",
        recipient="anna@umea.se",
        fate=fate,
        settled_at=at,
    )


def failed(number: int = 1) -> DeliveryFailed:
    return DeliveryFailed(
        occurred_at=NOW + timedelta(minutes=number),
        mail_id="m" + f"{number:023x}",
        token="token",
        recipient="anna@umea.se",
        status="5.1.1",
        diagnostic="x" * 10_000,
    )


def test_the_last_fate_counts_whatever_order_it_is_told_in(
    register: Register, settler: Settler
) -> None:
    later = NOW + timedelta(minutes=1)
    settler.settle(settled(MessageFate.FAILED, later))
    settler.settle(settled(MessageFate.SENT, NOW))
    (message,) = register.all(Message)
    assert (message.fate, message.settled_at) == (MessageFate.FAILED, later)
    assert [one.message_id for one in register.ask(messages)] == ["<1@skr.se>"]


def test_a_bounce_becomes_one_task_and_never_changes_an_answer(
    register: Register, settler: Settler
) -> None:
    register.record(mail(form("ja")))
    before = register.all(Answer)[0].model_dump()
    settler.bounce(failed(2))
    settler.bounce(failed(1))
    settler.bounce(failed(1))
    assert [one.came_at for one in register.ask(open_bounces)] == [
        NOW + timedelta(minutes=1),
        NOW + timedelta(minutes=2),
    ]
    assert len(register.all(Bounce)[0].diagnostic) == 4000
    assert register.all(Answer)[0].model_dump() == before


def test_a_bounce_that_tells_of_two_recipients_is_two_tasks(
    register: Register, settler: Settler
) -> None:
    settler.bounce(failed())
    settler.bounce(failed().model_copy(update={"recipient": "bo@umea.se"}))
    settler.bounce(failed())
    assert {one.recipient for one in register.all(Bounce)} == {"anna@umea.se", "bo@umea.se"}


@pytest.mark.parametrize("fate", [MessageFate.HELD_BACK, MessageFate.FAILED])
def test_a_returned_document_whose_sender_was_not_told_comes_before_a_person(
    register: Register, settler: Settler, fate: MessageFate
) -> None:
    unsigned = form("ja", outcome=Outcome.RETURN, reasons=(Reason.SIGNATURE_MISSING,))
    arrived = mail(unsigned)
    register.record(arrived)
    assert register.all(Document)[0].fate is Fate.RETURNED
    told = settled(fate, NOW).model_copy(update={"mail_id": arrived.mail_id})
    settler.settle(told)
    settler.settle(told.model_copy(update={"event_id": uuid4()}))
    (document,) = register.all(Document)
    assert document.fate is Fate.REVIEW
    (item,) = register.all(ReviewItem)
    assert item.reasons == ["signature_missing", "sender_not_told"]


def test_a_returned_document_whose_sender_was_told_waits_for_a_new_one(
    register: Register, settler: Settler
) -> None:
    unsigned = form("ja", outcome=Outcome.RETURN, reasons=(Reason.SIGNATURE_MISSING,))
    arrived = mail(unsigned)
    register.record(arrived)
    told = settled(MessageFate.SENT, NOW).model_copy(update={"mail_id": arrived.mail_id})
    settler.settle(told)
    assert register.all(Document)[0].fate is Fate.RETURNED
    assert register.all(ReviewItem) == []


@pytest.mark.parametrize("fate", [MessageFate.HELD_BACK, MessageFate.FAILED])
def test_a_letter_that_did_not_leave_says_nothing_of_the_request_for_a_new_answer(
    register: Register, settler: Settler, fate: MessageFate
) -> None:
    unsigned = form("ja", outcome=Outcome.RETURN, reasons=(Reason.SIGNATURE_MISSING,))
    arrived = mail(unsigned)
    register.record(arrived)
    letter = settled(fate, NOW).model_copy(
        update={"mail_id": arrived.mail_id, "letter_id": uuid4(), "kind": "question_forwarded"}
    )
    settler.settle(letter)
    assert register.all(Document)[0].fate is Fate.RETURNED
    assert register.all(ReviewItem) == []
    (message,) = register.all(Message)
    assert message.letter_id == str(letter.letter_id)


def test_a_mailing_writes_no_line_for_each_of_its_letters_in_the_log(
    register: Register, settler: Settler
) -> None:
    settler.settle(
        settled(MessageFate.SENT, NOW).model_copy(
            update={"mailing_id": uuid4(), "letter_id": uuid4(), "kind": "offer"}
        )
    )
    assert [one.kind for one in register.all(Message)] == ["offer"]
    assert not [one for one in register.all(EventLog) if one.what.startswith("message.")]
