"""The registry's side of `handslag verify`: what became of every part of every mail."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final, TypeVar

from sqlmodel import Session, col, select

from services.registry.tables import (
    Document,
    Mail,
    MailState,
    Part,
    ReviewItem,
    ReviewState,
)
from shared.database import Database
from shared.events import Fate, PartFate

BATCH: Final = 200
T = TypeVar("T", Part, Document)


class Account(StrEnum):
    """Where a part, or a mail as a whole, ended or waits."""

    REGISTERED = "registered"
    QUEUE = "queue"
    RETURNED = "returned"
    NEED = "need"
    SET_ASIDE = "set_aside"
    REARRANGED = "rearranged"
    """Of a document only: each of its pages stands in one other document, which has an account."""
    TEXT = "text"
    """The mail's own text: it is kept with the mail and shown with it."""


@dataclass(frozen=True)
class PartAccount:
    """What became of one part. More than one account where it held several documents."""

    index: int
    filename: str
    digest: str | None
    accounts: tuple[Account, ...]
    """Empty if nothing holds the part: that breaks the proof."""
    reason: str = ""


@dataclass(frozen=True)
class MailAccount:
    """What became of one mail."""

    mail_id: str
    digest: str
    mail: Account | None
    """The mail itself; None where all that it brought is in its documents."""
    documents: dict[str, Account | None]
    """None for a document that should wait for a person but is not in the queue, or whose pages
    were arranged into others and do not all stand in exactly one of them."""
    parts: tuple[PartAccount, ...]

    @property
    def complete(self) -> bool:
        """Whether every part is accounted for, and the mail is registered or set aside."""
        somewhere = self.mail is not None or bool(self.documents)
        return somewhere and all(self.documents.values()) and all(p.accounts for p in self.parts)


def accounts(database: Database) -> Iterator[MailAccount]:
    """Yield the account of every mail in the register, in the order of their identifiers."""
    after = ""
    while True:
        with database.read() as session:
            mails = session.exec(
                select(Mail).where(Mail.mail_id > after).order_by(col(Mail.mail_id)).limit(BATCH)
            ).all()
            batch = _accounts(session, mails)
        if not batch:
            return
        yield from batch
        after = batch[-1].mail_id


def account_of(database: Database, mail_id: str) -> MailAccount | None:
    """Return the account of one mail, or None if the register does not have it."""
    with database.read() as session:
        mail = session.get(Mail, mail_id)
        return _accounts(session, [mail])[0] if mail else None


def _accounts(session: Session, mails: Sequence[Mail]) -> list[MailAccount]:
    ids = [mail.mail_id for mail in mails]
    parts = _by_mail(
        session.exec(
            select(Part)
            .where(col(Part.mail_id).in_(ids))
            .order_by(col(Part.mail_id), col(Part.number))
        ).all()
    )
    documents = _by_mail(
        session.exec(
            select(Document)
            .where(col(Document.mail_id).in_(ids))
            .order_by(col(Document.mail_id), col(Document.document_id))
        ).all()
    )
    queued = {
        (item.mail_id, item.document_id)
        for item in session.exec(
            select(ReviewItem).where(
                col(ReviewItem.mail_id).in_(ids), ReviewItem.state == ReviewState.OPEN
            )
        )
    }
    return [
        _account(mail, parts.get(mail.mail_id, []), documents.get(mail.mail_id, []), queued)
        for mail in mails
    ]


def _by_mail(rows: Sequence[T]) -> dict[str, list[T]]:
    return {mail_id: list(group) for mail_id, group in groupby(rows, lambda row: row.mail_id)}


def _account(
    mail: Mail,
    parts: list[Part],
    documents: list[Document],
    queued: set[tuple[str, str | None]],
) -> MailAccount:
    whole = _of_mail(mail.state)
    if whole is Account.QUEUE and (mail.mail_id, None) not in queued:
        whole = None
    found = {one.document_id: _of_document(one.fate) for one in documents}
    held = {
        name: None if kept is Account.QUEUE and (mail.mail_id, name) not in queued else kept
        for name, kept in found.items()
    }
    held |= dict.fromkeys(_scattered(documents), None)
    return MailAccount(
        mail_id=mail.mail_id,
        digest=mail.digest,
        mail=whole,
        documents=held,
        parts=tuple(_of_part(part, whole, documents, held) for part in parts),
    )


def _scattered(documents: list[Document]) -> Iterator[str]:
    """The rearranged documents of which a page stands in no other document, or in several."""
    standing = Counter(
        page for one in documents if one.fate is not Fate.REARRANGED for page in _pages_of(one)
    )
    for one in documents:
        if one.fate is Fate.REARRANGED and any(standing[page] != 1 for page in _pages_of(one)):
            yield one.document_id


def _pages_of(document: Document) -> list[tuple[int, int]]:
    return [(page["part"], page["source_page"]) for page in document.reading["pages"]]


def _of_part(
    part: Part,
    whole: Account | None,
    documents: list[Document],
    held: dict[str, Account | None],
) -> PartAccount:
    holders = [held[one.document_id] for one in documents if part.number in one.parts]
    found: tuple[Account, ...]
    if holders:
        known = tuple(kept for kept in holders if kept is not None)
        living = (kept for kept in known if kept is not Account.REARRANGED)
        found = tuple(dict.fromkeys(living)) if len(known) == len(holders) else ()
    elif part.fate is PartFate.TEXT:
        found = (Account.TEXT,)
    elif part.fate is PartFate.SKIPPED and part.reason:
        found = (Account.SET_ASIDE,)
    else:
        # What no document holds is accounted for only if the mail as a whole is.
        found = (whole,) if whole is not None else ()
    return PartAccount(part.number, part.filename, part.digest, found, part.reason)


def _of_mail(state: MailState) -> Account | None:
    match state:
        case MailState.REGISTERED:
            return None
        case MailState.NEED:
            return Account.NEED
        case MailState.REVIEW:
            return Account.QUEUE
        case MailState.HANDLED:
            return Account.REGISTERED
        case MailState.SET_ASIDE:
            return Account.SET_ASIDE


def _of_document(fate: Fate) -> Account:
    match fate:
        case Fate.RECORDED | Fate.DUPLICATE | Fate.QUESTION:
            return Account.REGISTERED
        case Fate.REVIEW:
            return Account.QUEUE
        case Fate.RETURNED:
            return Account.RETURNED
        case Fate.NEED:
            return Account.NEED
        case Fate.NOT_REGISTERED:
            return Account.SET_ASIDE
        case Fate.REARRANGED:
            return Account.REARRANGED
