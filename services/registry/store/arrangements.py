"""What of a mail can be arranged, and the arrangements there have been."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from services.registry.domain.arrangement import MOST_PAGES, PageId, Waiting
from services.registry.tables import (
    Arrangement,
    CaseFile,
    Document,
    Part,
    ReviewItem,
    ReviewState,
)
from shared.events import DocumentReading


@dataclass(frozen=True)
class Arrangeable:
    """One document that waits and has pages."""

    document: Document
    item: ReviewItem
    reading: DocumentReading

    def as_waiting(self) -> Waiting:
        """The document as the rules of arranging need it."""
        return Waiting(
            self.document.document_id,
            tuple(PageId(page.part, page.source_page) for page in self.reading.pages),
        )


def arrangeable(
    session: Session, mail_id: str, shown: str = "", *, lock: bool = False
) -> list[Arrangeable]:
    """The mail's documents whose pages can be arranged: they wait, and are not being read anew.

    Of a mail with more pages than a person keeps in sight, only the document that is `shown`.
    With `lock`, all that waits of the mail is locked, in one order.
    """
    query = (
        select(ReviewItem)
        .where(
            ReviewItem.mail_id == mail_id,
            ReviewItem.state == ReviewState.OPEN,
            col(ReviewItem.document_id).is_not(None),
        )
        .order_by(col(ReviewItem.id))
    )
    items = session.exec(query.with_for_update() if lock else query).all()
    files = files_of(session, mail_id)
    found = []
    for item in items:
        document = session.get_one(Document, item.document_id)
        reading = DocumentReading.model_validate(document.reading)
        at_hand = reading.pages and all(page.part in files for page in reading.pages)
        if document.arranged_into is None and at_hand:
            found.append(Arrangeable(document, item, reading))
    if sum(len(one.reading.pages) for one in found) > MOST_PAGES:
        return [one for one in found if one.document.document_id == shown]
    return found


def files_of(session: Session, mail_id: str) -> dict[int, str]:
    """The digests of a mail's files, by the number of their part."""
    rows = session.exec(
        select(Part.number, Part.digest).where(
            Part.mail_id == mail_id, col(Part.digest).is_not(None)
        )
    ).all()
    return {number: digest for number, digest in rows if digest is not None}


def mark_of(waiting: Sequence[Arrangeable]) -> str:
    """A mark of what waits as it stands; another once any of it has changed."""
    return "-".join(f"{one.item.id}.{one.item.revision}" for one in waiting)


@dataclass(frozen=True)
class Relation:
    """An arrangement, and the documents on its other side as seen from one of its documents."""

    arrangement: Arrangement
    documents: Sequence[tuple[Document, CaseFile, ReviewItem | None]]


def arranged_into(session: Session, document: Document) -> Relation | None:
    """What a document's pages went into, or go into while that is read."""
    if document.arranged_into is None:
        return None
    arrangement = session.get_one(Arrangement, document.arranged_into)
    return Relation(arrangement, _with_case(session, Document.arranged_by == arrangement.id))


def arranged_from(session: Session, document: Document) -> Relation | None:
    """What a document's pages came from, if a registrar arranged them."""
    if document.arranged_by is None:
        return None
    arrangement = session.get_one(Arrangement, document.arranged_by)
    return Relation(
        arrangement, _with_case(session, col(Document.document_id).in_(arrangement.gives_way))
    )


def latest_attempt(session: Session, document: Document) -> Arrangement | None:
    """The last arrangement that was to take a document's pages, whatever came of it."""
    found = session.exec(
        select(Arrangement)
        .where(Arrangement.mail_id == document.mail_id)
        .order_by(col(Arrangement.asked_at).desc())
    )
    return next((one for one in found if document.document_id in one.gives_way), None)


def first_arranged(session: Session, arrangement_id: str) -> int | None:
    """The matter of the first document that came of an arrangement; None while it is read."""
    return session.exec(
        select(ReviewItem.id)
        .join(Document, col(Document.document_id) == col(ReviewItem.document_id))
        .where(Document.arranged_by == arrangement_id)
        .order_by(col(ReviewItem.id))
        .limit(1)
    ).first()


def dnr_of_receipt(session: Session, document: Document) -> str:
    """The number under which the sender knows a document's pages: that of what they came in."""
    while document.arranged_by is not None:
        arrangement = session.get_one(Arrangement, document.arranged_by)
        [first, *_] = _pages(document)
        document = next(
            former
            for former in (session.get_one(Document, name) for name in arrangement.gives_way)
            if first in _pages(former)
        )
    return session.get_one(CaseFile, document.case_id).dnr


def _pages(document: Document) -> list[tuple[int, int]]:
    return [(page["part"], page["source_page"]) for page in document.reading["pages"]]


def _with_case(
    session: Session, which: object
) -> Sequence[tuple[Document, CaseFile, ReviewItem | None]]:
    rows = session.exec(
        select(Document, CaseFile, ReviewItem)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .outerjoin(ReviewItem, col(ReviewItem.document_id) == col(Document.document_id))
        .where(which)  # type: ignore[arg-type]
        .order_by(col(Document.registered_at), col(Document.document_id))
    ).all()
    return [(document, case, item) for document, case, item in rows]
