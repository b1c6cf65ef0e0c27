"""Writes what a registrar wants of pages: the arrangement, its log, and the order to intake."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session, select

from services.registry.domain.arrangement import (
    Arranged,
    NewDocument,
    PageId,
    Plan,
    Waiting,
    arranged,
)
from services.registry.eventlog import note
from services.registry.store.arrangements import Arrangeable, files_of
from services.registry.tables import Arrangement, ArrangementState, Document, Mail, ReviewItem
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    DocumentKind,
    DocumentReading,
    Outcome,
    PageImage,
    PagesArranged,
)
from shared.identifiers import document_id_of
from shared.outbox import emit


def write_order(
    session: Session,
    item: ReviewItem,
    plan: Plan,
    waiting: Sequence[Arrangeable],
    pages: Sequence[Waiting],
    who: str,
    at: datetime,
) -> str:
    """Order what the plan comes to, which nothing speaks against; return the arrangement's id."""
    mail = session.get_one(Mail, item.mail_id)
    comes_to = arranged(plan, pages)
    arrangement = uuid4()
    images = {
        PageId(page.part, page.source_page): page for one in waiting for page in one.reading.pages
    }
    first = _next_number(session, mail.mail_id)
    files = files_of(session, mail.mail_id)
    event = PagesArranged(
        occurred_at=at,
        arrangement=arrangement,
        mail_id=mail.mail_id,
        digest=mail.digest,
        role=mail.role,
        received_at=mail.received_at,
        documents=tuple(
            _asked_for(one, document_id_of(mail.mail_id, number), images, files)
            for number, one in enumerate(comes_to.documents, start=first)
        ),
    )
    left_out = _left_out(comes_to, mail.mail_id, first, images, files)
    session.add(
        Arrangement(
            id=str(arrangement),
            mail_id=mail.mail_id,
            state=ArrangementState.READING,
            gives_way=list(comes_to.gives_way),
            asked=event.model_dump(mode="json"),
            left_out=left_out.model_dump(mode="json") if left_out else {},
            cases={},
            asked_by=who,
            asked_at=at,
        )
    )
    for one in waiting:
        if one.document.document_id in comes_to.gives_way:
            one.document.arranged_into = str(arrangement)
            one.item.revision += 1
    note(
        session,
        at=at,
        who=who,
        what="pages.arranged",
        mail_id=mail.mail_id,
        document_id=item.document_id,
        before={"documents": list(comes_to.gives_way)},
        after={
            "arrangement": str(arrangement),
            "documents": [one.model_dump(mode="json") for one in event.documents],
            "left_out": [[page.part, page.source_page] for page in comes_to.left_out],
        },
    )
    emit(session, event)
    return str(arrangement)


def _asked_for(
    document: NewDocument,
    document_id: str,
    images: dict[PageId, PageImage],
    files: dict[int, str],
) -> ArrangedDocument:
    return ArrangedDocument(
        document_id=document_id,
        pages=tuple(
            ArrangedPage(
                part=page.part,
                source_page=page.source_page,
                file=files[page.part],
                image=images[page].image,
                turn=turn,
            )
            for page, turn in document.pages
        ),
        read_as=document.wish.read_as,
        initiative=document.wish.initiative,
        version=document.wish.version,
    )


def _left_out(
    comes_to: Arranged,
    mail_id: str,
    first: int,
    images: dict[PageId, PageImage],
    files: dict[int, str],
) -> DocumentReading | None:
    """The pages that belong to none, as one document, with the pictures there are of them."""
    if not comes_to.left_out:
        return None
    return DocumentReading(
        document_id=document_id_of(mail_id, first + len(comes_to.documents)),
        kind=DocumentKind.OTHER,
        outcome=Outcome.REVIEW,
        parts=tuple(sorted({page.part for page in comes_to.left_out})),
        content=files[comes_to.left_out[0].part],
        pages=tuple(
            images[page].model_copy(update={"number": number})
            for number, page in enumerate(comes_to.left_out, start=1)
        ),
    )


def _next_number(session: Session, mail_id: str) -> int:
    """The number of the mail's next document; what an arrangement asked for is not given again."""
    names = list(session.exec(select(Document.document_id).where(Document.mail_id == mail_id)))
    for asked, left_out in session.exec(
        select(Arrangement.asked, Arrangement.left_out).where(Arrangement.mail_id == mail_id)
    ):
        names += [one["document_id"] for one in (*asked["documents"], left_out) if one]
    return 1 + max(int(name.rpartition("-")[2]) for name in names)
