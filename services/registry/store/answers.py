"""What each municipality has answered to each initiative, those missing included."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    Document,
    Initiative,
    ReviewItem,
    ReviewState,
)
from shared.events import SignatureState
from shared.municipalities import all_municipalities, display_name


class AnswerState(StrEnum):
    """Nej, no answer, and one that nobody has been able to read yet are three different things."""

    RECORDED = "recorded"
    REPLACED = "replaced"
    REVIEW = "review"
    MISSING = "missing"


@dataclass(frozen=True)
class AnswerLine:
    """One municipality and one initiative; what has not come is None or empty."""

    initiative: str
    initiative_name: str
    municipality: str
    municipality_name: str
    state: AnswerState
    answer: str | None = None
    answer_label: str | None = None
    received_at: datetime | None = None
    registered_at: datetime | None = None
    dnr: str | None = None
    handling: int | None = None
    signature: SignatureState | None = None
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    late: bool = False
    document_id: str | None = None
    waiting: tuple[str, ...] = ()
    """The documents about it that wait for a person, oldest first; also beside a current answer."""


@dataclass(frozen=True)
class InitiativeSummary:
    """How far the answers to one initiative have come."""

    id: str
    name: str
    round: str
    last_answer_day: date
    options: dict[str, str]
    start_when: dict[str, int]
    answers: dict[str, int] = field(default_factory=dict)
    """Option → municipalities whose current answer it is."""
    late: int = 0
    review: int = 0
    """Municipalities without an answer from which something waits for a person."""
    missing: int = 0


def initiatives(session: Session) -> Sequence[Initiative]:
    """All initiatives, by last answer day, then in the order they were defined."""
    return session.exec(_all_initiatives()).all()


@cache
def _all_initiatives() -> SelectOfScalar[Initiative]:
    return select(Initiative).order_by(
        col(Initiative.last_answer_day), col(Initiative.defined_at), col(Initiative.id)
    )


def summaries(session: Session) -> list[InitiativeSummary]:
    """Every initiative with its counts over all municipalities."""
    lines = answer_lines(session)
    return [
        _summary(initiative, [line for line in lines if line.initiative == initiative.id])
        for initiative in initiatives(session)
    ]


def answer_lines(
    session: Session,
    initiative: str | None = None,
    municipalities: Collection[str] | None = None,
    known: Sequence[Initiative] | None = None,
) -> list[AnswerLine]:
    """One line per initiative and municipality, in the order of the municipalities' codes.

    Only those of one initiative or of some municipalities (kommunkoder) where these are named.
    `known` are all initiatives, for who has read them already.
    """
    every = initiatives(session) if known is None else known
    wanted = [one for one in every if initiative in (None, one.id)]
    codes = None if municipalities is None else frozenset(municipalities)
    shown = [one for one in all_municipalities() if codes is None or one.code in codes]
    answers = _answers(session, initiative, municipalities)
    waiting = _waiting(session, initiative, municipalities)
    return [
        _line(
            one,
            each.code,
            display_name(each),
            answers.get((one.id, each.code)),
            waiting.get((one.id, each.code), []),
        )
        for one in wanted
        for each in shown
    ]


class _Registered(NamedTuple):
    """What the list shows of an answer and its document: far less than the rows hold, which
    every page would have to read anew."""

    initiative: str
    municipality: str
    status: AnswerStatus
    answer: str
    received_at: datetime
    signature: SignatureState | None
    contact_name: str
    contact_email: str
    contact_phone: str
    late: bool
    document_id: str
    registered_at: datetime
    handling: int
    dnr: str


class _Waiting(NamedTuple):
    """What the list shows of a document that waits for a person."""

    initiative: str
    municipality: str
    document_id: str
    received_at: datetime
    registered_at: datetime
    handling: int
    late: bool
    dnr: str


def _answers(
    session: Session, initiative: str | None, municipalities: Collection[str] | None
) -> dict[tuple[str, str], _Registered]:
    """The current answer of each pair; where none is current, the one that was last replaced."""
    query = _registered(initiative is not None, municipalities is not None)
    found: dict[tuple[str, str], _Registered] = {}
    for row in session.connection().execute(query, _meant(initiative, municipalities)).all():
        one = _Registered(*row)
        pair = one.initiative, one.municipality
        before = found.get(pair)
        if (
            one.status is AnswerStatus.CURRENT
            or before is None
            or before.status is AnswerStatus.REPLACED
        ):
            found[pair] = one
    return found


def _waiting(
    session: Session, initiative: str | None, municipalities: Collection[str] | None
) -> dict[tuple[str, str], list[_Waiting]]:
    query = _queued(initiative is not None, municipalities is not None)
    found: dict[tuple[str, str], list[_Waiting]] = {}
    for row in session.connection().execute(query, _meant(initiative, municipalities)).all():
        one = _Waiting(*row)
        found.setdefault((one.initiative, one.municipality), []).append(one)
    return found


@cache
def _registered(one_initiative: bool, some_municipalities: bool) -> Select[*tuple[Any, ...]]:
    own = _Registered._fields[: _Registered._fields.index("registered_at")]
    columns: list[Any] = [getattr(Answer, name) for name in own]
    columns += [Document.registered_at, Document.handling, CaseFile.dnr]
    query = (
        select_columns(*columns)
        .join(Document, col(Document.document_id) == col(Answer.document_id))
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(col(Answer.status) != AnswerStatus.VOIDED)
        .order_by(col(Answer.recorded_at))
    )
    return query.where(*_those(Answer, one_initiative, some_municipalities))


@cache
def _queued(one_initiative: bool, some_municipalities: bool) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [getattr(Document, name) for name in _Waiting._fields[:-1]]
    columns += [CaseFile.dnr]
    query = (
        select_columns(*columns)
        .join(ReviewItem, col(ReviewItem.document_id) == col(Document.document_id))
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(
            col(ReviewItem.state) == ReviewState.OPEN,
            col(Document.initiative).is_not(None),
            col(Document.municipality).is_not(None),
        )
        .order_by(col(Document.received_at), col(Document.document_id))
    )
    return query.where(*_those(Document, one_initiative, some_municipalities))


def _those(
    table: type[Answer] | type[Document], one_initiative: bool, some_municipalities: bool
) -> Iterator[ColumnElement[bool]]:
    if one_initiative:
        yield col(table.initiative) == bindparam("initiative")
    if some_municipalities:
        yield col(table.municipality).in_(bindparam("municipalities", expanding=True))


def _meant(initiative: str | None, municipalities: Collection[str] | None) -> dict[str, Any]:
    """The values of those conditions that there are."""
    meant: dict[str, Any] = {}
    if initiative is not None:
        meant["initiative"] = initiative
    if municipalities is not None:
        meant["municipalities"] = list(municipalities)
    return meant


def _line(
    initiative: Initiative,
    municipality: str,
    name: str,
    registered: _Registered | None,
    waiting: list[_Waiting],
) -> AnswerLine:
    queued = tuple(one.document_id for one in waiting)
    if registered is not None:
        current = registered.status is AnswerStatus.CURRENT
        return AnswerLine(
            initiative=initiative.id,
            initiative_name=initiative.name,
            municipality=municipality,
            municipality_name=name,
            state=AnswerState.RECORDED if current else AnswerState.REPLACED,
            answer=registered.answer,
            answer_label=initiative.options.get(registered.answer, registered.answer),
            received_at=registered.received_at,
            registered_at=registered.registered_at,
            dnr=registered.dnr,
            handling=registered.handling,
            signature=registered.signature,
            contact_name=registered.contact_name,
            contact_email=registered.contact_email,
            contact_phone=registered.contact_phone,
            late=registered.late,
            document_id=registered.document_id,
            waiting=queued,
        )
    if waiting:
        first = waiting[0]
        return AnswerLine(
            initiative=initiative.id,
            initiative_name=initiative.name,
            municipality=municipality,
            municipality_name=name,
            state=AnswerState.REVIEW,
            received_at=first.received_at,
            registered_at=first.registered_at,
            dnr=first.dnr,
            handling=first.handling,
            late=first.late,
            document_id=first.document_id,
            waiting=queued,
        )
    return AnswerLine(initiative.id, initiative.name, municipality, name, AnswerState.MISSING)


def _summary(initiative: Initiative, lines: list[AnswerLine]) -> InitiativeSummary:
    states = Counter(line.state for line in lines)
    answers = Counter(line.answer for line in lines if line.state is AnswerState.RECORDED)
    return InitiativeSummary(
        id=initiative.id,
        name=initiative.name,
        round=initiative.round,
        last_answer_day=initiative.last_answer_day,
        options=initiative.options,
        start_when=initiative.start_when,
        answers={option: answers[option] for option in initiative.options},
        late=sum(line.late for line in lines if line.state is AnswerState.RECORDED),
        review=states[AnswerState.REVIEW],
        missing=states[AnswerState.MISSING] + states[AnswerState.REPLACED],
    )


@dataclass(frozen=True)
class FormerAnswer:
    """An answer that was replaced or voided, with the handling that it was recorded from."""

    answer: Answer
    document: Document
    case: CaseFile


def former_answers(
    session: Session, initiative: str, municipality: str, besides: str
) -> list[FormerAnswer]:
    """What no longer counts of one pair, the last to end first; not that of document `besides`."""
    return [
        FormerAnswer(*row)
        for row in session.exec(
            select(Answer, Document, CaseFile)
            .join(Document, col(Document.document_id) == col(Answer.document_id))
            .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
            .where(
                Answer.initiative == initiative,
                Answer.municipality == municipality,
                Answer.status != AnswerStatus.CURRENT,
                Answer.document_id != besides,
            )
            .order_by(col(Answer.ended_at).desc(), col(Answer.document_id))
        )
    ]
