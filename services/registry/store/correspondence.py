"""Every mail in and out about one answer, one mail, one contact or one municipality, by time."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from services.registry.store.bounces import CAME_BACK, SKEW
from services.registry.store.contacts import contact_history
from services.registry.tables import (
    Bounce,
    ContactPerson,
    Document,
    Mail,
    MailingRecipient,
    Message,
    OrderedLetter,
    Reply,
    ReplyTo,
)
from shared.events import MessageFate

MOST = 200


@dataclass(frozen=True)
class Line:
    """One mail. Exactly one of `mail`, `message` and `waiting` is there."""

    at: datetime
    mail: Mail | None = None
    """It came in."""
    reply: Reply | None = None
    """What it is as an answer to a mail of ours, if it is one."""
    returned: Bounce | None = None
    """The address that it says a mail of ours did not reach, if it is a bounce."""
    message: Message | None = None
    """It left, or was to leave."""
    waiting: OrderedLetter | None = None
    """It is ordered, and nothing is known of it yet."""


def of_mail(session: Session, mail: Mail, documents: Iterable[str]) -> list[Line]:
    """A mail, what we sent about it or its documents, and what came back."""
    about = or_(
        col(Message.mail_id) == mail.mail_id,
        col(Message.document_id).in_(list(documents)),
        col(Message.message_id).in_(
            rows_of(col(ReplyTo.message_id)).where(col(ReplyTo.mail_id) == mail.mail_id)
        ),
    )
    letters = col(OrderedLetter.mail_id) == mail.mail_id
    return _lines(session, about, letters, [mail])


def of_document(session: Session, document: Document, mail: Mail) -> list[Line]:
    """The mail that a document came in, what we sent about it, and what came back."""
    about = or_(
        # What is about one document of several stands with that one.
        (col(Message.mail_id) == mail.mail_id)
        & or_(col(Message.document_id).is_(None), col(Message.document_id) == document.document_id),
        col(Message.document_id) == document.document_id,
    )
    letters = or_(
        col(OrderedLetter.document_id) == document.document_id,
        (col(OrderedLetter.mail_id) == mail.mail_id) & col(OrderedLetter.document_id).is_(None),
    )
    return _lines(session, about, letters, [mail])


def of_contact(session: Session, contact: ContactPerson) -> list[Line]:
    """What went to any address that a contact has had, what came from it, and what came back."""
    had = {contact.email}
    for entry in contact_history(session, contact):
        had |= {(said or {}).get("email", "") for said in (entry.before, entry.after)}
    addresses = {address for one in had if one for address in (one, one.lower())}
    sent = or_(
        col(Message.recipient).in_(addresses),
        col(Message.letter_id).in_(
            rows_of(col(OrderedLetter.letter_id)).where(col(OrderedLetter.contact_id) == contact.id)
        ),
    )
    letters = or_(
        col(OrderedLetter.contact_id) == contact.id, col(OrderedLetter.recipient).in_(addresses)
    )
    came = session.exec(
        select(Mail)
        .where(col(Mail.from_address).in_(addresses))
        .order_by(col(Mail.received_at).desc())
        .limit(MOST)
    ).all()
    return _lines(session, sent, letters, came)


def of_municipality(
    session: Session, code: str, mails: Sequence[Mail], messages: Sequence[Message]
) -> list[Line]:
    """The mails of a municipality's documents, our answers to them, and letters to it."""
    sent = or_(
        col(Message.message_id).in_([one.message_id for one in messages]),
        col(Message.letter_id).in_(
            rows_of(col(OrderedLetter.letter_id)).where(col(OrderedLetter.municipality) == code)
        ),
        col(Message.letter_id).in_(
            rows_of(col(MailingRecipient.letter_id)).where(
                col(MailingRecipient.municipality) == code,
                col(MailingRecipient.letter_id).is_not(None),
            )
        ),
    )
    return _lines(session, sent, col(OrderedLetter.municipality) == code, mails)


def _lines(
    session: Session,
    about: ColumnElement[bool],
    letters: ColumnElement[bool],
    mails: Sequence[Mail],
) -> list[Line]:
    messages = session.exec(
        select(Message)
        .where(about)
        .order_by(col(Message.settled_at).desc(), col(Message.message_id))
        .limit(MOST)
    ).all()
    settled = select(Message.message_id).where(
        col(Message.letter_id) == col(OrderedLetter.letter_id)
    )
    waiting = session.exec(
        select(OrderedLetter).where(letters, ~settled.exists()).limit(MOST)
    ).all()
    came = {mail.mail_id: mail for mail in mails}
    came |= _replies(session, [one.message_id for one in messages])
    returned = _returned(session, messages)
    came |= _mails(session, returned)
    replies = {
        one.mail_id: one
        for one in session.exec(select(Reply).where(col(Reply.mail_id).in_(list(came))))
    }
    lines = [Line(one.settled_at, message=one) for one in messages]
    lines += [Line(one.ordered_at, waiting=one) for one in waiting]
    lines += [
        Line(mail.received_at, mail, replies.get(mail_id), returned.get(mail_id))
        for mail_id, mail in came.items()
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _replies(session: Session, message_ids: Collection[str]) -> dict[str, Mail]:
    """The mails that answer these of ours."""
    if not message_ids:
        return {}
    return {
        mail.mail_id: mail
        for mail in session.exec(
            select(Mail)
            .join(ReplyTo, col(ReplyTo.mail_id) == col(Mail.mail_id))
            .where(col(ReplyTo.message_id).in_(message_ids))
            .order_by(col(Mail.received_at).desc())
            .limit(MOST)
        )
    }


def _returned(session: Session, messages: Sequence[Message]) -> dict[str, Bounce]:
    """The bounces of these mails, as far as time and address tell, by the mail that they are."""
    failed = [
        one
        for one in messages
        if one.fate is MessageFate.FAILED and one.reason.startswith(CAME_BACK)
    ]
    if not failed:
        return {}
    bounces = session.exec(
        select(Bounce).where(
            func.lower(Bounce.recipient).in_({one.recipient.lower() for one in failed})
        )
    ).all()
    return {
        bounce.mail_id: bounce
        for bounce in bounces
        if any(
            one.recipient.lower() == bounce.recipient.lower()
            and bounce.came_at - SKEW <= one.settled_at
            for one in failed
        )
    }


def _mails(session: Session, ids: Collection[str]) -> dict[str, Mail]:
    if not ids:
        return {}
    return {
        mail.mail_id: mail
        for mail in session.exec(select(Mail).where(col(Mail.mail_id).in_(list(ids))))
    }
