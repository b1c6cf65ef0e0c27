"""What waits for a person, oldest first."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, func
from sqlmodel import Session, col, select

from services.registry.tables import CaseFile, Document, Mail, ReviewItem, ReviewState
from shared.events import DocumentKind, Reason


@dataclass(frozen=True)
class QueueLine:
    """One open matter: a document, or a mail as a whole (then `document_id` is None)."""

    item_id: int
    mail_id: str
    document_id: str | None
    reasons: tuple[Reason, ...]
    dnr: str
    handling: int | None
    kind: DocumentKind | None
    initiative: str | None
    municipality: str | None
    read_initiative: str | None
    """What the reader made of it, certain or not; for a person's eyes only."""
    read_municipality: str | None
    read_answer: str | None
    late: bool
    subject: str
    from_name: str
    from_address: str
    received_at: datetime
    claimed_by: str | None


@dataclass(frozen=True)
class QueueCounts:
    """How much waits. A matter with several reasons counts under each."""

    total: int
    by_reason: dict[Reason, int]
    oldest: datetime | None
    """When the oldest of them reached our servers."""


def open_queue(
    session: Session, reason: Reason | None = None, *, limit: int = 100, offset: int = 0
) -> list[QueueLine]:
    """The open matters, the mail that came first first; only those with `reason`, if given."""
    query = (
        select(ReviewItem, Mail, Document)
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .where(col(ReviewItem.state) == ReviewState.OPEN)
        .order_by(col(Mail.received_at), col(ReviewItem.id))
        .limit(limit)
        .offset(offset)
    )
    if reason is not None:
        # The reasons are a JSON list of plain keys, so a quoted key is found as it is written.
        query = query.where(cast(col(ReviewItem.reasons), Text).contains(f'"{reason.value}"'))
    rows = session.exec(query).all()
    cases = _cases(session, {_case_id(mail, document) for _, mail, document in rows} - {None})
    return [_line(item, mail, document, cases) for item, mail, document in rows]


def queue_counts(session: Session) -> QueueCounts:
    """How many open matters there are, in all and by reason."""
    reasons = cast(col(ReviewItem.reasons), Text)
    rows = session.exec(
        select(reasons, func.count(), func.min(Mail.received_at))
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .where(col(ReviewItem.state) == ReviewState.OPEN)
        .group_by(reasons)
    ).all()
    counts: Counter[Reason] = Counter()
    for keys, count, _ in rows:
        counts.update({Reason(key): count for key in json.loads(keys)})
    return QueueCounts(
        total=sum(count for _, count, _ in rows),
        by_reason=dict(counts.most_common()),
        oldest=min((oldest for _, _, oldest in rows), default=None),
    )


def _case_id(mail: Mail, document: Document | None) -> int | None:
    return mail.case_id if document is None else document.case_id


def _cases(session: Session, ids: set[int | None]) -> dict[int | None, CaseFile]:
    found = session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids))).all()
    return {case.id: case for case in found}


def _line(
    item: ReviewItem, mail: Mail, document: Document | None, cases: dict[int | None, CaseFile]
) -> QueueLine:
    assert item.id is not None
    case = cases.get(_case_id(mail, document))
    return QueueLine(
        item_id=item.id,
        mail_id=item.mail_id,
        document_id=item.document_id,
        reasons=tuple(Reason(key) for key in item.reasons),
        dnr=case.dnr if case else "",
        handling=document.handling if document else mail.handling,
        kind=document.kind if document else None,
        initiative=document.initiative if document else None,
        municipality=document.municipality if document else None,
        read_initiative=_read(document, "initiative"),
        read_municipality=_read(document, "municipality"),
        read_answer=_read(document, "answer"),
        late=document.late if document else False,
        subject=mail.subject,
        from_name=mail.from_name,
        from_address=mail.from_address,
        received_at=mail.received_at,
        claimed_by=item.claimed_by,
    )


def _read(document: Document | None, name: str) -> str | None:
    value = document.reading.get(name) if document else None
    return str(value["text"]) if value else None
