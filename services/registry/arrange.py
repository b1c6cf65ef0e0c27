"""The flow from a registrar's arrangement of pages to intake, and its end without a result.

    the arrangement → lock what waits → decide → PagesArranged → (intake) → `reread.py`

One transaction holds it. While intake reads, the documents that are to give way wait, and nobody
decides them; the arrangement can be taken back. What came of it is undone by `undo_arranging.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from sqlmodel import Session, col, select

from services.registry.admin.forms import kept_forms
from services.registry.domain.arrangement import (
    Arranged,
    Hindrance,
    NewDocument,
    PageId,
    Plan,
    Waiting,
    arranged,
    hindrances,
)
from services.registry.eventlog import note
from services.registry.resolve import NoSuchMatter
from services.registry.store.arrangements import Arrangeable, arrangeable, files_of, mark_of
from services.registry.tables import (
    Arrangement,
    ArrangementState,
    Document,
    Mail,
    ReviewItem,
    ReviewState,
)
from services.registry.undo_arranging import undo_objections, write_undo
from shared.database import Database
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    DocumentKind,
    DocumentReading,
    Outcome,
    PageImage,
    PagesArranged,
)
from shared.failpoint import failpoint
from shared.identifiers import document_id_of
from shared.outbox import emit

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """The pages are being read; `arrangement` names what was asked."""

    arrangement: str


@dataclass(frozen=True)
class Hindered:
    """Nothing was changed, for all these reasons."""

    hindrances: tuple[Hindrance, ...]


class NoSuchArrangement(Exception):
    """There is no arrangement of this name."""


class Arranger:
    """Carries out what registrars want of pages."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], stir: Callable[[], None]
    ) -> None:
        """`stir` tells the outbox's relay, from any thread, that there is something to publish."""
        self._database = database
        self._now = now
        self._stir = stir

    def ask(self, item_id: int, seen: str, plan: Plan, who: str) -> Asked | Hindered:
        """Have pages read anew as the plan says, if what waits still has the mark `seen`.

        Raises NoSuchMatter.
        """
        forms = {
            (one.initiative, one.version) for one in kept_forms(self._database) if one.in_force
        }
        with self._database.write() as session:
            item = session.get(ReviewItem, item_id)
            if item is None or item.document_id is None:
                raise NoSuchMatter
            waiting = arrangeable(session, item.mail_id, lock=True)
            if _being_read(session, item):
                return Hindered((Hindrance.BEING_READ,))
            if mark_of(waiting) != seen:
                return Hindered((Hindrance.STALE,))
            pages = [one.as_waiting() for one in waiting]
            against = hindrances(plan, pages, forms)
            if against:
                return Hindered(against)
            asked = _write(session, item, plan, waiting, pages, who, self._now())
        failpoint("registry.arrange.committed")
        log.info("pages_arranged", item=item_id, arrangement=asked)
        self._stir()
        return Asked(asked)

    def take_back(self, arrangement_id: str, who: str) -> Asked | Hindered:
        """End an arrangement that is still being read: all is as it was.

        Raises NoSuchArrangement.
        """
        with self._database.write() as session:
            arrangement = _locked(session, arrangement_id)
            if arrangement.state is not ArrangementState.READING:
                return Hindered((Hindrance.TOO_LATE,))
            release(session, arrangement)
            arrangement.state = ArrangementState.TAKEN_BACK
            arrangement.settled_at, arrangement.settled_by = self._now(), who
            note(
                session,
                at=self._now(),
                who=who,
                what="pages.taken_back",
                mail_id=arrangement.mail_id,
                before={"arrangement": arrangement.id, "documents": arrangement.gives_way},
            )
        return Asked(arrangement_id)

    def undo(self, arrangement_id: str, who: str) -> Asked | Hindered:
        """Bring the former documents back, while none of the new ones is decided.

        Raises NoSuchArrangement.
        """
        with self._database.write() as session:
            arrangement = _locked(session, arrangement_id)
            against = undo_objections(session, arrangement)
            if against:
                return Hindered(against)
            write_undo(session, arrangement, who=who, at=self._now())
        log.info("arrangement_undone", arrangement=arrangement_id)
        return Asked(arrangement_id)


def release(session: Session, arrangement: Arrangement) -> None:
    """Let go of the documents that were to give way: they can be decided again."""
    for document, item in giving_way(session, arrangement):
        document.arranged_into = None
        item.revision += 1


def giving_way(session: Session, arrangement: Arrangement) -> Sequence[tuple[Document, ReviewItem]]:
    """The documents of an arrangement that give way, and their matters, locked in one order."""
    items = session.exec(
        select(ReviewItem)
        .where(col(ReviewItem.document_id).in_(arrangement.gives_way))
        .order_by(col(ReviewItem.id))
        .with_for_update()
    ).all()
    return [(session.get_one(Document, item.document_id), item) for item in items]


def _locked(session: Session, arrangement_id: str) -> Arrangement:
    found = session.get(Arrangement, arrangement_id, with_for_update=True)
    if found is None:
        raise NoSuchArrangement
    return found


def _being_read(session: Session, item: ReviewItem) -> bool:
    return (
        item.state is ReviewState.OPEN
        and session.get_one(Document, item.document_id).arranged_into is not None
    )


def _write(
    session: Session,
    item: ReviewItem,
    plan: Plan,
    waiting: Sequence[Arrangeable],
    pages: Sequence[Waiting],
    who: str,
    at: datetime,
) -> str:
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
