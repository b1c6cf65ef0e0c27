"""Long lists a stretch at a time, each going on where the last line of the one before stood.

What comes in between neither repeats a line nor hides one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, or_, select

from services.registry.store.search_index import audience_of
from services.registry.tables import (
    Audience,
    CaseFile,
    Document,
    Mail,
    MailState,
    Message,
    ReviewItem,
)
from shared.events import Fate

Mark = tuple[datetime, str | int]
"""A line's moment and name: by them every list here is ordered."""

_MatterRow = tuple[ReviewItem, Mail, Document | None, CaseFile | None]


@dataclass(frozen=True)
class DocumentsWanted:
    """Which documents; an empty value lets all through."""

    seen_by: frozenset[Audience]
    fates: Sequence[Fate] = ()
    initiative: str = ""
    municipality: str = ""
    dnr: str = ""


def documents_after(
    session: Session, wanted: DocumentsWanted, after: Mark | None, size: int
) -> Sequence[tuple[Document, CaseFile]]:
    """Documents with their cases, the last to arrive first."""
    fates = [
        fate
        for fate in Fate
        if audience_of(fate) in wanted.seen_by and (not wanted.fates or fate in wanted.fates)
    ]
    query = (
        select(Document, CaseFile)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(col(Document.fate).in_(fates))
    )
    for column, value in (
        (col(Document.initiative), wanted.initiative),
        (col(Document.municipality), wanted.municipality),
        (col(CaseFile.dnr), wanted.dnr),
    ):
        if value:
            query = query.where(column == value)
    at, name = col(Document.received_at), col(Document.document_id)
    if after is not None:
        query = query.where(_earlier(at, name, after))
    return session.exec(query.order_by(at.desc(), name).limit(size)).all()


def mails_after(
    session: Session, states: Sequence[MailState], after: Mark | None, size: int
) -> Sequence[tuple[Mail, CaseFile | None]]:
    """Mails in these states, each with its own case if it has one; the last to arrive first."""
    at, name = col(Mail.received_at), col(Mail.mail_id)
    query = (
        select(Mail, CaseFile)
        .outerjoin(CaseFile, col(CaseFile.id) == col(Mail.case_id))
        .where(col(Mail.state).in_(states))
    )
    if after is not None:
        query = query.where(_earlier(at, name, after))
    return session.exec(query.order_by(at.desc(), name).limit(size)).all()


def messages_after(
    session: Session, mail_id: str, after: Mark | None, size: int
) -> Sequence[Message]:
    """Our outgoing mails, of one incoming mail if it is named; the last settled first."""
    at, name = col(Message.settled_at), col(Message.message_id)
    query = select(Message)
    if mail_id:
        query = query.where(col(Message.mail_id) == mail_id)
    if after is not None:
        query = query.where(_earlier(at, name, after))
    return session.exec(query.order_by(at.desc(), name).limit(size)).all()


def matters_after(
    session: Session, conditions: Sequence[ColumnElement[bool]], after: Mark | None, size: int
) -> Sequence[_MatterRow]:
    """Matters for a person, the mail that came first first; `conditions` are on their tables."""
    at, name = col(Mail.received_at), col(ReviewItem.id)
    query = _matters().where(*conditions)
    if after is not None:
        moment, last = after
        query = query.where(or_(at > moment, and_(at == moment, name > last)))
    rows: Sequence[_MatterRow] = session.exec(query.order_by(at, name).limit(size)).all()
    return rows


def matter(session: Session, item_id: int) -> _MatterRow | None:
    """One matter, open or resolved."""
    query = _matters().where(col(ReviewItem.id) == item_id)
    row: _MatterRow | None = session.exec(query).one_or_none()
    return row


def _matters() -> Any:
    return (
        select(ReviewItem, Mail, Document, CaseFile)
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .outerjoin(
            CaseFile,
            col(CaseFile.id) == func.coalesce(col(Document.case_id), col(Mail.case_id)),
        )
    )


def _earlier(at: Any, name: Any, after: Mark) -> ColumnElement[bool]:
    """What stands after the mark where the last comes first, and equals stand by name."""
    moment, last = after
    found: ColumnElement[bool] = or_(at < moment, and_(at == moment, name > last))
    return found
