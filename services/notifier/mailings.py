"""Mailings: how fast their letters leave, and whether they do.

A mailing has a moment before which no letter of it leaves, and one for each domain; taking a
letter moves both. What was not used is saved up for a short while only, so that a queue that stood
still is not emptied in a rush.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from services.notifier.tables import DomainPaceRow, MailingRow, MessageRow, MessageState
from shared.events import MailingState, MailingSteered

SAVED_UP_S: Final = 3.0
"""Longer than the queue is looked at apart, so that the pace is kept and not fallen behind."""


@dataclass(frozen=True)
class Pace:
    """How many letters of one mailing leave in a minute, unless it was told otherwise."""

    per_minute: float
    per_domain: float


def steer(session: Session, event: MailingSteered) -> bool:
    """Do as told from now on; False if what is known is newer. Stopped is for good."""
    mailing = known(session, event.mailing_id, event.occurred_at)
    if mailing.steered_at is not None and mailing.steered_at >= event.occurred_at:
        return False
    if mailing.state != MailingState.STOPPED:
        mailing.state = event.state
    mailing.per_minute = event.per_minute
    mailing.per_minute_per_domain = event.per_minute_per_domain
    mailing.steered_at = event.occurred_at
    session.add(mailing)
    return True


def known(session: Session, mailing_id: UUID, now: datetime) -> MailingRow:
    """Return a mailing, which begins when it is first heard of."""
    mailing = session.get(MailingRow, mailing_id, with_for_update=True)
    if mailing is None:
        mailing = MailingRow(mailing_id=mailing_id, state=MailingState.RUNNING, next_at=now)
        session.add(mailing)
        session.flush()
    return mailing


def waiting_of_stopped(session: Session, limit: int) -> Sequence[MessageRow]:
    """Letters of stopped mailings that wait, to be held back."""
    return session.exec(
        select(MessageRow)
        .join(MailingRow, col(MailingRow.mailing_id) == col(MessageRow.mailing_id))
        .where(
            col(MailingRow.state) == MailingState.STOPPED,
            col(MessageRow.state) == MessageState.QUEUED,
        )
        .limit(limit)
        .with_for_update(skip_locked=True, of=MessageRow)
    ).all()


def in_its_turn(query: Any, now: datetime) -> Any:
    """Leave out of a query for messages the letters whose mailing does not let them leave now."""
    at_domain = and_(
        col(DomainPaceRow.mailing_id) == col(MessageRow.mailing_id),
        col(DomainPaceRow.domain) == col(MessageRow.domain),
    )
    runs = and_(col(MailingRow.state) == MailingState.RUNNING, col(MailingRow.next_at) <= now)
    free = or_(col(DomainPaceRow.next_at).is_(None), col(DomainPaceRow.next_at) <= now)
    return (
        query.outerjoin(MailingRow, col(MailingRow.mailing_id) == col(MessageRow.mailing_id))
        .outerjoin(DomainPaceRow, at_domain)
        .where(or_(col(MessageRow.mailing_id).is_(None), and_(runs, free)))
    )


def spend(session: Session, row: MessageRow, now: datetime, default: Pace) -> bool:
    """Take a letter's turn; False if another process has just taken it, or the mailing halted."""
    if row.mailing_id is None:
        return True
    mailing = known(session, row.mailing_id, now)
    at_domain = session.get(
        DomainPaceRow, (row.mailing_id, row.domain), with_for_update=True
    ) or DomainPaceRow(mailing_id=row.mailing_id, domain=row.domain, next_at=now)
    if mailing.state != MailingState.RUNNING or max(mailing.next_at, at_domain.next_at) > now:
        return False
    mailing.next_at = _next(mailing.next_at, now, mailing.per_minute or default.per_minute)
    at_domain.next_at = _next(
        at_domain.next_at, now, mailing.per_minute_per_domain or default.per_domain
    )
    session.add(mailing)
    session.add(at_domain)
    return True


def _next(former: datetime, now: datetime, per_minute: float) -> datetime:
    """What is saved up is part of the minute: in none do more leave than the pace says."""
    interval = timedelta(seconds=(60 + SAVED_UP_S) / per_minute)
    return max(former, now - timedelta(seconds=SAVED_UP_S)) + interval
