"""Moves a document to the case it belongs in, once a person has said whose answer it is.

All handlings of one municipality on one initiative are in one case. A document that waited in a
case of its own takes that case with it if there is none yet: the number that its sender was given
then stays. Else it gets a number in the other case, and its former one is kept for it.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select

from services.registry.cases import Diary, answer_title, case_of, next_handling
from services.registry.domain.answer import Pair
from services.registry.tables import CaseFile, Document, FormerNumber, Mail
from shared.events import Fate


def move_to_case_of(
    session: Session,
    diary: Diary,
    document: Document,
    pair: Pair,
    *,
    initiative_name: str,
    at: datetime,
) -> dict[str, Any]:
    """Put the document into the case of this pair; return what `move_back` needs.

    Raises IntegrityError if another has opened the pair's case in the meantime.
    """
    own = session.get_one(CaseFile, document.case_id)
    before: dict[str, Any] = {"case_id": own.id, "handling": document.handling}
    case = case_of(session, pair)
    if case is not None and case.id == own.id:
        return before
    title = answer_title(initiative_name, pair)
    if case is None and own.initiative is None and _holds_only(session, own, document):
        before["case"] = {"title": own.title}
        own.initiative, own.municipality, own.title = pair.initiative, pair.municipality, title
        session.flush()
        return before
    if case is None:
        case = diary.open_case(session, title=title, at=at, pair=pair)
    _renumber(session, document, case, next_handling(session, case), at)
    return before


def move_back(session: Session, document: Document, before: dict[str, Any], at: datetime) -> None:
    """Undo a move. A case that the document brought with it stays as it is if others came into it:
    whatever is decided next moves the document out."""
    own = session.get_one(CaseFile, before["case_id"])
    if document.case_id != own.id:
        former = session.get_one(FormerNumber, (own.id, before["handling"]))
        session.delete(former)
        session.flush()
        _renumber(session, document, own, before["handling"], at)
    elif "case" in before and _holds_only(session, own, document):
        own.initiative, own.municipality, own.title = None, None, before["case"]["title"]
        session.flush()


def _renumber(
    session: Session, document: Document, case: CaseFile, handling: int, at: datetime
) -> None:
    assert case.id is not None
    session.add(
        FormerNumber(
            case_id=document.case_id,
            handling=document.handling,
            document_id=document.document_id,
            moved_at=at,
        )
    )
    document.case_id, document.handling = case.id, handling
    session.flush()


def _holds_only(session: Session, case: CaseFile, document: Document) -> bool:
    """Whether the case is about nothing else than this document, and what it was arranged from."""
    others = session.exec(
        select(func.count())
        .select_from(Document)
        .where(
            col(Document.case_id) == case.id,
            Document.document_id != document.document_id,
            Document.fate != Fate.REARRANGED,
            # Pages that a registrar left out of every document are nobody's.
            or_(col(Document.fate) != Fate.NOT_REGISTERED, col(Document.arranged_by).is_(None)),
        )
    ).one()
    mails = session.exec(
        select(func.count()).select_from(Mail).where(col(Mail.case_id) == case.id)
    ).one()
    former = session.exec(
        select(func.count()).select_from(FormerNumber).where(col(FormerNumber.case_id) == case.id)
    ).one()
    return not (others or mails or former)
