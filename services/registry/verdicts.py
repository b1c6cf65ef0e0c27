"""Writes a registrar's verdict into the register: rows, log, and the events it causes."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from services.registry.answers import line_of, plain, record_answer
from services.registry.cases import Diary
from services.registry.contact_letters import Confirming
from services.registry.contacts import addressees_of
from services.registry.domain.answer import Values
from services.registry.domain.deadline import is_late
from services.registry.domain.resolution import (
    AsDuplicate,
    AskAgain,
    Attach,
    Done,
    LeaveOut,
    ToNeeds,
    ToQuestions,
    Verdict,
)
from services.registry.eventlog import note
from services.registry.moves import move_to_case_of
from services.registry.question_letters import acknowledge_question
from services.registry.store.arrangements import dnr_of_receipt
from services.registry.store.search_index import index_mail
from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    Document,
    HandedOver,
    Initiative,
    Mail,
    MailState,
    Part,
    Resolution,
    ReviewItem,
    ReviewState,
)
from shared.events import Correspondence, DocumentResolved, Fate, Reason
from shared.outbox import emit

KEYS: dict[type[Verdict], str] = {
    Attach: "attach",
    AsDuplicate: "duplicate",
    AskAgain: "ask_again",
    ToNeeds: "to_needs",
    ToQuestions: "to_questions",
    LeaveOut: "leave_out",
    Done: "done",
}
"""The verdicts, as they are called in the rows and the log."""


@dataclass(frozen=True)
class Office:
    """How the office works, as far as verdicts are concerned."""

    diary: Diary
    zone: ZoneInfo
    time_to_undo: timedelta
    confirming: Confirming | None = None
    """Tells contact persons that another took their place; None: nobody does."""
    questions_answered_by: str = ""
    """Who answers questions, as those who asked are told; empty: they are not."""


def write_verdict(
    session: Session,
    item: ReviewItem,
    verdict: Verdict,
    *,
    office: Office,
    who: str,
    at: datetime,
) -> str:
    """Carry out a verdict that nothing speaks against; return the resolution's id.

    Raises IntegrityError if an answer or a case appeared in between.
    """
    mail = session.get_one(Mail, item.mail_id)
    document = session.get_one(Document, item.document_id) if item.document_id else None
    if document is None:
        before = _close_mail(mail, verdict)
        told = None
    else:
        before, told = _write(session, document, verdict, office, who, at)
    resolution = uuid4()
    leaves_at = at + office.time_to_undo
    asked = isinstance(verdict, ToQuestions) and bool(office.questions_answered_by)
    send_after = leaves_at if told is not None or asked else None
    item.state, item.resolved_at, item.resolved_by = ReviewState.RESOLVED, at, who
    item.revision += 1
    said = _said(verdict)
    session.add(
        Resolution(
            id=str(resolution),
            item_id=item.id or 0,
            mail_id=item.mail_id,
            document_id=item.document_id,
            verdict=KEYS[type(verdict)],
            said=said,
            before=before,
            resolved_by=who,
            resolved_at=at,
            send_after=send_after,
        )
    )
    note(
        session,
        at=at,
        who=who,
        what=f"resolved.{KEYS[type(verdict)]}",
        mail_id=item.mail_id,
        document_id=item.document_id,
        case_id=document.case_id if document else mail.case_id,
        before={"reasons": item.reasons, **before},
        after=said,
    )
    if told is not None and document is not None:
        _tell(session, resolution, document, mail, verdict, told, leaves_at, at)
        if before.get("replaced") and office.confirming is not None:
            office.confirming.replaced(
                session,
                document.document_id,
                addressees_of(session, before["replaced"]),
                addressees_of(session, document.document_id),
                who=who,
                at=at,
                send_after=leaves_at,
                resolution=resolution,
            )
    if isinstance(verdict, ToQuestions):
        session.flush()
        session.add(HandedOver(resolution=str(resolution)))
    if asked:
        acknowledge_question(
            session,
            mail,
            document,
            answered_by=office.questions_answered_by,
            resolution=resolution,
            send_after=leaves_at,
            who=who,
            at=at,
        )
    index_mail(session, item.mail_id)
    return str(resolution)


# --- a document ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What the sender is told beside the document's own line."""

    former_dnr: str = ""
    replaces_label: str | None = None
    answer: str | None = None
    reasons: tuple[Reason, ...] = ()


