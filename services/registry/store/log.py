"""The händelselogg, the last first, a stretch at a time. A million rows cost no more than a few."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from services.registry.tables import CaseFile, EventLog

BATCH = 1_000


@dataclass(frozen=True)
class LogFilter:
    """Which lines are wanted; an empty value lets all through."""

    who: str = ""
    about: str = ""
    """The beginning of `what`: `resolved.` is everything that registrars have decided."""
    dnr: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class LogPage:
    """Some lines, the last first; `older` and `newer` are where one goes on from, if one can."""

    lines: Sequence[EventLog]
    older: int | None
    newer: int | None


def log_page(
    session: Session, wanted: LogFilter, *, size: int, below: int | None, above: int | None
) -> LogPage:
    """Return the `size` lines before line `below`, or after line `above`, or the last ones."""
    found = select(EventLog).where(*_conditions(session, wanted))
    if above is not None:
        ahead = session.exec(
            found.where(col(EventLog.id) > above).order_by(col(EventLog.id)).limit(size + 1)
        ).all()
        lines, more = list(reversed(ahead[:size])), len(ahead) > size
        return LogPage(lines, older=_number(lines, -1), newer=_number(lines, 0) if more else None)
    if below is not None:
        found = found.where(col(EventLog.id) < below)
    behind = session.exec(found.order_by(col(EventLog.id).desc()).limit(size + 1)).all()
    lines, more = list(behind[:size]), len(behind) > size
    return LogPage(
        lines,
        older=_number(lines, -1) if more else None,
        newer=_number(lines, 0) if below is not None else None,
    )


def log_lines(session: Session, wanted: LogFilter) -> Iterator[EventLog]:
    """Every wanted line, the first first, fetched in batches."""
    conditions = _conditions(session, wanted)
    last = 0
    while True:
        batch = session.exec(
            select(EventLog)
            .where(*conditions, col(EventLog.id) > last)
            .order_by(col(EventLog.id))
            .limit(BATCH)
        ).all()
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1].id or 0
        session.expunge_all()


def log_people(session: Session) -> Sequence[str]:
    """Who has done anything, by name."""
    return _each(session, col(EventLog.who))


def _each(session: Session, column: Any) -> Sequence[str]:
    """The values of an indexed column, each once: one look in the index for each of them."""
    found = select(func.min(column).label("value")).cte("found", recursive=True)
    onwards = select(func.min(column)).where(column > found.c.value)
    found = found.union_all(select(onwards.scalar_subquery()).where(found.c.value.is_not(None)))
    values = select(found.c.value).where(found.c.value.is_not(None))
    return session.connection().execute(values).scalars().all()


def _conditions(session: Session, wanted: LogFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.who:
        conditions.append(col(EventLog.who) == wanted.who)
    if wanted.about:
        # Few keys, looked up one by one: a pattern would read the whole log.
        keys = [key for key in _each(session, col(EventLog.what)) if key.startswith(wanted.about)]
        conditions.append(col(EventLog.what).in_(keys))
    if wanted.dnr:
        cases = session.exec(select(CaseFile.id).where(CaseFile.dnr == wanted.dnr)).all()
        conditions.append(or_(*(col(EventLog.case_id) == one for one in cases), False))
    if wanted.since is not None:
        conditions.append(col(EventLog.at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(EventLog.at) < wanted.until)
    return conditions


def _number(lines: Sequence[EventLog], place: int) -> int | None:
    return lines[place].id if lines else None
