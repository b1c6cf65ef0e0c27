"""The queue and the log of outgoing mail: every question to the database, and every change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, text, update
from sqlmodel import Session, col, select

from services.notifier.mailings import Pace, in_its_turn, spend
from services.notifier.tables import MessageRow, MessageState, OrderRow, WithdrawnRow
from shared import outbox
from shared.events import WITHDRAWN, MessageFate, MessageSettled

MAX_DOUBTS = 1
"""A mail whose fate at the relay is unknown is handed over once more, and not again."""
UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class QueueState:
    """How the queue stands: mails that wait or are in hand, and since when the oldest waits."""

    length: int
    oldest: datetime | None


def is_answered(session: Session, mail_id: str, kind: str, about: str) -> bool:
    """Tell whether this mail, or this decision about it, already has its answer of this kind.

    Whatever became of that.
    """
    query = select(MessageRow.number).where(
        col(MessageRow.mail_id) == mail_id,
        col(MessageRow.kind) == kind,
        col(MessageRow.about) == about,
    )
    return session.exec(query).first() is not None


def lock_decision(session: Session, about: str) -> None:
    """Let nobody else queue or withdraw a mail about this decision until this transaction ends.

    Without it, on PostgreSQL, a decision and its undoing could each miss the other.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(
            text("SELECT pg_advisory_xact_lock(hashtext('decision'), hashtext(:about))"),
            {"about": about},
        )


def withdraw(session: Session, mail_id: str, about: str, now: datetime) -> MessageRow | None:
    """Remember that a decision was taken back; return the mail about it that has not left.

    That mail is settled: as held back, or as unconfirmed if the relay may have had it once.
    """
    if session.get(WithdrawnRow, about) is None:
        session.add(WithdrawnRow(about=about, withdrawn_at=now))
    row = session.exec(
        select(MessageRow)
        .where(
            # A letter need not answer a mail; what it tells of is taken back by its own name.
            or_(col(MessageRow.mail_id) == mail_id, col(MessageRow.mail_id).is_(None)),
            col(MessageRow.about) == about,
            col(MessageRow.state) == MessageState.QUEUED,
        )
        .with_for_update()
    ).first()
    if row is not None:
        keep_from_leaving(session, row, WITHDRAWN, now)
    return row


def keep_from_leaving(session: Session, row: MessageRow, reason: str, now: datetime) -> None:
    """Settle a mail that waits: as held back, or as unconfirmed if the relay may have had it."""
    if row.doubts:
        settle_row(session, row, MessageFate.FAILED, UNCONFIRMED, now)
    else:
        hold_back(session, row, reason, now)


def is_ordered(session: Session, letter_id: UUID) -> bool:
    """Tell whether this letter was ordered before, whatever became of it."""
    query = select(MessageRow.number).where(col(MessageRow.letter_id) == letter_id)
    return session.exec(query).first() is not None


def order_of(session: Session, letter_id: UUID) -> str:
    """What was ordered, as JSON."""
    query = select(OrderRow.body).where(col(OrderRow.letter_id) == letter_id)
    return session.exec(query).one()


def keep_content(session: Session, number: int, content: str) -> None:
    """Remember a letter's bytes, before they are handed to anybody."""
    session.connection().execute(
        update(MessageRow).where(col(MessageRow.number) == number).values(content=content)
    )


def is_withdrawn(session: Session, about: str) -> bool:
    """Tell whether the decision that a mail is about was taken back."""
    return bool(about) and session.get(WithdrawnRow, about) is not None


def hold_back(session: Session, row: MessageRow, reason: str, now: datetime) -> None:
    """Settle a mail that never left, and never will."""
    row.content = None
    settle_row(session, row, MessageFate.HELD_BACK, reason, now)


def settle_row(
    session: Session, row: MessageRow, fate: MessageFate, reason: str, now: datetime
) -> None:
    """Give a mail its end, and tell the registry so in the same transaction."""
    row.state = MessageState(fate.value)
    row.reason = reason
    row.settled_at = now
    row.sender = ""
    row.lease_until = None
    session.add(row)
    outbox.emit(
        session,
        MessageSettled(
            occurred_at=now,
            mail_id=row.mail_id,
            document_id=row.document_id,
            message_id=row.message_id,
            letter_id=row.letter_id,
            mailing_id=row.mailing_id,
            kind=row.kind,
            recipient=row.recipient,
            fate=fate,
            reason=reason,
            content=row.content,
            settled_at=now,
        ),
    )


