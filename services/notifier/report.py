"""What only the notifier knows of how it fares: the mails that wait to leave."""

from sqlmodel import Session, col, func, select

from services.notifier.tables import MessageRow, MessageState


def outgoing(session: Session) -> int:
    """How many wait, or are in a sender's hand."""
    return session.exec(
        select(func.count())
        .select_from(MessageRow)
        .where(col(MessageRow.state).in_((MessageState.QUEUED, MessageState.SENDING)))
    ).one()
