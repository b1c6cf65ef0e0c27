"""What `handslag verify` asks of the notifier: which mails have which messages, and their state."""

from dataclasses import dataclass

from sqlmodel import col, select

from services.notifier.tables import MessageRow, MessageState
from shared.database import Database


@dataclass(frozen=True)
class MessageAccount:
    """What became of one outgoing mail."""

    mail_id: str
    kind: str
    state: MessageState
    reason: str
    document_id: str | None
    """The one document that it is about; None for the receipt of a whole mail."""
    content: str | None
    """Digest of its bytes in the archive's derived area."""


def messages_by_mail(database: Database) -> dict[str, tuple[MessageAccount, ...]]:
    """Return every answer of our own to a mail, by that mail's identifier."""
    found: dict[str, list[MessageAccount]] = {}
    with database.read() as session:
        query = (
            select(MessageRow)
            .where(col(MessageRow.mail_id).is_not(None), col(MessageRow.letter_id).is_(None))
            .order_by(col(MessageRow.number))
        )
        for row in session.exec(query):
            assert row.mail_id is not None
            found.setdefault(row.mail_id, []).append(
                MessageAccount(
                    row.mail_id,
                    row.kind,
                    MessageState(row.state),
                    row.reason,
                    row.document_id,
                    row.content,
                )
            )
    return {mail_id: tuple(accounts) for mail_id, accounts in found.items()}