def sent_with_token(session: Session, token: str) -> MessageRow | None:
    """Return the sent mail whose envelope sender carries this token."""
    return session.exec(
        select(MessageRow)
        .where(col(MessageRow.token) == token, col(MessageRow.state) == MessageState.SENT)
        .with_for_update()
    ).first()


def has_due(session: Session, now: datetime) -> bool:
    """Tell whether a mail waits whose time has come."""
    return session.exec(_due(select(MessageRow.number), now).limit(1)).first() is not None


def take(
    session: Session, sender: str, *, now: datetime, lease: timedelta, pace: Pace
) -> MessageRow | None:
    """Take the mail whose turn it is into this sender's hands, durably, before it is sent.

    Answers come before letters and letters before mailings; of these, what waits longest. Unless
    the lease is renewed it ends, and others may take the mail over.
    """
    query = (
        _due(select(MessageRow), now)
        .order_by(col(MessageRow.priority), col(MessageRow.next_try_at), col(MessageRow.number))
        .limit(1)
        .with_for_update(skip_locked=True, of=MessageRow)
    )
    row: MessageRow | None = session.exec(query).first()
    if row is None or not spend(session, row, now, pace):
        return None
    if row.mailing_id is not None and row.content is None:
        row.due_at = now
    row.state = MessageState.SENDING
    row.sender = sender
    row.lease_until = now + lease
    session.add(row)
    return row


def in_hand(session: Session, number: int, sender: str) -> MessageRow | None:
    """Return a mail that this sender has taken, unless it was taken from it meanwhile."""
    return session.exec(
        select(MessageRow)
        .where(
            col(MessageRow.number) == number,
            col(MessageRow.state) == MessageState.SENDING,
            col(MessageRow.sender) == sender,
        )
        .with_for_update()
    ).first()


def put_back(
    session: Session,
    row: MessageRow,
    *,
    at: datetime,
    error: str,
    deferred: bool = False,
) -> None:
    """Let a mail wait until `at`; `deferred` counts an attempt that the relay put off."""
    row.state = MessageState.QUEUED
    row.sender = ""
    row.lease_until = None
    row.next_try_at = at
    row.last_error = error
    row.attempts += deferred
    session.add(row)


def doubt(session: Session, row: MessageRow, *, at: datetime, now: datetime, error: str) -> bool:
    """Note that a mail may or may not have left; return whether it will be handed over again."""
    row.doubts += 1
    if row.doubts > MAX_DOUBTS or is_withdrawn(session, row.about):
        row.last_error = error
        settle_row(session, row, MessageFate.FAILED, UNCONFIRMED, now)
        return False
    put_back(session, row, at=at, error=error)
    return True


def renew_leases(
    session: Session, sender: str, numbers: Collection[int], *, now: datetime, lease: timedelta
) -> None:
    """Show that this sender lives and still has these mails in hand."""
    for row in session.exec(
        select(MessageRow).where(
            col(MessageRow.number).in_(numbers),
            col(MessageRow.state) == MessageState.SENDING,
            col(MessageRow.sender) == sender,
        )
    ):
        row.lease_until = now + lease
        session.add(row)


def recover(session: Session, now: datetime) -> Sequence[MessageRow]:
    """Put back what a dead sender had in hand; the relay may have it, so each is in doubt.

    But for a letter that was not composed yet.
    """
    orphans = session.exec(
        select(MessageRow)
        .where(
            col(MessageRow.state) == MessageState.SENDING,
            col(MessageRow.lease_until) < now,
        )
        .with_for_update(skip_locked=True)
    ).all()
    error = "the sender ended with the mail in hand"
    for row in orphans:
        if row.content is None:
            put_back(session, row, at=now, error=error)
        else:
            doubt(session, row, at=now, now=now, error=error)
    return orphans


def queue_state(session: Session, now: datetime) -> QueueState:
    """Measure the queue; a mail that is not to leave yet is not waiting, nor is a mailing's age
    anything but its pace.
    """
    waiting = (
        col(MessageRow.state).in_((MessageState.QUEUED, MessageState.SENDING)),
        col(MessageRow.due_at) <= now,
    )
    count, oldest = func.count(), func.min(col(MessageRow.due_at))
    length = session.exec(select(count).where(*waiting)).one()
    since = session.exec(select(oldest).where(*waiting, col(MessageRow.mailing_id).is_(None))).one()
    return QueueState(length, since)


def _due(query: Any, now: datetime) -> Any:
    return in_its_turn(query, now).where(
        col(MessageRow.state) == MessageState.QUEUED,
        col(MessageRow.next_try_at) <= now,
    )
