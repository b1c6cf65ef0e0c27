"""Writes the documents that came of arranged pages: rows, numbers, matters for staff, and log."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from services.registry.arranging.cases import ArrangedCases
from services.registry.cases import Diary, next_handling
from services.registry.domain.deadline import is_late
from services.registry.domain.mail import DocumentDecision, Review
from services.registry.eventlog import note
from services.registry.tables import (
    Arrangement,
    CaseFile,
    Document,
    Initiative,
    Mail,
    ReviewItem,
    ReviewState,
)
from shared.events import DocumentReading, Fate, Reason


class ArrangedDocuments:
    """The new documents of one arrangement. Each waits for the person who arranged it."""

    def __init__(
        self,
        session: Session,
        arrangement: Arrangement,
        mail: Mail,
        former: list[Document],
        *,
        diary: Diary,
        zone: ZoneInfo,
        at: datetime,
    ) -> None:
        self._session = session
        self._arrangement = arrangement
        self._mail = mail
        self._zone = zone
        self._at = at
        self._cases = ArrangedCases(
            session, diary, arrangement, former, subject=mail.subject, at=at
        )

    def propose(self, decision: DocumentDecision) -> None:
        """Put a document into the queue. Raises IntegrityError if another opened its case."""
        found = decision.verdict.reasons if isinstance(decision.verdict, Review) else ()
        reasons = tuple(dict.fromkeys((*found, *decision.reading.reasons, Reason.REARRANGED)))
        pair = decision.pair
        initiative = self._session.get_one(Initiative, pair.initiative) if pair else None
        case = self._cases.of(pair, initiative.name if initiative else "")
        document = self._new(decision.reading, case, Fate.REVIEW)
        if pair is not None and initiative is not None:
            document.initiative, document.municipality = pair.initiative, pair.municipality
            last = initiative.last_answer_day
            document.late = is_late(self._mail.received_at, last, self._zone)
        document.reasons = [reason.value for reason in reasons]
        self._session.add(
            ReviewItem(
                mail_id=self._mail.mail_id,
                document_id=document.document_id,
                reasons=document.reasons,
                state=ReviewState.OPEN,
                claimed_by=self._arrangement.asked_by,
                claimed_at=self._at,
                created_at=self._at,
            )
        )
        self._note(document, f"document.{Fate.REVIEW}")

    def leave_out(self, reading: DocumentReading) -> None:
        """Keep the pages that belong to none, and register nothing of them."""
        case = self._cases.of_left_out(reading)
        document = self._new(reading, case, Fate.NOT_REGISTERED)
        document.handled_at = self._at
        self._note(document, "document.left_out")

    def _new(self, reading: DocumentReading, case: CaseFile, fate: Fate) -> Document:
        assert case.id is not None
        document = Document(
            document_id=reading.document_id,
            mail_id=self._mail.mail_id,
            case_id=case.id,
            handling=next_handling(self._session, case),
            kind=reading.kind,
            fate=fate,
            reasons=[],
            content=reading.content,
            parts=list(reading.parts),
            reading=reading.model_dump(mode="json"),
            received_at=self._mail.received_at,
            registered_at=self._at,
            arranged_by=self._arrangement.id,
        )
        self._session.add(document)
        self._session.flush()
        return document

    def _note(self, document: Document, what: str) -> None:
        note(
            self._session,
            at=self._at,
            who=self._arrangement.asked_by,
            what=what,
            mail_id=document.mail_id,
            document_id=document.document_id,
            case_id=document.case_id,
            after={
                "arrangement": self._arrangement.id,
                "from": self._arrangement.gives_way,
                "handling": document.handling,
                "reasons": document.reasons,
            },
        )
