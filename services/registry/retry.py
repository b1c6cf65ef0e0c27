"""Dead letters are handled once more, because a person says so.

Those of the registry are published again here; those of another service it is asked to publish.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from services.registry.eventlog import note
from services.registry.reports import OTHERS, latest, reports, take_for_ordered
from shared import outbox
from shared.database import Database
from shared.events import DeadLetterRetryOrdered
from shared.outbox import DeadLetterRow


class NoSuchLetter(Exception):
    """No event of this number could not be handled."""


def retry_letter(database: Database, number: int, *, who: str, at: datetime) -> bool:
    """Have one dead letter of ours handled again. Returns False if that was done before.

    Raises NoSuchLetter.
    """
    with database.write() as session:
        letter = session.get(DeadLetterRow, number, with_for_update=True)
        if letter is None:
            raise NoSuchLetter
        if letter.retried_at is not None:
            return False
        _retry(session, letter, who, at)
        return True


def order_retry(database: Database, service: str, number: int, *, who: str, at: datetime) -> bool:
    """Have one dead letter of another service handled again by it.

    Returns False if it is not among those that the service told of last.
    """
    with database.write() as session:
        told = latest(reports(session, at), service) if service in OTHERS else None
        if told is None or number not in [one.number for one in told.report.dead_letters]:
            return False
        _order(session, service, [number], who, at)
        return True


def retry_all(database: Database, *, who: str, at: datetime) -> int:
    """Have every dead letter that we know of handled again; return how many there were."""
    with database.write() as session:
        letters = outbox.dead_letters(session)
        for letter in letters:
            _retry(session, letter, who, at)
        count = len(letters)
        told = reports(session, at)
        for service in OTHERS:
            found = latest(told, service)
            numbers = [one.number for one in found.report.dead_letters] if found else []
            if numbers:
                _order(session, service, numbers, who, at)
            count += len(numbers)
        return count


def _retry(session: Session, letter: DeadLetterRow, who: str, at: datetime) -> None:
    outbox.retry(session, letter)
    note(
        session,
        at=at,
        who=who,
        what="dead_letter.retried",
        mail_id=letter.mail_id,
        after={"number": letter.number, "subject": letter.subject, "code": letter.code},
    )


def _order(session: Session, service: str, numbers: Sequence[int], who: str, at: datetime) -> None:
    outbox.emit(
        session,
        DeadLetterRetryOrdered(occurred_at=at, service=service, numbers=tuple(numbers), by=who),
    )
    take_for_ordered(session, service, numbers)
    note(
        session,
        at=at,
        who=who,
        what="dead_letter.retried",
        after={"service": service, "numbers": list(numbers)},
    )
