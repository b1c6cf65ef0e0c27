"""Lists beside the queue, newest first: by fate, set aside, in and out; and the totals of all."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.registry.tables import (
    Bounce,
    BounceState,
    CaseFile,
    Document,
    Mail,
    MailState,
    Message,
    ReviewItem,
    ReviewState,
)
from shared.events import Fate


@dataclass(frozen=True)
class Totals:
    """How many mails came, and where what they held ended."""

    mails: int
    answers: int
    duplicates: int
    review: int
    """Open matters: documents, and mails as a whole."""
    returned: int
    needs: int
    set_aside: int
    """Mails that are not registered, each with a reason."""


def documents_with_fate(
    session: Session, fate: Fate, *, limit: int = 100, offset: int = 0
) -> Sequence[tuple[Document, CaseFile, Mail]]:
    """Documents that became this, the last to arrive first; for example all that were returned."""
    return session.exec(
        select(Document, CaseFile, Mail)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .join(Mail, col(Mail.mail_id) == col(Document.mail_id))
        .where(col(Document.fate) == fate)
        .order_by(col(Document.received_at).desc(), col(Document.document_id))
        .limit(limit)
        .offset(offset)
    ).all()


def mails(
    session: Session, state: MailState | None = None, *, limit: int = 100, offset: int = 0
) -> Sequence[Mail]:
    """Mails, the last to arrive first; only those in this state, if given."""
    query = (
        select(Mail)
        .order_by(col(Mail.received_at).desc(), col(Mail.mail_id))
        .limit(limit)
        .offset(offset)
    )
    if state is not None:
        query = query.where(col(Mail.state) == state)
    return session.exec(query).all()


def messages(session: Session, *, limit: int = 100, offset: int = 0) -> Sequence[Message]:
    """Our outgoing mails, the last settled first."""
    return session.exec(
        select(Message)
        .order_by(col(Message.settled_at).desc(), col(Message.message_id))
        .limit(limit)
        .offset(offset)
    ).all()


def open_bounces(session: Session) -> Sequence[Bounce]:
    """Addresses that our mails came back from and nobody has looked at, oldest first."""
    return session.exec(
        select(Bounce).where(col(Bounce.state) == BounceState.OPEN).order_by(col(Bounce.came_at))
    ).all()


def totals(session: Session) -> Totals:
    """Count everything once."""
    fates = dict(
        session.exec(select(Document.fate, func.count()).group_by(col(Document.fate))).all()
    )
    states = dict(session.exec(select(Mail.state, func.count()).group_by(col(Mail.state))).all())
    waiting = session.exec(
        select(func.count()).select_from(ReviewItem).where(ReviewItem.state == ReviewState.OPEN)
    ).one()
    return Totals(
        mails=sum(states.values()),
        answers=fates.get(Fate.RECORDED, 0),
        duplicates=fates.get(Fate.DUPLICATE, 0),
        review=waiting,
        returned=fates.get(Fate.RETURNED, 0),
        needs=fates.get(Fate.NEED, 0) + states.get(MailState.NEED, 0),
        set_aside=states.get(MailState.SET_ASIDE, 0),
    )
