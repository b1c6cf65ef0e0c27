"""What the pages ask for beyond `services.registry.store`: one slice of a long list at a time."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Text, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.store.answers import InitiativeSummary, initiatives
from services.registry.store.bounces import counting_bounces
from services.registry.store.mailings import counting_waiting_mailings
from services.registry.store.questions import counting_questions
from services.registry.store.replies import counting_replies
from services.registry.tables import (
    Answer,
    AnswerStatus,
    BounceState,
    CaseFile,
    Document,
    Mail,
    MailState,
    RegistryTable,
    ReplyState,
    ReviewItem,
    ReviewState,
)
from shared.events import Fate, Reason
from shared.municipalities import all_municipalities

T = TypeVar("T")

ANSWER_FATES = (Fate.RECORDED, Fate.DUPLICATE)
"""What a document becomes that carries a recorded answer, or repeats one."""


@dataclass(frozen=True)
class Slice(Generic[T]):
    """One page of a list. `number` counts from 1."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * self.size + len(self.items)


@dataclass(frozen=True)
class Arrival:
    """One document, with the case and the mail that it belongs to."""

    document: Document
    case: CaseFile
    mail: Mail


@dataclass(frozen=True)
class Matter:
    """One item of the queue; without a document, the mail itself is the matter."""

    item: ReviewItem
    mail: Mail
    document: Document | None
    case: CaseFile | None


@dataclass(frozen=True)
class Neighbours:
    """Where an item stands in the whole queue, from 1, and the items beside it."""

    place: int
    total: int
    before: int | None
    after: int | None
    next_free: int | None
    """The one to go on with: the next that nobody else has, from the oldest again at the end."""
    document: Document | None
    """What that one is about."""


def sliced(items: Sequence[T], number: int, size: int) -> Slice[T]:
    """Cut one page out of a list that is already at hand."""
    number = _within(number, size, len(items))
    return Slice(items[(number - 1) * size : number * size], number, size, len(items))


@dataclass(frozen=True)
class Waiting:
    """What the menu tells on every page."""

    counts: dict[str, int]
    """How much waits, by the menu's keys."""
    newest: int
    """The item that was made last; whatever comes from now on has a higher number."""


def waiting(session: Session) -> Waiting:
    """Look at what waits, for the menu. Asked at once: every page needs it."""
    counts = dict(session.connection().execute(_counting_waiting()).mappings().one())
    newest = counts.pop("newest") or 0
    counts["needs"] += counts.pop("needs_in_mails")
    return Waiting(counts, newest)


def waiting_counts(session: Session) -> dict[str, int]:
    """How much waits, for the numbers in the menu."""
    return waiting(session).counts


@cache
def _counting_waiting() -> Select[*tuple[int, ...]]:
    # Kept: to put the question together takes longer than to have it answered.
    questions: dict[str, SelectOfScalar[Any]] = {
        "queue": _counting(ReviewItem, _is_open()),
        "returned": _counting(Document, col(Document.fate) == Fate.RETURNED),
        "tasks": counting_replies((ReplyState.OPEN,)),
        "questions": counting_questions(),
        "bounces": counting_bounces(BounceState.OPEN),
        "needs": _counting(Document, col(Document.fate) == Fate.NEED),
        "needs_in_mails": _counting(Mail, col(Mail.state) == MailState.NEED),
        "mailings": counting_waiting_mailings(),
        "newest": select(func.max(ReviewItem.id)),
    }
    return select_columns(
        *(question.scalar_subquery().label(name) for name, question in questions.items())
    )


def summaries(session: Session) -> list[InitiativeSummary]:
    """How each initiative fares, as `store.answers.summaries` but counted by the database.

    That one reads every answer with its document, which a front page cannot wait for.
    """
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    late: Counter[str] = Counter()
    for initiative, answer, is_late, count in session.exec(
        select(Answer.initiative, Answer.answer, Answer.late, func.count())
        .where(col(Answer.status) == AnswerStatus.CURRENT)
        .group_by(col(Answer.initiative), col(Answer.answer), col(Answer.late))
    ):
        counted[initiative][answer] += count
        late[initiative] += count if is_late else 0
    waiting = _waiting_without_answer(session)
    total = len(all_municipalities())
    return [
        InitiativeSummary(
            id=one.id,
            name=one.name,
            round=one.round,
            last_answer_day=one.last_answer_day,
            options=one.options,
            start_when=one.start_when,
            answers={option: counted[one.id][option] for option in one.options},
            late=late[one.id],
            review=waiting[one.id],
            missing=total - counted[one.id].total() - waiting[one.id],
        )
        for one in initiatives(session)
    ]


def _waiting_without_answer(session: Session) -> Counter[str]:
    """Per initiative, the municipalities from which something waits and nothing was recorded."""
    recorded = (
        select(Answer.document_id)
        .where(
            Answer.initiative == Document.initiative,
            Answer.municipality == Document.municipality,
            Answer.status != AnswerStatus.VOIDED,
        )
        .exists()
    )
    pairs = session.exec(
        select(Document.initiative, Document.municipality)
        .join(ReviewItem, col(ReviewItem.document_id) == col(Document.document_id))
        .where(
            _is_open(),
            col(Document.initiative).is_not(None),
            col(Document.municipality).is_not(None),
            ~recorded,
        )
        .distinct()
    )
    return Counter(initiative for initiative, _ in pairs if initiative is not None)


