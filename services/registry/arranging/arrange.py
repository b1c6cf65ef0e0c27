"""The flow from a registrar's arrangement of pages to intake, and its end without a result.

    the arrangement → lock what waits → decide → PagesArranged → (intake) → `reread.py`

One transaction holds it. While intake reads, the documents that are to give way wait, and nobody
decides them; the arrangement can be taken back. What came of it is undone by `undo.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from services.registry.admin.forms import kept_forms
from services.registry.arranging.order import write_order
from services.registry.arranging.undo import undo_objections, write_undo
from services.registry.domain.arrangement import Hindrance, Plan, hindrances
from services.registry.eventlog import note
from services.registry.resolve import NoSuchMatter
from services.registry.store.arrangements import arrangeable, mark_of
from services.registry.tables import (
    Arrangement,
    ArrangementState,
    Document,
    ReviewItem,
    ReviewState,
)
from shared.database import Database
from shared.failpoint import failpoint

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
            waiting = arrangeable(session, item.mail_id, item.document_id, lock=True)
            if _being_read(session, item):
                return Hindered((Hindrance.BEING_READ,))
            if mark_of(waiting) != seen:
                return Hindered((Hindrance.STALE,))
            pages = [one.as_waiting() for one in waiting]
            against = hindrances(plan, pages, forms)
            if against:
                return Hindered(against)
            asked = write_order(session, item, plan, waiting, pages, who, self._now())
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
