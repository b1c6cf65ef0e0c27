"""What the caps are counted from: the mails that left, or wait to leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, text
from sqlmodel import Session, col, select

from services.notifier.tables import MessageRow, MessageState

DAY: Final = timedelta(hours=24)
_COUNTED: Final = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT)


@dataclass(frozen=True)
class Sent24Hours:
    """What left, or waits to leave, since 24 hours."""

    to_address: int
    in_all: int
    """Of the same family: answers to mail, or letters that were ordered."""


def lock_counting(session: Session) -> None:
    """Let nobody else count and add until this transaction ends.

    Without it two processes on PostgreSQL could both see room for one more. SQLite has one writer.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(hashtext('caps'))"))


def count_sent(
    session: Session, recipient_key: str, now: datetime, *, letters: bool = False
) -> Sent24Hours:
    """Count for the caps: of answers to mail, or of `letters`."""
    ordered = col(MessageRow.letter_id)
    counted = (
        col(MessageRow.created_at) > now - DAY,
        # Not as it stands, or SQLite takes the queue's index and looks up every row of a day.
        func.coalesce(col(MessageRow.state), "").in_(_COUNTED),
    )
    return Sent24Hours(
        to_address=_count(session, *counted, col(MessageRow.recipient_key) == recipient_key),
        in_all=_count(session, *counted, ordered.is_not(None) if letters else ordered.is_(None)),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(MessageRow).where(*conditions)).one()