def arrivals(session: Session, fates: Sequence[Fate], number: int, size: int) -> Slice[Arrival]:
    """Documents that became one of these, the last to arrive first."""
    total = _count(session, select(Document.document_id).where(col(Document.fate).in_(fates)))
    number = _within(number, size, total)
    return Slice(_arrived(session, fates, size, (number - 1) * size), number, size, total)


def latest_arrivals(session: Session, fates: Sequence[Fate], size: int) -> list[Arrival]:
    """Those of them that arrived last; how many there are in all is not counted."""
    return _arrived(session, fates, size, 0)


def _arrived(session: Session, fates: Sequence[Fate], size: int, offset: int) -> list[Arrival]:
    rows = session.exec(
        select(Document, CaseFile, Mail)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .join(Mail, col(Mail.mail_id) == col(Document.mail_id))
        .where(col(Document.fate).in_(fates))
        .order_by(col(Document.received_at).desc(), col(Document.document_id))
        .limit(size)
        .offset(offset)
    )
    return [Arrival(*row) for row in rows]


@dataclass(frozen=True)
class QueueFilter:
    """What is shown of the queue; an empty value lets all through."""

    reason: Reason | None = None
    mailbox: str = ""
    initiative: str = ""
    municipality: str = ""
    before: datetime | None = None
    """Only what came before this moment."""
    free_for: str = ""
    """Only what nobody else than this user has taken."""
    after: int = 0
    """Only what was put into the queue after this item."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on `ReviewItem`, `Mail` and `Document`, outer-joined."""
        wanted: list[ColumnElement[bool]] = [_is_open()]
        if self.reason is not None:
            # The reasons are a JSON list of plain keys: a quoted key is found as it is written.
            wanted.append(cast(col(ReviewItem.reasons), Text).contains(f'"{self.reason.value}"'))
        for column, value in (
            (col(Mail.mailbox), self.mailbox),
            (col(Document.initiative), self.initiative),
            (col(Document.municipality), self.municipality),
        ):
            if value:
                wanted.append(column == value)
        if self.before is not None:
            wanted.append(col(Mail.received_at) < self.before)
        if self.after:
            wanted.append(col(ReviewItem.id) > self.after)
        if self.free_for:
            taken = col(ReviewItem.claimed_by)
            wanted.append(or_(taken.is_(None), taken == self.free_for))
        return wanted


def neighbours(session: Session, item: ReviewItem, name: str) -> Neighbours:
    """Return what stands beside an item in the whole queue, as the user `name` may take it.

    Free is none that another has taken, or whose pages are being read anew.
    """
    order = _in_line(session, item)
    at = next(place for place, (number, _, _) in enumerate(order) if number == item.id)
    onwards = [*order[at + 1 :], *order[:at]]
    if item.state == ReviewState.OPEN:
        onwards.append(order[at])
    next_free, following = _first_free(session, onwards, name)
    return Neighbours(
        place=at + 1,
        total=len(order),
        before=order[at - 1][0] if at else None,
        after=order[at + 1][0] if at + 1 < len(order) else None,
        next_free=next_free,
        document=following,
    )


_Place = tuple[int, str | None, str | None]


def _first_free(
    session: Session, line: Sequence[_Place], name: str
) -> tuple[int, Document | None] | tuple[None, None]:
    for number, held, document_id in line:
        if held in (None, name):
            document = session.get(Document, document_id) if document_id is not None else None
            if document is None or document.arranged_into is None:
                return number, document
    return None, None


def _in_line(session: Session, besides: ReviewItem) -> Sequence[_Place]:
    """The open items and this one, oldest first: each with who has it, and its document.

    The whole line, and not the next of it: for that one PostgreSQL would go through all mails that
    ever came.
    """
    rows = session.exec(
        select(ReviewItem.id, ReviewItem.claimed_by, ReviewItem.document_id)
        .join(Mail, col(Mail.mail_id) == col(ReviewItem.mail_id))
        .where(or_(_is_open(), col(ReviewItem.id) == besides.id))
        .order_by(col(Mail.received_at), col(ReviewItem.id))
    ).all()
    return [(number, held, document) for number, held, document in rows if number is not None]


def mails(
    session: Session, states: Sequence[MailState], wanted: str, number: int, size: int
) -> Slice[Mail]:
    """Mails in these states, the last to arrive first; `wanted` stands in subject or sender."""
    conditions: list[ColumnElement[bool]] = []
    if set(states) != set(MailState):
        conditions.append(col(Mail.state).in_(states))
    if wanted:
        pattern = f"%{_escaped(wanted)}%"
        conditions.append(
            or_(
                *(
                    col(column).ilike(pattern, escape="\\")
                    for column in (Mail.subject, Mail.from_address, Mail.from_name)
                )
            )
        )
    total = _count(session, select(Mail.mail_id).where(*conditions))
    number = _within(number, size, total)
    rows = session.exec(
        select(Mail)
        .where(*conditions)
        .order_by(col(Mail.received_at).desc(), col(Mail.mail_id))
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    return Slice(rows, number, size, total)


def _is_open() -> Any:
    return col(ReviewItem.state) == ReviewState.OPEN


def _counting(table: type[RegistryTable], wanted: ColumnElement[bool]) -> SelectOfScalar[int]:
    return select(func.count()).select_from(table).where(wanted)


def _count(session: Session, query: Any) -> int:
    counted = session.exec(select(func.count()).select_from(query.subquery())).one()
    return int(counted)


def _within(number: int, size: int, total: int) -> int:
    """The page that was asked for, or the last one there is."""
    return max(1, min(number, -(-total // size)))


def _escaped(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text
