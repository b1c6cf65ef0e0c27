"""Writes an answer that was recorded, by the machine or a person, and the line that tells of it."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from services.registry.domain.answer import Pair, Values
from services.registry.tables import (
    Answer,
    AnswerStatus,
    ContactPerson,
    Document,
    Initiative,
)
from shared.events import AnswerRecorded, Fate, Reason, RegisteredDocument, SignatureState
from shared.municipalities import by_code, display_name

EMAIL_MAX: Final = 320
"""Longer is no address (RFC 3696, erratum 1690); an index would refuse it."""


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
    session.merge(
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
    _keep_contact(session, document, pair, said)
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


def _keep_contact(session: Session, document: Document, pair: Pair, said: Values) -> None:
    known = session.get(ContactPerson, document.document_id)
    if not (said.contact_name or said.contact_email or said.contact_phone):
        if known is not None:
            session.delete(known)
        return
    session.merge(
        ContactPerson(
            document_id=document.document_id,
            initiative=pair.initiative,
            municipality=pair.municipality,
            name=plain(said.contact_name),
            email=plain(said.contact_email)[:EMAIL_MAX],
            phone=plain(said.contact_phone),
        )
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
