"""Orders letters that are not part of a mailing, and takes them back with what they tell of."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from services.registry.tables import Mail, OrderedLetter
from shared.events import AnsweredMail, Correspondence, LetterOrdered, Reason, ResolutionUndone
from shared.outbox import emit


def order_letter(
    session: Session,
    letter: LetterOrdered,
    *,
    who: str,
    contact_id: int | None = None,
    resolution: UUID | None = None,
) -> None:
    """Order a letter, in the transaction of what it tells of.

    `resolution` is the verdict that it tells of: `withdraw_letters` keeps it from leaving.
    """
    session.add(
        OrderedLetter(
            letter_id=str(letter.letter_id),
            kind=letter.kind,
            recipient=letter.recipient,
            subject=letter.subject_line,
            ordered_at=letter.occurred_at,
            ordered_by=who,
            mail_id=letter.answers.mail_id if letter.answers else None,
            initiative=letter.initiative,
            municipality=letter.municipality,
            document_id=letter.document_id,
            contact_id=contact_id,
            resolution=str(resolution) if resolution else None,
        )
    )
    emit(session, letter)


def answered(mail: Mail) -> AnsweredMail:
    """Return a mail as a letter that answers it names it: all that the gate must know of it."""
    return AnsweredMail(
        mail_id=mail.mail_id,
        received_at=mail.received_at,
        disposition=mail.disposition,
        mail_reasons=tuple(Reason(key) for key in mail.reasons),
        correspondence=Correspondence.model_validate(mail.correspondence),
    )


def withdraw_letters(session: Session, resolution: str, mail_id: str, at: datetime) -> None:
    """Let no letter leave that tells of a verdict which is taken back, if it has not left.

    One that has the verdict's own id goes with what is told of the verdict itself.
    """
    for letter_id in session.exec(
        select(OrderedLetter.letter_id).where(
            OrderedLetter.resolution == resolution, OrderedLetter.letter_id != resolution
        )
    ).all():
        emit(session, ResolutionUndone(occurred_at=at, resolution=UUID(letter_id), mail_id=mail_id))
