"""Takes a registrar's verdict back: everything is as before, and the log says that it was not."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.registry.domain.resolution import Objection
from services.registry.eventlog import note
from services.registry.letters import withdraw_letters
from services.registry.moves import move_back
from services.registry.store.search_index import index_mail
from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    Document,
    Mail,
    MailState,
    Resolution,
    ReviewItem,
    ReviewState,
)
from shared.events import AnswerRecorded, AnswerVoided, Fate, ResolutionUndone
from shared.outbox import emit

UNDONE = "undone"


def undoable(session: Session, item: ReviewItem, resolution: Resolution) -> tuple[Objection, ...]:
    """Return what forbids taking the verdict back: it is, or something else rests on it.

    An answer that was corrected since is no longer what the verdict made it.
    """
    latest = session.exec(
        select(Resolution.id)
        .where(Resolution.item_id == item.id, col(Resolution.undone_at).is_(None))
        .order_by(col(Resolution.resolved_at).desc())
        .limit(1)
    ).one_or_none()
    if item.state is not ReviewState.RESOLVED or latest != resolution.id:
        return (Objection.NOT_OPEN,)
    if resolution.verdict == "attach" and resolution.document_id is not None:
        answer = session.get_one(Answer, resolution.document_id, with_for_update=True)
        rests = session.exec(
            select(Document.document_id)
            .where(Document.duplicate_of == resolution.document_id)
            .limit(1)
        ).first()
        corrected = answer.recorded_at != resolution.resolved_at
        if answer.status is not AnswerStatus.CURRENT or corrected or rests is not None:
            return (Objection.BUILT_UPON,)
    return ()


def write_undo(
    session: Session, item: ReviewItem, resolution: Resolution, *, who: str, at: datetime
) -> None:
    """Put back what the verdict changed, open the matter again, and tell."""
    before = resolution.before
    if resolution.document_id is None:
        mail = session.get_one(Mail, resolution.mail_id)
        mail.state = MailState(before["state"])
        mail.disposition_reason = before["disposition_reason"]
    else:
        document = session.get_one(Document, resolution.document_id)
        if resolution.verdict == "attach":
            _take_answer_back(session, resolution, document, who, at)
        document.fate = Fate(before["fate"])
        document.reasons = before["document_reasons"]
        document.initiative, document.municipality = before["initiative"], before["municipality"]
        document.duplicate_of, document.late = before["duplicate_of"], before["late"]
        document.handled_at = None
    item.state, item.resolved_at, item.resolved_by = ReviewState.OPEN, None, ""
    item.claimed_by, item.claimed_at = who, at
    item.revision += 1
    resolution.undone_by, resolution.undone_at = who, at
    index_mail(session, item.mail_id)
    note(
        session,
        at=at,
        who=who,
        what="resolved.undone",
        mail_id=item.mail_id,
        document_id=item.document_id,
        before=resolution.said,
        after=before,
    )
    withdraw_letters(session, resolution.id, resolution.mail_id, at)
    if resolution.send_after is not None:
        emit(
            session,
            ResolutionUndone(
                occurred_at=at, resolution=UUID(resolution.id), mail_id=resolution.mail_id
            ),
        )


def _take_answer_back(
    session: Session, resolution: Resolution, document: Document, who: str, at: datetime
) -> None:
    answer = session.get_one(Answer, document.document_id)
    answer.status, answer.ended_at = AnswerStatus.VOIDED, at
    answer.ended_by, answer.ended_why = who, UNDONE
    session.flush()
    move_back(session, document, resolution.before["case"], at)
    replaced = resolution.before["replaced"]
    if replaced is None:
        emit(
            session,
            AnswerVoided(
                occurred_at=at,
                initiative=answer.initiative,
                municipality=answer.municipality,
                document_id=answer.document_id,
                by=who,
            ),
        )
        return
    former = session.get_one(Answer, replaced)
    former.status, former.ended_at, former.ended_by = AnswerStatus.CURRENT, None, ""
    session.flush()
    carrier = session.get_one(Document, replaced)
    emit(
        session,
        AnswerRecorded(
            occurred_at=at,
            initiative=former.initiative,
            municipality=former.municipality,
            answer=former.answer,
            document_id=former.document_id,
            dnr=session.get_one(CaseFile, carrier.case_id).dnr,
            handling=carrier.handling,
            received_at=former.received_at,
            late=former.late,
            by=who,
        ),
    )
