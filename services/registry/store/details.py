"""Everything about one document, or one mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import Select

from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    Document,
    DocumentText,
    EventLog,
    Mail,
    Message,
    Part,
    Resolution,
    ReviewItem,
)
from shared.events import Correspondence, DocumentReading


@dataclass(frozen=True)
class DocumentDetail:
    """One document with all that belongs to it."""

    document: Document
    reading: DocumentReading
    case: CaseFile
    mail: Mail
    parts: Sequence[Part]
    """The mail's parts that it stands in."""
    searchable: bool
    """Whether there is a copy of it that can be searched."""
    answer: Answer | None
    """The answer recorded from it, whatever became of it since."""
    standing: Answer | None
    """The current answer of the same municipality to the same initiative, if from elsewhere."""
    review: ReviewItem | None
    handlings: Sequence[Document]
    """All documents of its case, in order."""
    log: Sequence[EventLog]


@dataclass(frozen=True)
class MailDetail:
    """One mail with all that belongs to it."""

    mail: Mail
    correspondence: Correspondence
    case: CaseFile | None
    """The mail's own case, where the mail itself is the matter."""
    parts: Sequence[Part]
    documents: Sequence[tuple[Document, CaseFile]]
    reviews: Sequence[ReviewItem]
    messages: Sequence[Message]
    """Our answers to it."""
    log: Sequence[EventLog]


def document_detail(session: Session, document_id: str) -> DocumentDetail | None:
    """Everything about one document, or None if there is none of that name."""
    row = session.exec(_with_all(), params={"document_id": document_id}).one_or_none()
    if row is None:
        return None
    document, mail, case, answer, copy = row
    parts = session.exec(
        select(Part).where(Part.mail_id == mail.mail_id).order_by(col(Part.number))
    ).all()
    return DocumentDetail(
        document=document,
        reading=DocumentReading.model_validate(document.reading),
        case=case,
        mail=mail,
        parts=[part for part in parts if part.number in document.parts],
        searchable=copy is not None,
        answer=answer,
        standing=current_answer(session, document.initiative, document.municipality, document_id),
        review=session.exec(
            select(ReviewItem).where(ReviewItem.document_id == document_id)
        ).one_or_none(),
        handlings=session.exec(
            select(Document)
            .where(Document.case_id == document.case_id)
            .order_by(col(Document.handling))
        ).all(),
        log=session.exec(
            select(EventLog)
            .where(
                or_(
                    col(EventLog.document_id) == document_id,
                    (col(EventLog.mail_id) == mail.mail_id) & col(EventLog.document_id).is_(None),
                )
            )
            .order_by(col(EventLog.id))
        ).all(),
    )


@cache
def _with_all() -> Select[Document, Mail, CaseFile, Answer | None, str | None]:
    """The question for a document with what there is one of."""
    document_id = col(Document.document_id)
    # Any: the types know of four columns at most.
    rows: Any = (
        select(Document, Mail, CaseFile, Answer)
        .add_columns(col(DocumentText.pdf))
        .join(Mail, col(Mail.mail_id) == col(Document.mail_id))
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .outerjoin(Answer, col(Answer.document_id) == document_id)
        .outerjoin(DocumentText, col(DocumentText.document_id) == document_id)
        .where(document_id == bindparam("document_id"))
    )
    return rows  # type: ignore[no-any-return]


def searchable_copy(session: Session, document_id: str) -> str | None:
    """The digest of a document's searchable copy in the archive, if there is one yet."""
    return session.exec(
        select(DocumentText.pdf).where(DocumentText.document_id == document_id)
    ).one_or_none()


def mail_detail(session: Session, mail_id: str) -> MailDetail | None:
    """Everything about one mail, or None if it is not registered."""
    mail = session.get(Mail, mail_id)
    if mail is None:
        return None
    return MailDetail(
        mail=mail,
        correspondence=Correspondence.model_validate(mail.correspondence),
        case=session.get(CaseFile, mail.case_id) if mail.case_id is not None else None,
        parts=session.exec(
            select(Part).where(Part.mail_id == mail_id).order_by(col(Part.number))
        ).all(),
        documents=session.exec(
            select(Document, CaseFile)
            .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
            .where(Document.mail_id == mail_id)
            # Numbered in the mail from 1, without leading zeros.
            .order_by(func.length(Document.document_id), col(Document.document_id))
        ).all(),
        reviews=session.exec(
            select(ReviewItem).where(ReviewItem.mail_id == mail_id).order_by(col(ReviewItem.id))
        ).all(),
        messages=session.exec(
            select(Message).where(Message.mail_id == mail_id).order_by(col(Message.settled_at))
        ).all(),
        log=session.exec(
            select(EventLog).where(EventLog.mail_id == mail_id).order_by(col(EventLog.id))
        ).all(),
    )


def current_answer(
    session: Session, initiative: str | None, municipality: str | None, besides: str
) -> Answer | None:
    """The answer that is current for this pair, unless it is the one of document `besides`."""
    if initiative is None or municipality is None:
        return None
    return session.exec(
        select(Answer).where(
            Answer.initiative == initiative,
            Answer.municipality == municipality,
            Answer.status == AnswerStatus.CURRENT,
            Answer.document_id != besides,
        )
    ).one_or_none()


def resolutions_of(session: Session, item: ReviewItem) -> Sequence[Resolution]:
    """What registrars have decided about an item, the last first, those taken back included."""
    return session.exec(
        select(Resolution)
        .where(Resolution.item_id == item.id)
        .order_by(col(Resolution.resolved_at).desc())
    ).all()
