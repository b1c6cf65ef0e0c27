"""Everything that the register holds about one municipality, and the list of all 290."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from services.registry.store.answers import AnswerLine, answer_lines
from services.registry.store.contacts import ContactLine, contacts_of_municipality
from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    Document,
    EventLog,
    Initiative,
    Mail,
    Message,
    MunicipalityContact,
    MunicipalityDomain,
)
from shared.events import Fate


@dataclass(frozen=True)
class MunicipalityDetail:
    """One municipality; the lists of what came, went and happened are cut at `most`."""

    code: str
    answers: Sequence[AnswerLine]
    """One line per initiative, those without an answer included."""
    contacts: Sequence[ContactLine]
    """Those that count first, then the others; the last first."""
    registrar: MunicipalityContact | None
    domains: Sequence[str]
    documents: Sequence[tuple[Document, CaseFile, Answer | None]]
    """Each with the answer that was recorded from it, whatever became of that since."""
    mails: Sequence[Mail]
    """The mails that its documents came in."""
    messages: Sequence[Message]
    """Our answers to those mails, and what was sent to its registrar."""
    log: Sequence[EventLog]


def municipality_detail(
    session: Session,
    code: str,
    fates: Sequence[Fate],
    most: int,
    known: Sequence[Initiative] | None = None,
) -> MunicipalityDetail:
    """Everything about one municipality; its documents, if they became one of `fates`.

    `known` are all initiatives, for who has read them already.
    """
    registrar = session.get(MunicipalityContact, code)
    own = (Document.municipality == code, col(Document.fate).in_(fates))
    documents = session.exec(
        select(Document, CaseFile, Answer)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .outerjoin(Answer, col(Answer.document_id) == col(Document.document_id))
        .where(*own)
        .order_by(col(Document.received_at).desc(), col(Document.document_id))
        .limit(most)
    ).all()
    # Beside them stands what belongs to them: for the rest, all that ever came would be sorted.
    came_in = {document.mail_id for document, _, _ in documents}
    return MunicipalityDetail(
        code=code,
        answers=answer_lines(session, municipalities=(code,), known=known),
        contacts=contacts_of_municipality(session, code),
        registrar=registrar,
        domains=session.exec(
            select(MunicipalityDomain.domain)
            .where(MunicipalityDomain.municipality == code)
            .order_by(col(MunicipalityDomain.domain))
        ).all(),
        documents=documents,
        mails=session.exec(
            select(Mail)
            .where(col(Mail.mail_id).in_(came_in))
            .order_by(col(Mail.received_at).desc(), col(Mail.mail_id))
            .limit(most)
        ).all(),
        messages=session.exec(
            select(Message)
            .where(
                or_(
                    col(Message.mail_id).in_(came_in),
                    col(Message.recipient) == (registrar.registrar_address if registrar else ""),
                )
            )
            .order_by(col(Message.settled_at).desc(), col(Message.message_id))
            .limit(most)
        ).all(),
        log=session.exec(
            select(EventLog)
            .where(col(EventLog.document_id).in_([one.document_id for one, _, _ in documents]))
            .order_by(col(EventLog.id).desc())
            .limit(most)
        ).all(),
    )


def registrar_addresses(session: Session) -> dict[str, str]:
    """The registrar's address of each municipality that has one, by kommunkod."""
    return {
        one.municipality: one.registrar_address for one in session.exec(select(MunicipalityContact))
    }


def answers_given(session: Session) -> dict[str, int]:
    """How many answers stand, by kommunkod."""
    return dict(
        session.exec(
            select(Answer.municipality, func.count())
            .where(Answer.status == AnswerStatus.CURRENT)
            .group_by(col(Answer.municipality))
        ).all()
    )
