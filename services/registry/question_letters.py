"""Tells who asked something that a registrar has handed the question over, and to whom."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.registry.letters import answered, order_letter
from services.registry.mailings.templates import wording_for
from services.registry.tables import CaseFile, Document, Mail
from shared.events import LetterKind, LetterOrdered
from shared.letters.kinds import TemplateName
from shared.letters.plain import moment
from shared.letters.template import render


def acknowledge_question(
    session: Session,
    mail: Mail,
    document: Document | None,
    *,
    answered_by: str,
    resolution: UUID,
    send_after: datetime,
    who: str,
    at: datetime,
) -> None:
    """Order the letter, which leaves unless the verdict is taken back before that."""
    case_id = document.case_id if document is not None else mail.case_id
    case = session.get(CaseFile, case_id) if case_id is not None else None
    name = TemplateName.QUESTION_FORWARDED
    worded = render(
        wording_for(session, name, []),
        name,
        {
            "inkom": moment(mail.received_at),
            "dnr": case.dnr if case is not None else "",
            "mottagare": answered_by,
        },
    )
    letter = LetterOrdered(
        occurred_at=at,
        # The verdict's own: what takes it back names the letter too.
        letter_id=resolution,
        kind=LetterKind.QUESTION_FORWARDED,
        mailbox=mail.mailbox[:254],
        recipient=mail.return_path[:320],
        subject_line=worded.subject,
        heading=worded.heading,
        text=worded.text,
        answers=answered(mail),
        send_after=send_after,
        document_id=document.document_id if document is not None else None,
    )
    order_letter(session, letter, who=who, resolution=resolution)
