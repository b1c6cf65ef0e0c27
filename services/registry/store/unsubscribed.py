"""Who wants no newsletters, and which mailing's letter it was that they had enough of."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.registry.tables import Mailing, MailingRecipient, Unsubscribed


def unsubscribed_rows(
    session: Session, *, limit: int, offset: int = 0
) -> Sequence[tuple[Unsubscribed, Mailing | None]]:
    """Those who want none, the last first; with the mailing whose letter they answered."""
    return session.exec(
        select(Unsubscribed, Mailing)
        .outerjoin(MailingRecipient, col(MailingRecipient.letter_id) == col(Unsubscribed.letter_id))
        .outerjoin(Mailing, col(Mailing.id) == col(MailingRecipient.mailing_id))
        .where(col(Unsubscribed.resumed_at).is_(None))
        .order_by(col(Unsubscribed.unsubscribed_at).desc(), col(Unsubscribed.address))
        .limit(limit)
        .offset(offset)
    ).all()


def unsubscribed_count(session: Session) -> int:
    """How many want none."""
    return session.exec(
        select(func.count()).select_from(Unsubscribed).where(col(Unsubscribed.resumed_at).is_(None))
    ).one()
