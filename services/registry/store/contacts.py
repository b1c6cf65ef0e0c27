"""Whom to reach: the contacts of the answers that stand, those that count no longer, and gaps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_
from sqlmodel import Session, col, or_, select

from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    ContactPerson,
    Document,
    EventLog,
)


class ContactState(StrEnum):
    """Whether a contact counts."""

    STANDS = "stands"
    ENDED = "ended"
    """By hand, or because a corrected answer names nobody."""
    FORMER = "former"
    """Its answer was replaced, voided or recorded anew for another municipality."""


@dataclass(frozen=True)
class ContactLine:
    """One contact with the handling that its answer stands in."""

    contact: ContactPerson
    answer: Answer
    dnr: str
    handling: int
    state: ContactState


@dataclass(frozen=True)
class GapLine:
    """An answer that stands, and for which there is nobody to reach."""

    answer: Answer
    dnr: str
    handling: int


@dataclass(frozen=True)
class ContactFilter:
    """Which contacts are wanted; an empty value lets all through."""

    initiative: str = ""
    municipalities: frozenset[str] | None = None
    """By kommunkod."""
    words: str = ""
    """Stands in the name, address or number, in whatever letters."""
    standing: bool = True
    """Those that count, or else those that no longer do."""


_STANDS = and_(
    col(Answer.status) == AnswerStatus.CURRENT,
    col(Answer.initiative) == col(ContactPerson.initiative),
    col(Answer.municipality) == col(ContactPerson.municipality),
)
_COUNTS = and_(_STANDS, col(ContactPerson.ended_at).is_(None))
_ORDER = (col(ContactPerson.municipality), col(ContactPerson.initiative), col(ContactPerson.id))


def contact_ids(session: Session, wanted: ContactFilter) -> list[int]:
    """The wanted contacts, by municipality (kommunkod), initiative and age."""
    # No database folds å, ä and ö alike: who contains the words is told here.
    sought = wanted.words.casefold()
    return [
        contact_id
        for contact_id, *texts in session.exec(
            select(ContactPerson.id, ContactPerson.name, ContactPerson.email, ContactPerson.phone)
            .join(Answer, col(Answer.document_id) == col(ContactPerson.document_id))
            .where(*_conditions(wanted))
            .order_by(*_ORDER)
        )
        if contact_id is not None and any(sought in text.casefold() for text in texts)
    ]


def contact_lines(session: Session, ids: Sequence[int]) -> list[ContactLine]:
    """These contacts, in the order of `contact_ids`."""
    return [
        ContactLine(contact, answer, dnr, handling, _state(stands, contact))
        for contact, answer, dnr, handling, stands in session.exec(
            select(ContactPerson, Answer, CaseFile.dnr, Document.handling, _STANDS)  # type: ignore[call-overload]
            .join(Answer, col(Answer.document_id) == col(ContactPerson.document_id))
            .join(Document, col(Document.document_id) == col(ContactPerson.document_id))
            .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
            .where(col(ContactPerson.id).in_(ids))
            .order_by(*_ORDER)
        )
    ]


def contact_line(session: Session, contact_id: int) -> ContactLine | None:
    """One contact."""
    return next(iter(contact_lines(session, [contact_id])), None)


def contacts_of_answer(session: Session, document_id: str) -> list[ContactLine]:
    """Everybody who is, or was, to be reached about the answer recorded from a document."""
    ids = session.exec(
        select(ContactPerson.id).where(ContactPerson.document_id == document_id)
    ).all()
    return contact_lines(session, [one for one in ids if one is not None])


def contacts_with_addresses(
    session: Session, addresses: Collection[str]
) -> dict[str, list[ContactLine]]:
    """Who has each of these e-mail addresses, by address in lower case; those that count first."""
    ids = session.exec(
        select(ContactPerson.id).where(
            func.lower(ContactPerson.email).in_({address.lower() for address in addresses})
        )
    ).all()
    found = contact_lines(session, [one for one in ids if one is not None])
    found.sort(key=lambda line: line.state is not ContactState.STANDS)
    by_address: dict[str, list[ContactLine]] = {}
    for line in found:
        by_address.setdefault(line.contact.email.lower(), []).append(line)
    return by_address


def contacts_of_municipality(session: Session, code: str) -> list[ContactLine]:
    """Everybody of one municipality; those that count first, the last first."""
    ids = session.exec(select(ContactPerson.id).where(ContactPerson.municipality == code)).all()
    found = contact_lines(session, [one for one in ids if one is not None])
    found.sort(key=lambda line: (line.answer.recorded_at, line.contact.id), reverse=True)
    return sorted(found, key=lambda line: line.state is not ContactState.STANDS)


def gaps(session: Session, wanted: ContactFilter, *, limit: int, offset: int) -> list[GapLine]:
    """The answers that stand and name nobody to reach, by municipality and initiative."""
    return [
        GapLine(*row)
        for row in session.exec(
            select(Answer, CaseFile.dnr, Document.handling)
            .join(Document, col(Document.document_id) == col(Answer.document_id))
            .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
            .where(*_gap_conditions(wanted))
            .order_by(col(Answer.municipality), col(Answer.initiative))
            .limit(limit)
            .offset(offset)
        )
    ]


def gap_count(session: Session, wanted: ContactFilter) -> int:
    """How many answers stand and name nobody to reach."""
    return session.exec(
        select(func.count()).select_from(Answer).where(*_gap_conditions(wanted))
    ).one()


def contact_history(session: Session, contact: ContactPerson) -> list[EventLog]:
    """What was done to a contact, the first first; its coming with the answer is not a line."""
    lines = session.exec(
        select(EventLog)
        .where(
            EventLog.document_id == contact.document_id,
            col(EventLog.what).in_(("contact.added", "contact.changed", "contact.ended")),
        )
        .order_by(col(EventLog.id))
    )
    return [line for line in lines if line.after and line.after.get("contact") == contact.id]


def _conditions(wanted: ContactFilter) -> list[ColumnElement[bool]]:
    conditions = [_COUNTS if wanted.standing else not_(_COUNTS)]
    if wanted.initiative:
        conditions.append(col(ContactPerson.initiative) == wanted.initiative)
    if wanted.municipalities is not None:
        conditions.append(col(ContactPerson.municipality).in_(wanted.municipalities))
    return conditions


def _gap_conditions(wanted: ContactFilter) -> list[Any]:
    someone = (
        select(ContactPerson.id)
        .where(
            ContactPerson.document_id == Answer.document_id,
            ContactPerson.initiative == Answer.initiative,
            ContactPerson.municipality == Answer.municipality,
            or_(ContactPerson.email != "", ContactPerson.phone != ""),
            col(ContactPerson.ended_at).is_(None),
        )
        .exists()
    )
    conditions: list[Any] = [col(Answer.status) == AnswerStatus.CURRENT, ~someone]
    if wanted.initiative:
        conditions.append(col(Answer.initiative) == wanted.initiative)
    if wanted.municipalities is not None:
        conditions.append(col(Answer.municipality).in_(wanted.municipalities))
    return conditions


def _state(stands: bool, contact: ContactPerson) -> ContactState:
    if not stands:
        return ContactState.FORMER
    return ContactState.STANDS if contact.ended_at is None else ContactState.ENDED
