"""Mails that answer ours: which of ours, about what and whom, and what there is to do."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.domain.reply import name_beside
from services.registry.store.contacts import ContactLine, ContactState, contacts_with_addresses
from services.registry.tables import (
    CaseFile,
    Document,
    Mail,
    MailingRecipient,
    Message,
    MunicipalityContact,
    OrderedLetter,
    Reply,
    ReplyState,
    ReplyTo,
)
from shared.events import Reason

DONE = (ReplyState.ACCEPTED, ReplyState.DISMISSED)
_MOST_DOCUMENTS = 12
_MOST_REPLIES = 20


@dataclass(frozen=True)
class Suggested:
    """An address that the reply says to write to, and the name that stands beside it."""

    address: str
    name: str


@dataclass(frozen=True)
class ReplyShown:
    """One reply, with all that the register knows about what it answers."""

    reply: Reply
    mail: Mail | None
    """The reply itself; None until it is registered."""
    messages: Sequence[Message]
    """Our mails that it names, and that there are; the last first."""
    documents: Sequence[tuple[Document, CaseFile]]
    """What those are about."""
    municipalities: Sequence[str]
    """Whose matter it is (kommunkod), as far as those tell."""
    contacts: Sequence[ContactLine]
    """Those who have an address that we wrote to, or the sender's; those that count first."""
    registrar_of: Sequence[str]
    """The municipalities whose registrar has one of these addresses."""
    suggested: Sequence[Suggested]

    @property
    def counting(self) -> list[ContactLine]:
        """The contacts that can be changed."""
        return [line for line in self.contacts if line.state is ContactState.STANDS]

    @property
    def from_elsewhere(self) -> bool:
        """Whether it comes from another address than any that the named mails went to."""
        asked = {one.recipient.lower() for one in self.messages}
        return bool(asked) and self.reply.sender not in asked

    @property
    def not_authentic(self) -> bool:
        """Whether our mail server found that the sender is not who it says."""
        return self.mail is not None and Reason.SENDER_NOT_AUTHENTIC.value in self.mail.reasons


def replies_in(
    session: Session, states: Collection[ReplyState], *, limit: int, offset: int = 0
) -> list[ReplyShown]:
    """The replies in these states: open ones the oldest first, others the last first."""
    order = (
        (col(Reply.received_at), col(Reply.mail_id))
        if list(states) == [ReplyState.OPEN]
        else (col(Reply.received_at).desc(), col(Reply.mail_id))
    )
    rows = session.exec(
        select(Reply)
        .where(col(Reply.state).in_(states))
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    ).all()
    return described(session, rows)


def reply_count(session: Session, states: Collection[ReplyState]) -> int:
    """How many replies are in these states."""
    return session.exec(counting_replies(states)).one()


def counting_replies(states: Collection[ReplyState]) -> SelectOfScalar[int]:
    """The question for that count, to be asked together with others."""
    return select(func.count()).select_from(Reply).where(col(Reply.state).in_(states))


def reply_shown(session: Session, mail_id: str) -> ReplyShown | None:
    """The reply that a mail is; None if it is none."""
    reply = session.get(Reply, mail_id)
    return described(session, [reply])[0] if reply is not None else None


def replies_to(session: Session, message_id: str) -> list[ReplyShown]:
    """The mails that answer one of ours, the first first."""
    rows = session.exec(
        select(Reply)
        .join(ReplyTo, col(ReplyTo.mail_id) == col(Reply.mail_id))
        .where(ReplyTo.message_id == message_id)
        .order_by(col(Reply.received_at), col(Reply.mail_id))
        .limit(_MOST_REPLIES)
    ).all()
    return described(session, rows)


