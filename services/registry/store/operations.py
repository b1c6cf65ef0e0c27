"""How the registry fares: what waits to be published, what failed, how much comes and goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, text
from sqlmodel import Session, col, select

from services.registry.tables import Mail, Message
from shared.events import MessageFate
from shared.outbox import DeadLetterRow, OutboxRow


@dataclass(frozen=True)
class Outbox:
    """The events that are not published yet."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True)
class Traffic:
    """One day's mails, by the office's clock."""

    day: date
    came: int
    sent: int
    failed: int
    held_back: int


def outbox_state(session: Session) -> Outbox:
    """What waits to be published; while the bus answers it is gone in a moment."""
    return Outbox(
        *session.exec(
            select(func.count(), func.min(OutboxRow.created_at)).where(
                col(OutboxRow.published_at).is_(None)
            )
        ).one()
    )


def dead_letter_count(session: Session) -> int:
    """How many events could not be handled and are not retried."""
    return session.exec(
        select(func.count())
        .select_from(DeadLetterRow)
        .where(col(DeadLetterRow.retried_at).is_(None))
    ).one()


def unsent(session: Session, since: datetime, *, limit: int) -> Sequence[Message]:
    """The outgoing mails that failed or were held back since then, the last first."""
    return session.exec(
        select(Message)
        .where(col(Message.settled_at) >= since, col(Message.fate) != MessageFate.SENT)
        .order_by(col(Message.settled_at).desc(), col(Message.message_id))
        .limit(limit)
    ).all()


def registered_mails(session: Session, mail_ids: Sequence[str]) -> set[str]:
    """Those of these mails that are in the register, and can be looked at."""
    return set(session.exec(select(Mail.mail_id).where(col(Mail.mail_id).in_(mail_ids))))


def traffic(session: Session, today: date, zone: ZoneInfo, days: int) -> list[Traffic]:
    """The mails of the last days, today first."""
    found = [today - timedelta(days=back) for back in range(days)]
    came = _by_day(session, col(Mail.received_at), found, zone)
    by_fate = {
        fate: _by_day(session, col(Message.settled_at), found, zone, col(Message.fate) == fate)
        for fate in MessageFate
    }
    return [
        Traffic(
            day,
            came[place],
            by_fate[MessageFate.SENT][place],
            by_fate[MessageFate.FAILED][place],
            by_fate[MessageFate.HELD_BACK][place],
        )
        for place, day in enumerate(found)
    ]


def database_bytes(session: Session) -> int:
    """How much room the register takes in its database."""
    if session.connection().dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        query = (
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind = 'r'"
        )
    return int(session.connection().execute(text(query)).scalar_one())


def _by_day(
    session: Session, column: Any, days: Sequence[date], zone: ZoneInfo, *conditions: Any
) -> list[int]:
    """Count rows by day in one look; no database knows the office's days alike."""
    starts = [datetime.combine(day, time.min, zone) for day in days]
    ends = [datetime.combine(day + timedelta(days=1), time.min, zone) for day in days]
    counts = [
        func.coalesce(func.sum(case(((column >= start) & (column < end), 1), else_=0)), 0)
        for start, end in zip(starts, ends, strict=True)
    ]
    found = session.connection().execute(
        select(*counts).where(column >= min(starts), column < max(ends), *conditions)
    )
    return [int(count) for count in found.one()]
