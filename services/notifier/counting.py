"""What the caps are counted from: the mails that left, or wait to leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select, text
from sqlmodel import Session, col

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
    since = {"since": now - DAY, "recipient_key": recipient_key}
    counts = session.connection().execute(_LETTERS if letters else _ANSWERS, since)
    to_address, in_all = counts.one()
    return Sent24Hours(to_address, in_all)


def _counts(family: ColumnElement[bool]) -> Select[int, int]:
    """Both counts in one question, made once: it is asked for every mail."""
    counted = (
        col(MessageRow.created_at) > bindparam("since"),
        # Not as it stands, or SQLite takes the queue's index and looks up every row of a day.
        func.coalesce(col(MessageRow.state), "").in_(_COUNTED),
    )
    rows = select(func.count()).select_from(MessageRow).where(*counted)
    to_address = rows.where(col(MessageRow.recipient_key) == bindparam("recipient_key"))
    return select(to_address.scalar_subquery(), rows.where(family).scalar_subquery())


_ANSWERS: Final = _counts(col(MessageRow.letter_id).is_(None))
_LETTERS: Final = _counts(col(MessageRow.letter_id).is_not(None))
