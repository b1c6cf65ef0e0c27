"""A mail of ours that comes back: known by its token, and by nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifier.notify import Notifier
from services.notifier.relay import Accepted
from services.notifier.tables import MessageRow, MessageState
from shared.events import DeliveryFailed, MessageFate
from tests.unit.notifier.builders import (
    NOON,
    document,
    mail_id,
    notifier,
    registered,
    rows,
    settled,
)


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive")
    yield made
    made.database.close()


@pytest.fixture
def sent(office: Notifier) -> MessageRow:
    office.answer(registered(document()))
    taken = office.take("sender")
    assert taken is not None
    office.conclude(taken, "sender", Accepted("250 OK"))
    (row,) = rows(office.database)
    return row


def bounce(token: str) -> DeliveryFailed:
    return DeliveryFailed(
        occurred_at=NOON,
        mail_id=mail_id("bounce"),
        token=token,
        recipient="kommunen@umea.se",
        status="5.1.1",
        diagnostic="550 no such user",
    )


def test_a_mail_that_came_back_failed_after_all(office: Notifier, sent: MessageRow) -> None:
    event = bounce(sent.token.upper())
    assert office.came_back(event)
    assert not office.came_back(event), "the event came again"
    (row,) = rows(office.database)
    assert (row.state, row.reason) == (MessageState.FAILED, "came_back 5.1.1")
    first, last = settled(office.database)
    assert (first.fate, last.fate) == (MessageFate.SENT, MessageFate.FAILED)
    assert last.settled_at > first.settled_at
    assert last.message_id == first.message_id


@pytest.mark.parametrize("token", ["", "0123456789abcdef0123", "%", "' OR 1=1 --"])
def test_a_forged_bounce_changes_nothing(office: Notifier, sent: MessageRow, token: str) -> None:
    assert not office.came_back(bounce(token))
    assert rows(office.database) == [sent]
    assert len(settled(office.database)) == 1


def test_tokens_are_long_and_never_the_same(office: Notifier) -> None:
    for seed in range(20):
        office.answer(registered(document(), seed=seed))
    tokens = {row.token for row in rows(office.database)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {20}
    assert all(int(token, 16) >= 0 for token in tokens)
