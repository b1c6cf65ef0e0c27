"""What was registered of one mail, as a later reading of it is compared with."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from services.registry.tables import Answer, Document, Mail
from shared.events import Fate


def recorded_documents(
    session: Session, mail_id: str
) -> Sequence[tuple[Document, Answer | None]] | None:
    """The mail's documents in their order, each with the answer recorded of it, if any.

    Those whose pages a registrar arranged into others are left out: the others stand for them.
    None if the mail is not registered.
    """
    if session.get(Mail, mail_id) is None:
        return None
    rows = session.exec(
        select(Document, Answer)
        .outerjoin(Answer, col(Answer.document_id) == col(Document.document_id))
        .where(col(Document.mail_id) == mail_id, col(Document.fate) != Fate.REARRANGED)
        .order_by(col(Document.handling), col(Document.document_id))
    ).all()
    return [(document, answer) for document, answer in rows]
