"""Writes an answer that was recorded, by the machine or a person, and the line that tells of it."""

from datetime import datetime

from sqlmodel import Session

from services.registry.contacts import follow_answer, named_by
from services.registry.domain.answer import Pair, Values
from services.registry.tables import Answer, AnswerStatus, Document, Initiative
from shared.events import AnswerRecorded, Fate, Reason, RegisteredDocument, SignatureState
from shared.municipalities import by_code, display_name


def record_answer(
    session: Session,
    document: Document,
    pair: Pair,
    said: Values,
    *,
    dnr: str,
    by: str,
    at: datetime,
) -> AnswerRecorded:
    """Make the document's answer the current one, and return the event that tells of it.

    Raises IntegrityError if another is current. An answer that was voided, or replaced and taken
    back, is written anew: the händelselogg holds what it was.
    """
    former = session.get(Answer, document.document_id)
    named_before = named_by(former) if former is not None else None
    answer = session.merge(
        Answer(
            document_id=document.document_id,
            initiative=pair.initiative,
            municipality=pair.municipality,
            answer=said.answer,
            status=AnswerStatus.CURRENT,
            late=document.late,
            signature=SignatureState(said.signature),
            signatory_name=plain(said.signatory_name),
            signatory_title=plain(said.signatory_title),
            place_date=plain(said.place_date),
            contact_name=plain(said.contact_name),
            contact_email=plain(said.contact_email),
            contact_phone=plain(said.contact_phone),
            their_reference=plain(said.their_reference),
            recorded_by=by,
            received_at=document.received_at,
            recorded_at=at,
        )
    )
    session.flush()
    follow_answer(session, answer, named_before, who=by, at=at)
    return AnswerRecorded(
        occurred_at=at,
        initiative=pair.initiative,
        municipality=pair.municipality,
        answer=said.answer,
        document_id=document.document_id,
        dnr=dnr,
        handling=document.handling,
        received_at=document.received_at,
        late=document.late,
        by=by,
    )


def line_of(
    document: Document,
    dnr: str,
    reasons: tuple[Reason, ...],
    initiative: Initiative | None,
    *,
    answer: str | None,
    files: tuple[str, ...],
) -> RegisteredDocument:
    """Return what a mail to the sender says of one document; `answer` is an option's key."""
    recorded = document.fate in (Fate.RECORDED, Fate.DUPLICATE)
    return RegisteredDocument(
        document_id=document.document_id,
        dnr=dnr,
        handling=document.handling,
        fate=document.fate,
        files=files,
        initiative=initiative.id if initiative else None,
        initiative_name=initiative.name if initiative else None,
        municipality_name=municipality_name(document.municipality)
        if document.municipality
        else None,
        answer_label=initiative.options.get(answer)
        if initiative is not None and answer is not None and recorded
        else None,
        late=document.late,
        reasons=reasons,
    )


def plain(text: str) -> str:
    """Return the text without NUL, which PostgreSQL does not store."""
    return text.replace("\x00", "")


def municipality_name(code: str) -> str:
    """What a municipality calls itself; a code nobody has stands for itself."""
    municipality = by_code(code)
    return display_name(municipality) if municipality else code
