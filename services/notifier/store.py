"""The queue and the log of outgoing mail: every question to the database, and every change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, text
from sqlmodel import Session, col, select

from services.notifier.tables import MessageRow, MessageState
from shared import outbox
from shared.events import MessageFate, MessageSettled

DAY = timedelta(hours=24)
MAX_DOUBTS = 1
"""A mail whose fate at the relay is unknown is handed over once more, and not again."""
UNCONFIRMED = "unconfirmed"
_COUNTED = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT)


@dataclass(frozen=True)
class Sent24Hours:
    """What left, or waits to leave, since 24 hours."""

    to_address: int
    in_all: int


@dataclass(frozen=True)
class QueueState:
    """How the queue stands: mails that wait or are in hand, and since when the oldest waits."""

    length: int
    oldest: datetime | None


def is_answered(session: Session, mail_id: str, kind: str) -> bool:
    """Tell whether this mail already has its answer of this kind, whatever became of it."""
    query = select(MessageRow.number).where(
        col(MessageRow.mail_id) == mail_id, col(MessageRow.kind) == kind
    )
    return session.exec(query).first() is not None


def lock_counting(session: Session) -> None:
    """Let nobody else count and add until this transaction ends.

    Without it two processes on PostgreSQL could both see room for one more. SQLite has one writer.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(hashtext('caps'))"))


def count_sent(session: Session, recipient_key: str, now: datetime) -> Sent24Hours:
    """Count for the caps."""
    counted = (
        col(MessageRow.created_at) > now - DAY,
        col(MessageRow.state).in_(_COUNTED),
    )
    return Sent24Hours(
        to_address=_count(session, *counted, col(MessageRow.recipient_key) == recipient_key),
        in_all=_count(session, *counted),
    )


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
            message_id=row.message_id,
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
    return session.exec(_due(now).limit(1)).first() is not None


def take(session: Session, sender: str, *, now: datetime, lease: timedelta) -> MessageRow | None:
    """Take the mail that waits longest into this sender's hands, durably, before it is sent.

    Unless the lease is renewed it ends, and others may take the mail over.
    """
    query = (
        select(MessageRow)
        .where(*_due_conditions(now))
        .order_by(col(MessageRow.next_try_at), col(MessageRow.number))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.exec(query).first()
    if row is None:
        return None
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
    if row.doubts > MAX_DOUBTS:
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
    """Put back what a dead sender had in hand; the relay may have it, so each is in doubt."""
    orphans = session.exec(
        select(MessageRow)
        .where(
            col(MessageRow.state) == MessageState.SENDING,
            col(MessageRow.lease_until) < now,
        )
        .with_for_update(skip_locked=True)
    ).all()
    for row in orphans:
        doubt(session, row, at=now, now=now, error="the sender ended with the mail in hand")
    return orphans


def queue_state(session: Session) -> QueueState:
    """Measure the queue."""
    length, oldest = session.exec(
        select(func.count(), func.min(col(MessageRow.created_at))).where(
            col(MessageRow.state).in_((MessageState.QUEUED, MessageState.SENDING))
        )
    ).one()
    return QueueState(length, oldest)


def _due_conditions(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(MessageRow.state) == MessageState.QUEUED,
        col(MessageRow.next_try_at) <= now,
    )


def _due(now: datetime) -> Any:
    return select(MessageRow.number).where(*_due_conditions(now))


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(MessageRow).where(*conditions)).one()
