"""What the page of the queue shows of it: how much waits, what it can be filtered by, and a slice.

All that waits is looked at, and not a page of it: for that one PostgreSQL would go through all
mails that ever came. So what is counted is counted in the same look.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from services.registry.store.queue import QueueCounts
from services.registry.tables import CaseFile, Document, Mail, ReviewItem, ReviewState
from services.registry.web.queries import Matter, QueueFilter, Slice, sliced
from shared.events import Reason


@dataclass(frozen=True)
class QueueChoices:
    """What the queue can be filtered by: only what something in it has."""

    mailboxes: Sequence[str]
    initiatives: Sequence[str]
    municipalities: Sequence[str]


@dataclass(frozen=True)
class Queue:
    """What waits for a person."""

    counts: QueueCounts
    choices: QueueChoices
    matters: Slice[Matter]
    """Those that the filter lets through, the mail that came first first."""


class _InQueue(NamedTuple):
    """As much of an item as is counted."""

    id: int
    reasons: str
    received_at: datetime
    mailbox: str
    initiative: str | None
    municipality: str | None


def queue(session: Session, filter: QueueFilter, number: int, size: int) -> Queue:
    """Look at the queue, and at one slice of what the filter lets through."""
    waiting = [_InQueue(*row) for row in session.connection().execute(_all_in_queue())]
    order = [one.id for one in waiting]
    if filter != QueueFilter():
        let_through = frozenset(session.exec(_filtered(filter)))
        order = [id for id in order if id in let_through]
    shown = sliced(order, number, size)
    rows = session.execute(_matters(), {"ids": shown.items})
    return Queue(
        counts=_counted(waiting),
        choices=QueueChoices(
            mailboxes=_named(one.mailbox for one in waiting),
            initiatives=_named(one.initiative for one in waiting),
            municipalities=_named(one.municipality for one in waiting),
        ),
        matters=Slice([Matter(*row) for row in rows], shown.number, size, shown.total),
    )


@cache
def _all_in_queue() -> Select[*tuple[Any, ...]]:
    return (
        select_columns(
            col(ReviewItem.id),
            cast(col(ReviewItem.reasons), Text),
            col(Mail.received_at),
            col(Mail.mailbox),
            col(Document.initiative),
            col(Document.municipality),
        )
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .where(col(ReviewItem.state) == ReviewState.OPEN)
        .order_by(col(Mail.received_at), col(ReviewItem.id))
    )


def _filtered(filter: QueueFilter) -> Any:
    return (
        select(ReviewItem.id)
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .where(*filter.conditions())
    )


@cache
def _matters() -> Select[*tuple[Any, ...]]:
    case_id = func.coalesce(col(Document.case_id), col(Mail.case_id))
    return (
        select_columns(ReviewItem, Mail, Document, CaseFile)
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .outerjoin(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .outerjoin(CaseFile, col(CaseFile.id) == case_id)
        .where(col(ReviewItem.id).in_(bindparam("ids", expanding=True)))
        .order_by(col(Mail.received_at), col(ReviewItem.id))
    )


def _counted(waiting: Sequence[_InQueue]) -> QueueCounts:
    counts: Counter[Reason] = Counter()
    for keys, count in Counter(one.reasons for one in waiting).items():
        counts.update({Reason(key): count for key in json.loads(keys)})
    return QueueCounts(
        total=len(waiting),
        by_reason=dict(counts.most_common()),
        oldest=waiting[0].received_at if waiting else None,
    )


def _named(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})
