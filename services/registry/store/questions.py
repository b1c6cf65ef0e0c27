"""Questions that registrars handed over: who asked what, and whether somebody has answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.tables import CaseFile, Document, HandedOver, Mail, Resolution


@dataclass(frozen=True)
class QuestionShown:
    """One question, with the mail that asks it and the number that the sender was told."""

    handed: HandedOver
    resolution: Resolution
    mail: Mail
    document: Document | None
    case: CaseFile | None


def questions(
    session: Session, *, answered: bool, limit: int, offset: int = 0
) -> Sequence[QuestionShown]:
    """Those that wait, the oldest first; or those that are answered, the last first."""
    order = col(HandedOver.answered_at).desc() if answered else col(Resolution.resolved_at)
    rows = session.exec(
        select(HandedOver, Resolution, Mail, Document)
        .join(Resolution, col(Resolution.id) == col(HandedOver.resolution))
        .join(Mail, col(Mail.mail_id) == col(Resolution.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(Resolution.document_id))
        .where(*_wanted(answered))
        .order_by(order, col(HandedOver.resolution))
        .limit(limit)
        .offset(offset)
    ).all()
    ids = {_case_id(mail, document) for _, _, mail, document in rows}
    cases = {one.id: one for one in session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids)))}
    return [
        QuestionShown(handed, done, mail, document, cases.get(_case_id(mail, document)))
        for handed, done, mail, document in rows
    ]


def counting_questions(*, answered: bool = False) -> SelectOfScalar[int]:
    """How many wait, or are answered, as a question to the database."""
    return (
        select(func.count())
        .select_from(HandedOver)
        .join(Resolution, col(Resolution.id) == col(HandedOver.resolution))
        .where(*_wanted(answered))
    )


def _wanted(answered: bool) -> list[ColumnElement[bool]]:
    at = col(HandedOver.answered_at)
    return [at.is_not(None) if answered else at.is_(None), col(Resolution.undone_at).is_(None)]


def _case_id(mail: Mail, document: Document | None) -> int | None:
    return mail.case_id if document is None else document.case_id
