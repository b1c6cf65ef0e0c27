"""Takes an arrangement of pages back: the former documents wait again, as they were.

The new ones stay, with their numbers, and hold nothing any longer: nothing is deleted.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from services.registry.domain.arrangement import Hindrance
from services.registry.eventlog import note
from services.registry.store.search_index import index_mail
from services.registry.tables import (
    Arrangement,
    ArrangementState,
    CaseFile,
    Document,
    Resolution,
    ReviewItem,
    ReviewState,
)
from shared.events import Fate


def undo_objections(session: Session, arrangement: Arrangement) -> tuple[Hindrance, ...]:
    """Return what forbids undoing it: it is not done, or one of its documents is decided."""
    made = _made(session, arrangement)
    changed = any(
        document.fate is not Fate.REVIEW or document.arranged_into is not None
        for document, item in made
        if item is not None
    )
    decided = session.exec(
        select(Resolution.id)
        .where(
            col(Resolution.document_id).in_([document.document_id for document, _ in made]),
            col(Resolution.undone_at).is_(None),
        )
        .limit(1)
    ).first()
    if arrangement.state is not ArrangementState.DONE or changed or decided is not None:
        return (Hindrance.TOO_LATE,)
    return ()


def write_undo(session: Session, arrangement: Arrangement, *, who: str, at: datetime) -> None:
    """Put the former documents back into the queue."""
    for document, item in _made(session, arrangement):
        document.fate, document.handled_at = Fate.REARRANGED, at
        document.arranged_into = arrangement.id
        if item is not None:
            item.state, item.resolved_at, item.resolved_by = ReviewState.RESOLVED, at, who
            item.revision += 1
    for name in arrangement.gives_way:
        document = session.get_one(Document, name)
        document.fate, document.handled_at, document.arranged_into = Fate.REVIEW, None, None
        item = session.exec(select(ReviewItem).where(ReviewItem.document_id == name)).one()
        item.state, item.resolved_at, item.resolved_by = ReviewState.OPEN, None, ""
        item.claimed_by, item.claimed_at = who, at
        item.revision += 1
    _name_cases_back(session, arrangement)
    arrangement.state = ArrangementState.UNDONE
    arrangement.settled_at, arrangement.settled_by = at, who
    note(
        session,
        at=at,
        who=who,
        what="pages.undone",
        mail_id=arrangement.mail_id,
        before={"arrangement": arrangement.id},
        after={"documents": arrangement.gives_way},
    )
    index_mail(session, arrangement.mail_id)


def _made(session: Session, arrangement: Arrangement) -> list[tuple[Document, ReviewItem | None]]:
    """The documents that came of it, and their matters, locked in one order."""
    documents = session.exec(
        select(Document)
        .where(Document.arranged_by == arrangement.id)
        .order_by(col(Document.document_id))
    ).all()
    items = {
        item.document_id: item
        for item in session.exec(
            select(ReviewItem)
            .where(col(ReviewItem.document_id).in_([one.document_id for one in documents]))
            .order_by(col(ReviewItem.id))
            .with_for_update()
        )
    }
    for document in documents:
        session.refresh(document)
    return [(document, items.get(document.document_id)) for document in documents]


def _name_cases_back(session: Session, arrangement: Arrangement) -> None:
    """A case that was named for an answer is nobody's again, if nothing else has come into it."""
    ours = {
        *arrangement.gives_way,
        *session.exec(select(Document.document_id).where(Document.arranged_by == arrangement.id)),
    }
    for number, title in arrangement.cases.items():
        case = session.get_one(CaseFile, int(number))
        held = session.exec(select(Document.document_id).where(Document.case_id == case.id)).all()
        if ours.issuperset(held):
            case.initiative, case.municipality, case.title = None, None, title
