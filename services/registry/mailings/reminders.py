"""Reminders that the machine proposes when the last answer day comes near.

It writes a draft, once for each occasion; a person looks at it and sends it, unless the settings
say that it may leave by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlmodel import Session, select

from services.registry.domain.mailing import occasion_of
from services.registry.domain.recipients import Audience, RecipientRole, recipients
from services.registry.eventlog import MACHINE
from services.registry.mailings.draft import begin
from services.registry.mailings.flow import send, submit
from services.registry.mailings.known import known_now
from services.registry.mailings.listing import listing
from services.registry.tables import Initiative, Mailing
from shared.database import Database
from shared.events import LetterKind

_NO_LIMIT = 1_000_000


def propose_reminders(
    database: Database,
    days_before: Sequence[int],
    *,
    by_themselves: bool,
    at: datetime,
    today: date,
) -> list[str]:
    """Begin a reminder for each last answer day that is near; returns the ids of the new ones."""
    with database.read() as session:
        due = list(_due(session, days_before, today))
    return [
        _begin(database, occasion, initiatives, by_themselves=by_themselves, at=at)
        for occasion, initiatives in due
    ]


def _due(
    session: Session, days_before: Sequence[int], today: date
) -> Iterable[tuple[str, list[str]]]:
    by_day: dict[date, list[str]] = defaultdict(list)
    for one in session.exec(select(Initiative)):
        by_day[one.last_answer_day].append(one.id)
    for last_day, initiatives in sorted(by_day.items()):
        occasion = occasion_of(last_day, days_before, today)
        if occasion is None or _is_known(session, occasion):
            continue
        if _somebody_is_silent(session, initiatives):
            yield occasion, initiatives


def _is_known(session: Session, occasion: str) -> bool:
    return session.exec(select(Mailing.id).where(Mailing.occasion == occasion)).first() is not None


def _somebody_is_silent(session: Session, initiatives: Sequence[str]) -> bool:
    audience = Audience(frozenset({RecipientRole.REGISTRAR}))
    found = recipients(LetterKind.REMINDER, initiatives, audience, (), known_now(session))
    return any(one.left_out is None for one in found)


def _begin(
    database: Database,
    occasion: str,
    initiatives: Sequence[str],
    *,
    by_themselves: bool,
    at: datetime,
) -> str:
    made = begin(database, LetterKind.REMINDER, initiatives, who=MACHINE, at=at, occasion=occasion)
    if by_themselves:
        with database.read() as session:
            mark = listing(session, made).mark
        faults = submit(database, made.id, made.revision, mark, who=MACHINE, at=at, above=_NO_LIMIT)
        if not faults:
            send(database, made.id, made.revision + 1, who=MACHINE, at=at)
    return made.id
