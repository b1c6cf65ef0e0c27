"""What became of a mailing's letters, one row each, as the notifier tells it."""

from sqlmodel import Session, select

from services.registry.answers import plain
from services.registry.tables import MailingRecipient, RecipientState
from shared.events import MessageFate, MessageSettled

_STATES = {
    MessageFate.SENT: RecipientState.SENT,
    MessageFate.HELD_BACK: RecipientState.HELD_BACK,
    MessageFate.FAILED: RecipientState.FAILED,
}


def letter_settled(session: Session, settled: MessageSettled) -> None:
    """Note what became of a letter; what happened last counts, not what was told last.

    A letter that belongs to no mailing is nobody's row here.
    """
    if settled.letter_id is None:
        return
    row = session.exec(
        select(MailingRecipient)
        .where(MailingRecipient.letter_id == str(settled.letter_id))
        .with_for_update()
    ).one_or_none()
    if row is None or (row.settled_at is not None and row.settled_at > settled.settled_at):
        return
    row.state = _STATES[settled.fate]
    row.reason = plain(settled.reason)
    row.message_id = plain(settled.message_id)
    row.settled_at = settled.settled_at
    session.add(row)
