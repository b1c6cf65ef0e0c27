"""The flow from pages that were read anew to the documents that a registrar arranged.

    PagesRead → claim → is it still asked for → new documents, numbers, matters, log
    → the former documents give way.

One transaction holds it all. Nothing is recorded here: every document waits for a person, with
what was read as a proposal. The former documents stay, with number and scan.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.registry.arranging.arrange import giving_way, release
from services.registry.arranging.documents import ArrangedDocuments
from services.registry.cases import Diary
from services.registry.domain.arrangement import MEANWHILE, PageId, Waiting, is_accounted_for
from services.registry.domain.mail import DocumentDecision, decide_mail
from services.registry.eventlog import MACHINE, note
from services.registry.knowledge import look_up, weighed
from services.registry.record import TRIES
from services.registry.settings import RegistrySection
from services.registry.store.search_index import index_mail
from services.registry.tables import (
    Arrangement,
    ArrangementState,
    Document,
    Mail,
    ReviewItem,
    ReviewState,
)
from shared.consumers import REREAD
from shared.database import Database
from shared.events import (
    Correspondence,
    DocumentReading,
    Fate,
    MailRead,
    Outcome,
    PagesRead,
    Reason,
    RereadFault,
)
from shared.failpoint import failpoint
from shared.outbox import claim
from shared.telemetry import about_mail

log = structlog.get_logger()


class Rereader:
    """Takes up what intake read of arranged pages."""

    def __init__(
        self, database: Database, settings: RegistrySection, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._zone = ZoneInfo(settings.timezone)
        self._diary = Diary(settings.dnr_format, self._zone)
        self._unknown_sender_is_doubt = settings.unknown_sender == "review"
        self._witness_rule = settings.witness_rule
        self._now = now

    async def on_pages_read(self, event: PagesRead) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.take_up, event)

    def take_up(self, event: PagesRead) -> None:
        """Propose what was read, or let go of what was to give way."""
        for attempt in range(1, TRIES + 1):
            try:
                with self._database.write() as session:
                    ended = self._take_up(session, event)
                break
            except IntegrityError:
                # The case of an answer appeared in between: look again.
                if attempt == TRIES:
                    raise
        failpoint("registry.reread.committed")
        log.info("pages_taken_up", arrangement=str(event.arrangement), ended=ended)

    def _take_up(self, session: Session, event: PagesRead) -> str:
        if not claim(session, event.event_id, REREAD.name):
            return "repeated"
        arrangement = session.get(Arrangement, str(event.arrangement), with_for_update=True)
        if arrangement is None or arrangement.state is not ArrangementState.READING:
            return "not_waited_for"
        former = giving_way(session, arrangement)
        fault = _fault(event, arrangement, former)
        arrangement.settled_at = self._now()
        if fault:
            self._let_go(session, arrangement, fault)
            return "not_read"
        failpoint("registry.reread.claimed")
        self._propose(session, arrangement, event, [document for document, _ in former])
        for document, item in former:
            document.fate, document.handled_at = Fate.REARRANGED, self._now()
            item.state, item.resolved_at = ReviewState.RESOLVED, self._now()
            item.resolved_by = arrangement.asked_by
            item.revision += 1
            note(
                session,
                at=self._now(),
                who=arrangement.asked_by,
                what="document.rearranged",
                mail_id=document.mail_id,
                document_id=document.document_id,
                case_id=document.case_id,
                before={"fate": Fate.REVIEW.value},
                after={"arrangement": arrangement.id},
            )
        arrangement.state = ArrangementState.DONE
        index_mail(session, arrangement.mail_id)
        failpoint("registry.reread.saved")
        return "proposed"

    def _let_go(self, session: Session, arrangement: Arrangement, fault: str) -> None:
        release(session, arrangement)
        arrangement.state, arrangement.why = ArrangementState.NOT_READ, fault
        for name in arrangement.gives_way:
            note(
                session,
                at=self._now(),
                who=MACHINE,
                what="pages.not_read",
                mail_id=arrangement.mail_id,
                document_id=name,
                after={"arrangement": arrangement.id, "why": fault},
            )

    def _propose(
        self,
        session: Session,
        arrangement: Arrangement,
        event: PagesRead,
        former: list[Document],
    ) -> None:
        mail = session.get_one(Mail, arrangement.mail_id)
        documents = ArrangedDocuments(
            session,
            arrangement,
            mail,
            former,
            diary=self._diary,
            zone=self._zone,
            at=self._now(),
        )
        for decision in self._decided(session, mail, event):
            documents.propose(decision)
        if arrangement.left_out:
            documents.leave_out(DocumentReading.model_validate(arrangement.left_out))

    def _decided(
        self, session: Session, mail: Mail, event: PagesRead
    ) -> tuple[DocumentDecision, ...]:
        """What the rules for a mail that comes say of these documents, and of them alone."""
        read = MailRead(
            occurred_at=event.occurred_at,
            mail_id=mail.mail_id,
            digest=mail.digest,
            role=mail.role,
            received_at=mail.received_at,
            correspondence=Correspondence.model_validate(mail.correspondence),
            disposition=mail.disposition,
            disposition_reason=mail.disposition_reason,
            sender_authentic=event.sender_authentic,
            mail_reasons=tuple(Reason(key) for key in mail.reasons),
            documents=event.documents,
        )
        read = weighed(session, read, self._witness_rule)
        # Whatever intake, or the witnesses, make of it: a person has put it together.
        documents = tuple(
            one.model_copy(update={"outcome": Outcome.REVIEW}) for one in read.documents
        )
        read = read.model_copy(update={"documents": documents})
        known, standing = look_up(
            session, read, unknown_sender_is_doubt=self._unknown_sender_is_doubt
        )
        return decide_mail(read, known, standing).documents


def _fault(
    event: PagesRead, arrangement: Arrangement, former: Sequence[tuple[Document, ReviewItem]]
) -> str:
    """Why nothing comes of it; empty if all is as it was asked."""
    if event.fault is not None:
        return f"{event.fault} {event.reason or ''}".strip()
    waits = all(
        item.state is ReviewState.OPEN and document.arranged_into == arrangement.id
        for document, item in former
    )
    if not waits or len(former) != len(arrangement.gives_way):
        return MEANWHILE
    asked = {
        one["document_id"]: [(page["part"], page["source_page"]) for page in one["pages"]]
        for one in arrangement.asked["documents"]
    }
    told = {
        one.document_id: [(page.part, page.source_page) for page in one.pages]
        for one in event.documents
    }
    left_out = [
        (page["part"], page["source_page"]) for page in arrangement.left_out.get("pages", ())
    ]
    waiting = [
        Waiting(document.document_id, tuple(PageId(*page) for page in _pages(document)))
        for document, _ in former
    ]
    pages = [PageId(*page) for pages in (*told.values(), left_out) for page in pages]
    whole = is_accounted_for(waiting, arrangement.gives_way, pages)
    return "" if asked == told and whole else RereadFault.PAGE_GONE.value


def _pages(document: Document) -> list[tuple[int, int]]:
    return [(page["part"], page["source_page"]) for page in document.reading["pages"]]