def described(session: Session, replies: Sequence[Reply]) -> list[ReplyShown]:
    """Replies with all that belongs to them."""
    ids = [one.mail_id for one in replies]
    mails = {
        one.mail_id: one for one in session.exec(select(Mail).where(col(Mail.mail_id).in_(ids)))
    }
    messages: defaultdict[str, list[Message]] = defaultdict(list)
    for mail_id, message in session.exec(
        select(ReplyTo.mail_id, Message)
        .join(Message, col(Message.message_id) == col(ReplyTo.message_id))
        .where(col(ReplyTo.mail_id).in_(ids))
        .order_by(col(Message.settled_at).desc())
    ):
        messages[mail_id].append(message)
    named = [message for found in messages.values() for message in found]
    documents = _documents(session, named)
    letters = _municipalities_of_letters(session, named)
    addresses = {
        reply.mail_id: {
            address
            for address in (reply.sender, *(m.recipient.lower() for m in messages[reply.mail_id]))
            if address
        }
        for reply in replies
    }
    every = {address for found in addresses.values() for address in found}
    contacts = contacts_with_addresses(session, every)
    registrars = _registrars(session, every)
    return [
        _one(
            reply,
            mails.get(reply.mail_id),
            messages[reply.mail_id],
            documents,
            letters,
            [line for address in sorted(addresses[reply.mail_id])
             for line in contacts.get(address, [])],
            sorted({code for address in addresses[reply.mail_id] for code in registrars[address]}),
        )
        for reply in replies
    ]  # fmt: skip


def _one(
    reply: Reply,
    mail: Mail | None,
    messages: Sequence[Message],
    documents: dict[str, list[tuple[Document, CaseFile]]],
    letters: dict[str, str],
    contacts: list[ContactLine],
    registrar_of: list[str],
) -> ReplyShown:
    about = {
        document.document_id: (document, case)
        for message in messages
        for document, case in documents.get(message.message_id, [])
    }
    municipalities = {document.municipality for document, _ in about.values()}
    municipalities |= {letters.get(message.letter_id or "", "") for message in messages}
    text = mail.text if mail is not None else ""
    contacts.sort(key=lambda line: line.state is not ContactState.STANDS)
    return ReplyShown(
        reply=reply,
        mail=mail,
        messages=messages,
        documents=list(about.values())[:_MOST_DOCUMENTS],
        municipalities=sorted(code for code in municipalities if code),
        contacts=contacts,
        registrar_of=registrar_of,
        suggested=[Suggested(one, name_beside(text, one)) for one in reply.suggested],
    )


def _documents(
    session: Session, messages: Sequence[Message]
) -> dict[str, list[tuple[Document, CaseFile]]]:
    """What each of our mails is about, by Message-ID: one document, or those of a mail."""
    rows = session.exec(
        select(Document, CaseFile)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(
            col(Document.document_id).in_({one.document_id for one in messages if one.document_id})
            | col(Document.mail_id).in_({one.mail_id for one in messages if one.mail_id})
        )
        .order_by(col(Document.document_id))
    ).all()
    return {
        message.message_id: [
            (document, case)
            for document, case in rows
            if (
                document.document_id == message.document_id
                if message.document_id
                else document.mail_id == message.mail_id
            )
        ]
        for message in messages
    }


def _municipalities_of_letters(session: Session, messages: Sequence[Message]) -> dict[str, str]:
    """The municipality of each ordered letter, by the letter's id."""
    ids = {one.letter_id for one in messages if one.letter_id}
    found: dict[str, str] = {}
    for letter_id, code in session.exec(
        select(OrderedLetter.letter_id, OrderedLetter.municipality).where(
            col(OrderedLetter.letter_id).in_(ids)
        )
    ):
        found[letter_id] = code or ""
    for one in session.exec(
        select(MailingRecipient).where(col(MailingRecipient.letter_id).in_(ids))
    ):
        found[one.letter_id or ""] = one.municipality
    return found


def _registrars(session: Session, addresses: Collection[str]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in session.exec(
        select(MunicipalityContact).where(
            func.lower(MunicipalityContact.registrar_address).in_(addresses)
        )
    ):
        found[one.registrar_address.lower()].append(one.municipality)
    return found
