"""Dead letters of the registry are handled once more, because a person says so."""

from datetime import datetime

from sqlmodel import Session

from services.registry.eventlog import note
from shared import outbox
from shared.database import Database
from shared.outbox import DeadLetterRow


class NoSuchLetter(Exception):
    """No event of this number could not be handled."""


def retry_letter(database: Database, number: int, *, who: str, at: datetime) -> bool:
    """Have one dead letter handled again. Returns False if that was done before.

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


def retry_all(database: Database, *, who: str, at: datetime) -> int:
    """Have every dead letter handled again; return how many there were."""
    with database.write() as session:
        letters = outbox.dead_letters(session)
        for letter in letters:
            _retry(session, letter, who, at)
        return len(letters)


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