def _write(
    session: Session,
    document: Document,
    verdict: Verdict,
    office: Office,
    who: str,
    at: datetime,
) -> tuple[dict[str, Any], _Told | None]:
    before: dict[str, Any] = {
        "fate": document.fate.value,
        "document_reasons": document.reasons,
        "initiative": document.initiative,
        "municipality": document.municipality,
        "duplicate_of": document.duplicate_of,
        "late": document.late,
    }
    told: _Told | None = None
    match verdict:
        case Attach():
            told = _attach(session, document, verdict, office, before, who=who, at=at)
        case AsDuplicate(of):
            repeated = session.get_one(Answer, of)
            document.fate, document.duplicate_of = Fate.DUPLICATE, of
            told = _Told(answer=repeated.answer)
        case AskAgain(reasons):
            document.fate = Fate.RETURNED
            document.reasons = [reason.value for reason in reasons]
            told = _Told(reasons=reasons)
        case ToNeeds():
            document.fate = Fate.NEED
        case ToQuestions():
            document.fate = Fate.QUESTION
        case LeaveOut():
            document.fate = Fate.NOT_REGISTERED
        case Done():
            raise AssertionError("only a mail is done with")
        case _:
            assert_never(verdict)
    document.handled_at = at
    session.flush()
    return before, told


def _attach(
    session: Session,
    document: Document,
    verdict: Attach,
    office: Office,
    before: dict[str, Any],
    *,
    who: str,
    at: datetime,
) -> _Told:
    pair = verdict.pair
    initiative = session.get_one(Initiative, pair.initiative)
    former = session.get_one(CaseFile, document.case_id).dnr
    before["case"] = move_to_case_of(
        session, office.diary, document, pair, initiative_name=initiative.name, at=at
    )
    replaced = _replace(session, verdict, who, at)
    before["replaced"] = replaced.document_id if replaced else None
    document.fate = Fate.RECORDED
    document.initiative, document.municipality = pair.initiative, pair.municipality
    document.duplicate_of = None
    document.late = is_late(document.received_at, initiative.last_answer_day, office.zone)
    dnr = session.get_one(CaseFile, document.case_id).dnr
    values = Values(
        answer=verdict.answer, signature=verdict.signature.value, **asdict(verdict.details)
    )
    emit(session, record_answer(session, document, pair, values, dnr=dnr, by=who, at=at))
    return _Told(
        former_dnr=former if former != dnr else "",
        replaces_label=initiative.options.get(replaced.answer, replaced.answer)
        if replaced
        else None,
        answer=verdict.answer,
    )


def _replace(session: Session, verdict: Attach, who: str, at: datetime) -> Answer | None:
    """End the answer that stood; it stays in the register, replaced."""
    if verdict.replaces is None:
        return None
    standing = session.get_one(Answer, verdict.replaces, with_for_update=True)
    standing.status, standing.ended_at, standing.ended_by = AnswerStatus.REPLACED, at, who
    session.flush()
    return standing


def _tell(
    session: Session,
    resolution: UUID,
    document: Document,
    mail: Mail,
    verdict: Verdict,
    told: _Told,
    send_after: datetime,
    at: datetime,
) -> None:
    initiative = session.get(Initiative, document.initiative) if document.initiative else None
    dnr = session.get_one(CaseFile, document.case_id).dnr
    former_dnr = told.former_dnr
    if document.arranged_by is not None:
        receipted = dnr_of_receipt(session, document)
        former_dnr = receipted if receipted != dnr else ""
    names = session.exec(
        select(Part.filename)
        .where(Part.mail_id == mail.mail_id, col(Part.number).in_(document.parts))
        .order_by(col(Part.number))
    ).all()
    line = line_of(document, dnr, told.reasons, initiative, answer=told.answer, files=tuple(names))
    emit(
        session,
        DocumentResolved(
            occurred_at=at,
            resolution=resolution,
            send_after=send_after,
            mail_id=mail.mail_id,
            received_at=mail.received_at,
            disposition=mail.disposition,
            mail_reasons=tuple(Reason(key) for key in mail.reasons),
            correspondence=Correspondence.model_validate(mail.correspondence),
            document=line,
            replaces_label=told.replaces_label,
            former_dnr=former_dnr,
            message=verdict.message if isinstance(verdict, AskAgain) else "",
        ),
    )


# --- a mail ----------------------------------------------------------------------------------


def _close_mail(mail: Mail, verdict: Verdict) -> dict[str, Any]:
    before = {"state": mail.state.value, "disposition_reason": mail.disposition_reason}
    match verdict:
        case Done() | ToQuestions():
            mail.state = MailState.HANDLED
        case ToNeeds():
            mail.state = MailState.NEED
        case LeaveOut(why):
            mail.state, mail.disposition_reason = MailState.SET_ASIDE, plain(why)
        case _:
            raise AssertionError("only a document can be that")
    return before


def _said(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data, for its row and the log."""
    return dict(asdict(verdict))
