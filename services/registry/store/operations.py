"""How the registry fares: what waits to be published, what failed, how much comes and goes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, literal, text
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
    came = _by_day(session, col(Mail.received_at), literal(""), found, zone)
    left = _by_day(session, col(Message.settled_at), col(Message.fate), found, zone)
    return [
        Traffic(
            day,
            came[place, ""],
            left[place, MessageFate.SENT],
            left[place, MessageFate.FAILED],
            left[place, MessageFate.HELD_BACK],
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
    session: Session, column: Any, kind: Any, days: Sequence[date], zone: ZoneInfo
) -> Counter[tuple[int, str]]:
    """Count rows by the place of their day among `days`, the latest first, and by kind.

    In one look; no database knows the office's days alike.
    """
    starts = [datetime.combine(day, time.min, zone) for day in days]
    end = datetime.combine(days[0] + timedelta(days=1), time.min, zone)
    its_day = case(*((column >= start, place) for place, start in enumerate(starts)))
    rows = (
        select(its_day.label("place"), kind.label("kind"))
        .where(column >= starts[-1], column < end)
        .subquery()
    )
    found = session.connection().execute(
        select(rows.c.place, rows.c.kind, func.count()).group_by(rows.c.place, rows.c.kind)
    )
    return Counter({(place, kind): count for place, kind, count in found})
