"""The letter that would leave if a registrar asked for a new answer; nothing is written."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.registry.answers import line_of
from services.registry.domain.resolution import AskAgain
from services.registry.mailings.templates import part_wordings
from services.registry.tables import CaseFile, Document, Initiative, Mail, Part
from shared.events import Correspondence, DocumentResolved, Fate, Reason
from shared.letters.decision import decision
from shared.letters.letter import Letter

_NONE = UUID(int=0)


def letter_asking_again(
    session: Session, document: Document, verdict: AskAgain, *, organisation: str, at: datetime
) -> Letter:
    """Return the letter, without the signature, which only the notifier knows."""
    mail = session.get_one(Mail, document.mail_id)
    initiative = session.get(Initiative, document.initiative) if document.initiative else None
    names = session.exec(
        select(Part.filename)
        .where(Part.mail_id == mail.mail_id, col(Part.number).in_(document.parts))
        .order_by(col(Part.number))
    ).all()
    line = line_of(
        document,
        session.get_one(CaseFile, document.case_id).dnr,
        verdict.reasons,
        initiative,
        answer=None,
        files=tuple(names),
    )
    told = DocumentResolved(
        occurred_at=at,
        resolution=_NONE,
        send_after=at,
        mail_id=mail.mail_id,
        received_at=mail.received_at,
        disposition=mail.disposition,
        mail_reasons=tuple(Reason(key) for key in mail.reasons),
        correspondence=Correspondence.model_validate(mail.correspondence),
        document=line.model_copy(update={"fate": Fate.RETURNED}),
        message=verdict.message,
    )
    return decision(
        told,
        send_to=mail.mailbox,
        signed_by="",
        organisation=organisation,
        wordings=part_wordings(session),
    )
