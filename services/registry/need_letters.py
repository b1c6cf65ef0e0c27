"""Asks whoever proposed something to describe it in the needs template, which goes with the letter.

A person asks, once for each mail; the letter is the gate's to hold back, as any answer to a mail.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from services.registry.eventlog import note
from services.registry.forms.needs_template import TemplateKind, needs_template
from services.registry.letters import answered, order_letter
from services.registry.mailings.letters import Office
from services.registry.mailings.templates import wording_for
from services.registry.tables import CaseFile, Document, Mail, MailState, Message, OrderedLetter
from shared.archive import Archive, Area
from shared.database import Database
from shared.events import (
    DocumentReading,
    Fate,
    LetterFile,
    LetterKind,
    LetterOrdered,
)
from shared.letters.kinds import TemplateName
from shared.letters.plain import moment
from shared.letters.template import render
from shared.needs import LABELS

FILES: Final = {
    TemplateKind.DOCX: (
        "Behovsmall.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    TemplateKind.PDF: ("Behovsmall.pdf", "application/pdf"),
}
"""What the template is called in the mail, and what kind of file it is."""
_LETTERS: Final = UUID("0f6f1d5a-6a0e-4c1d-9d52-6a7a2f5e8b10")
_LABELS: Final = {field.value: label for field, label in LABELS.items()}


class NoNeed(Exception):
    """The mail proposes nothing."""


def template_asked(session: Session, mails: Collection[str]) -> Mapping[str, OrderedLetter]:
    """Of which of these mails the template has been asked for, by the mail's identifier."""
    letters = session.exec(
        select(OrderedLetter).where(
            col(OrderedLetter.mail_id).in_(mails),
            col(OrderedLetter.kind) == LetterKind.TEMPLATE_REQUEST,
        )
    )
    return {letter.mail_id: letter for letter in letters if letter.mail_id is not None}


def what_became_of(session: Session, letters: Iterable[OrderedLetter]) -> Mapping[str, Message]:
    """What became of these letters, by the letter's identifier; of some nothing is known yet."""
    messages = session.exec(
        select(Message).where(col(Message.letter_id).in_([one.letter_id for one in letters]))
    )
    return {one.letter_id: one for one in messages if one.letter_id is not None}


def template_request(session: Session, mail_id: str, office: Office, at: datetime) -> LetterOrdered:
    """Return the letter, without its files. Raises NoNeed."""
    mail = session.get(Mail, mail_id)
    document = session.exec(
        select(Document)
        .where(Document.mail_id == mail_id, Document.fate == Fate.NEED)
        .order_by(col(Document.handling))
        .limit(1)
    ).first()
    if mail is None or (document is None and mail.state is not MailState.NEED):
        raise NoNeed
    case_id = document.case_id if document is not None else mail.case_id
    name = TemplateName.TEMPLATE_REQUEST
    worded = render(
        wording_for(session, name, []),
        name,
        {
            "inkom": moment(mail.received_at),
            "dnr": session.get_one(CaseFile, case_id).dnr,
            "svarsadress": office.questions_address,
            "saknas": _missing(document),
        },
    )
    return LetterOrdered(
        occurred_at=at,
        letter_id=uuid5(_LETTERS, mail_id),
        kind=LetterKind.TEMPLATE_REQUEST,
        mailbox=mail.mailbox[:254],
        recipient=mail.return_path[:320],
        subject_line=worded.subject,
        heading=worded.heading,
        text=worded.text,
        answers=answered(mail),
        document_id=document.document_id if document is not None else None,
    )


def ask_for_template(
    database: Database, archive: Archive, office: Office, mail_id: str, *, who: str, at: datetime
) -> bool:
    """Order the letter with the empty template; False if that was done before. Raises NoNeed."""
    files = tuple(
        LetterFile(
            name=name,
            content_type=content_type,
            content=archive.put(
                needs_template(kind, office.questions_address, office.organisation), Area.DERIVED
            ),
        )
        for kind, (name, content_type) in FILES.items()
    )
    try:
        with database.write() as session:
            if template_asked(session, [mail_id]):
                return False
            letter = template_request(session, mail_id, office, at)
            order_letter(session, letter.model_copy(update={"files": files}), who=who)
            note(
                session,
                at=at,
                who=who,
                what="need.template_asked",
                mail_id=mail_id,
                document_id=letter.document_id,
                after={"to": letter.recipient},
            )
    except IntegrityError:
        # Somebody else asked at the same moment; the letter's identifier is the same.
        return False
    return True


def _missing(document: Document | None) -> str:
    """What the template asks and the description leaves out; nothing of one in its own words."""
    if document is None:
        return ""
    need = DocumentReading.model_validate(document.reading).need
    if need is None or not need.with_template:
        return ""
    return "\n".join(f"- {_LABELS.get(key, key)}" for key in need.missing)
