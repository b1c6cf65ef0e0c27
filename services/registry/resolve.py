"""The flow from a registrar's verdict to the register: decide, write, tell; and taking it back.

One transaction holds it all. What the verdict rests on is fetched in it: another's verdict, or an
answer that was recorded in between, is never overwritten; the registrar is told instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.registry.cases import Diary
from services.registry.contact_letters import Confirming
from services.registry.domain.resolution import (
    AsDuplicate,
    Attach,
    Matter,
    Objection,
    Verdict,
    objections,
)
from services.registry.domain.review import Offered
from services.registry.settings import RegistrySection
from services.registry.store.details import current_answer
from services.registry.tables import (
    Answer,
    AnswerStatus,
    Document,
    Initiative,
    Resolution,
    ReviewItem,
    ReviewState,
)
from services.registry.undoing import undoable, write_undo
from services.registry.verdicts import Office, write_verdict
from shared.database import Database
from shared.failpoint import failpoint
from shared.municipalities import by_code

TRIES: Final = 5

log = structlog.get_logger()


@dataclass(frozen=True)
class Resolved:
    """The verdict is carried out; `resolution` names it, so that it can be taken back."""

    resolution: str


@dataclass(frozen=True)
class Refused:
    """Nothing was changed, for all these reasons."""

    objections: tuple[Objection, ...]


class NoSuchMatter(Exception):
    """There is no item, or no verdict, of this name."""


class _Municipalities:
    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and by_code(code) is not None


class Resolver:
    """Carries out registrars' verdicts."""

    def __init__(
        self,
        database: Database,
        settings: RegistrySection,
        now: Callable[[], datetime],
        stir: Callable[[], None],
        confirming: Confirming | None = None,
    ) -> None:
        """`stir` tells the outbox's relay, from any thread, that there is something to publish.

        `confirming` tells contact persons that another took their place.
        """
        self._database = database
        zone = ZoneInfo(settings.timezone)
        self._office = Office(
            diary=Diary(settings.dnr_format, zone),
            zone=zone,
            time_to_undo=timedelta(minutes=settings.undo_minutes),
            confirming=confirming,
            questions_answered_by=settings.questions_answered_by,
        )
        self._now = now
        self._stir = stir

    def resolve(self, item_id: int, seen: int, verdict: Verdict, who: str) -> Resolved | Refused:
        """Carry out a verdict on the item as it was at revision `seen`, or say what forbids it.

        Raises NoSuchMatter.
        """
        for attempt in range(1, TRIES + 1):
            try:
                with self._database.write() as session:
                    done = self._resolve(session, item_id, seen, verdict, who)
                break
            except IntegrityError:
                # An answer or a case appeared in between: look again, and perhaps object.
                if attempt == TRIES:
                    raise
        failpoint("registry.resolve.committed")
        if isinstance(done, Resolved):
            log.info("matter_resolved", item=item_id, verdict=type(verdict).__name__)
            self._stir()
        return done

    def undo(self, resolution: str, who: str) -> Resolved | Refused:
        """Take a verdict back, or say what forbids it. Raises NoSuchMatter."""
        with self._database.write() as session:
            done = session.get(Resolution, resolution)
            if done is None:
                raise NoSuchMatter
            item = session.get_one(ReviewItem, done.item_id, with_for_update=True)
            session.refresh(done)
            against = undoable(session, item, done)
            if against:
                return Refused(against)
            write_undo(session, item, done, who=who, at=self._now())
        failpoint("registry.undo.committed")
        log.info("resolution_undone", item=done.item_id)
        self._stir()
        return Resolved(resolution)

    def _resolve(
        self, session: Session, item_id: int, seen: int, verdict: Verdict, who: str
    ) -> Resolved | Refused:
        item = session.get(ReviewItem, item_id, with_for_update=True)
        if item is None:
            raise NoSuchMatter
        against = objections(verdict, _matter(session, item, seen, verdict))
        if against:
            return Refused(against)
        resolution = write_verdict(
            session, item, verdict, office=self._office, who=who, at=self._now()
        )
        return Resolved(resolution)


def _matter(session: Session, item: ReviewItem, seen: int, verdict: Verdict) -> Matter:
    offered: dict[str, Offered] = {}
    standing = None
    repeatable = False
    if isinstance(verdict, Attach):
        one = session.get(Initiative, verdict.pair.initiative)
        if one is not None:
            offered[one.id] = Offered(tuple(one.options), one.last_answer_day, one.signatories)
        current = current_answer(
            session, verdict.pair.initiative, verdict.pair.municipality, item.document_id or ""
        )
        standing = current.document_id if current else None
    elif isinstance(verdict, AsDuplicate):
        repeated = session.get(Answer, verdict.of)
        repeatable = (
            repeated is not None
            and repeated.status is AnswerStatus.CURRENT
            and repeated.document_id != item.document_id
        )
    return Matter(
        is_open=item.state is ReviewState.OPEN,
        revision=item.revision,
        seen=seen,
        has_document=item.document_id is not None,
        offered=offered,
        municipalities=_Municipalities(),
        standing=standing,
        being_read=_is_being_read(session, item),
        repeatable=repeatable,
    )


def _is_being_read(session: Session, item: ReviewItem) -> bool:
    document = session.get(Document, item.document_id) if item.document_id else None
    return document is not None and document.arranged_into is not None
