"""Mails of ours that came back: from which address, which mail it was, and whom it was about."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.store.contacts import ContactLine, contacts_with_addresses
from services.registry.tables import (
    Bounce,
    BounceState,
    CaseFile,
    Document,
    Mail,
    Message,
    MunicipalityContact,
)
from shared.events import MessageFate

CAME_BACK = "came_back"
"""How the notifier's reason begins for a mail that came back."""
SKEW = timedelta(minutes=5)
"""How far the clocks of two hosts may be apart."""


@dataclass(frozen=True)
class BounceTask:
    """One address that a mail came back from, with all that the register knows about it."""

    bounce: Bounce
    message: Message | None
    """Our mail that came back; None if none is known to have."""
    latest: Message | None
    """The last mail to the address, whatever became of it."""
    documents: Sequence[tuple[Document, CaseFile]]
    """What stood in the mail that ours answered."""
    contacts: Sequence[ContactLine]
    """Those who have the address; those that count first."""
    registrar_of: Sequence[str]
    """The municipalities (kommunkod) whose registrar has the address."""
    registered: bool
    """Whether the mail that told of it can be looked at yet."""


def bounce_tasks(
    session: Session, state: BounceState, *, limit: int, offset: int = 0
) -> list[BounceTask]:
    """The open tasks, the oldest first; or those done, the last first."""
    order = (
        (col(Bounce.came_at), col(Bounce.mail_id), col(Bounce.recipient))
        if state is BounceState.OPEN
        else (col(Bounce.resolved_at).desc(), col(Bounce.mail_id), col(Bounce.recipient))
    )
    bounces = session.exec(
        select(Bounce)
        .where(col(Bounce.state) == state)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    ).all()
    return _described(session, bounces)


def bounce_task(session: Session, mail_id: str, recipient: str) -> BounceTask | None:
    """One task, open or done."""
    bounce = session.get(Bounce, (mail_id, recipient))
    return _described(session, [bounce])[0] if bounce is not None else None


def bounce_count(session: Session, state: BounceState) -> int:
    """How many tasks are open, or done."""
    return session.exec(counting_bounces(state)).one()


def counting_bounces(state: BounceState) -> SelectOfScalar[int]:
    """The question for that count, to be asked together with others."""
    return select(func.count()).select_from(Bounce).where(col(Bounce.state) == state)


def _described(session: Session, bounces: Sequence[Bounce]) -> list[BounceTask]:
    addresses = {one.recipient for one in bounces if one.recipient}
    contacts = contacts_with_addresses(session, addresses)
    messages = _messages(session, addresses)
    registrars = _registrars(session, addresses)
    known = set(
        session.exec(
            select(Mail.mail_id).where(col(Mail.mail_id).in_([one.mail_id for one in bounces]))
        )
    )
    returned = [_returned(one, messages[one.recipient.lower()]) for one in bounces]
    documents = _documents(session, {one.mail_id for one in returned if one and one.mail_id})
    return [
        BounceTask(
            bounce=bounce,
            message=message,
            latest=max(
                messages[bounce.recipient.lower()], key=lambda one: one.settled_at, default=None
            ),
            documents=documents[message.mail_id or ""] if message else (),
            contacts=contacts.get(bounce.recipient.lower(), []),
            registrar_of=registrars[bounce.recipient.lower()],
            registered=bounce.mail_id in known,
        )
        for bounce, message in zip(bounces, returned, strict=True)
    ]


def _returned(bounce: Bounce, messages: Sequence[Message]) -> Message | None:
    """The mail that came back: the notifier, which knows its token, says so soon afterwards."""
    failed = [
        one
        for one in messages
        if one.fate is MessageFate.FAILED
        and one.reason.startswith(CAME_BACK)
        and one.settled_at >= bounce.came_at - SKEW
    ]
    return min(failed, key=lambda one: one.settled_at, default=None)


def _messages(session: Session, addresses: set[str]) -> defaultdict[str, list[Message]]:
    found: defaultdict[str, list[Message]] = defaultdict(list)
    asked = addresses | {address.lower() for address in addresses}
    for message in session.exec(select(Message).where(col(Message.recipient).in_(asked))):
        found[message.recipient.lower()].append(message)
    return found


def _registrars(session: Session, addresses: set[str]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    asked = {address.lower() for address in addresses}
    for one in session.exec(
        select(MunicipalityContact)
        .where(func.lower(MunicipalityContact.registrar_address).in_(asked))
        .order_by(col(MunicipalityContact.municipality))
    ):
        found[one.registrar_address.lower()].append(one.municipality)
    return found


def _documents(
    session: Session, mail_ids: set[str]
) -> defaultdict[str, list[tuple[Document, CaseFile]]]:
    found: defaultdict[str, list[tuple[Document, CaseFile]]] = defaultdict(list)
    for document, case in session.exec(
        select(Document, CaseFile)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(col(Document.mail_id).in_(mail_ids))
        .order_by(col(Document.document_id))
    ):
        found[document.mail_id].append((document, case))
    return found
