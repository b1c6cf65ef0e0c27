"""Intake's side of `handslag verify`: every mail ever taken, its original, its parts' fates.

What breaks the proof is a fault, in words; a mail without faults is whole, or waits its turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from services.intake import ledger
from services.intake.mail.imap import Folder, FolderUnreadable, ImapSession
from services.intake.settings import MailboxSettings
from services.intake.tables import LocationRow, MailRow, ReadingRow, RereadRow
from shared.archive import Archive, Area, DamagedInArchive, NotInArchive
from shared.database import Database
from shared.events import Disposition, DocumentReading, MailRead, PagesRead, PartFate
from shared.outbox import DeadLetterRow
from shared.tokens import token_source

BATCH = 200
ASKED = 20
"""How many untaken messages of a folder are asked when they came."""


class MailState(StrEnum):
    """How far a mail has come in intake."""

    WAITING = "waiting"
    """It will be read by itself."""
    DEAD = "dead"
    """Reading it was given up: `handslag dead-letters`."""
    READ = "read"


@dataclass(frozen=True)
class PartAccount:
    """One part of a mail, and what became of it."""

    index: int
    filename: str
    digest: str | None
    fate: PartFate
    reason: str
    documents: tuple[str, ...]
    """The documents that were read from it."""


@dataclass(frozen=True)
class MailAccount:
    """One mail that a server or a door of ours ever acknowledged."""

    mail_id: str
    digest: str
    mailbox: str
    door: str
    received_at: datetime
    locations: tuple[str, ...]
    """Where it was seen: `account folder UIDVALIDITY/UID`."""
    state: MailState
    disposition: Disposition | None
    rule: str
    parts: tuple[PartAccount, ...]
    faults: tuple[str, ...]
    """What breaks the proof; empty for a mail that is whole."""


def accounts(database: Database, archive: Archive) -> Iterator[MailAccount]:
    """Yield every mail in the ledger, mailbox by mailbox; each original is hashed again."""
    after: tuple[str, str] = ("", "")
    while True:
        with database.read() as session:
            mails = _batch(session, after)
            found = [_account(session, mail, archive) for mail in mails]
        yield from found
        if len(mails) < BATCH:
            return
        after = (mails[-1].mailbox, mails[-1].mail_id)


def strangers(database: Database, archive: Archive) -> list[str]:
    """The originals in the archive that no ledger row names.

    One that was written just before a crash is such until its mail is fetched again.
    """
    with database.read() as session:
        known = set(session.exec(select(MailRow.digest)))
    return sorted(digest for digest in archive.digests() if digest not in known)


@dataclass(frozen=True)
class Untaken:
    """A message on the server that the ledger does not know."""

    folder: str
    uid: int
    received_at: datetime | None
    """When the server received it, if it says; asked for the oldest of each folder only."""


@dataclass(frozen=True)
class Unnoted:
    """What a server holds that the ledger does not, and which folders would not tell."""

    messages: tuple[Untaken, ...]
    closed_folders: tuple[str, ...]
    """The server's words on each folder that it does not open."""


def not_in_ledger(database: Database, mailbox: MailboxSettings) -> Unnoted:
    """What is on the server and was never taken; mail of the last moments is there too.

    Raises MailboxUnreachable, LoginRefused, TokenRefused.
    """
    tokens = token_source(mailbox.oauth2) if mailbox.oauth2 is not None else None
    session = ImapSession.open(mailbox, tokens)
    missing: list[Untaken] = []
    closed: list[str] = []
    try:
        for folder in session.folders(mailbox.folders):
            try:
                missing += _untaken(session, folder, database, mailbox)
            except FolderUnreadable as error:
                closed.append(str(error))
    finally:
        session.close()
    return Unnoted(tuple(missing), tuple(closed))


def _untaken(
    session: ImapSession, folder: Folder, database: Database, mailbox: MailboxSettings
) -> list[Untaken]:
    selected = session.select(folder)
    with database.read() as unit:
        known = ledger.known_uids(unit, mailbox.place.account, folder.name, selected.uidvalidity)
    return [
        Untaken(folder.name, uid, session.arrived_at(uid) if place < ASKED else None)
        for place, uid in enumerate(sorted(session.uids() - known))
    ]


def _batch(session: Session, after: tuple[str, str]) -> Sequence[MailRow]:
    mailbox, mail_id = after
    return session.exec(
        select(MailRow)
        .where(
            (col(MailRow.mailbox) > mailbox)
            | ((col(MailRow.mailbox) == mailbox) & (col(MailRow.mail_id) > mail_id))
        )
        .order_by(col(MailRow.mailbox), col(MailRow.mail_id))
        .limit(BATCH)
    ).all()


def _account(session: Session, mail: MailRow, archive: Archive) -> MailAccount:
    places = session.exec(select(LocationRow).where(LocationRow.mail_id == mail.mail_id)).all()
    row = session.get(ReadingRow, mail.mail_id)
    read = MailRead.model_validate_json(row.body) if row is not None else None
    parts = _parts(read) if read is not None else ()
    faults = _original_faults(mail, archive)
    if read is not None:
        faults += _reading_faults(read, parts)
        faults += _image_faults([*read.documents, *_reread(session, mail)], archive)
    state = MailState.READ if read is not None else MailState.WAITING
    if read is None and _is_dead(session, mail.mail_id):
        state = MailState.DEAD
        faults.append("reading it was given up; see `handslag dead-letters list`")
    return MailAccount(
        mail_id=mail.mail_id,
        digest=mail.digest,
        mailbox=mail.mailbox,
        door=mail.door,
        received_at=mail.received_at,
        locations=tuple(
            f"{place.account} {place.folder} {place.uidvalidity}/{place.uid}" for place in places
        ),
        state=state,
        disposition=read.disposition if read is not None else None,
        rule=read.disposition_reason if read is not None else "",
        parts=parts,
        faults=tuple(faults),
    )


def _parts(read: MailRead) -> tuple[PartAccount, ...]:
    return tuple(
        PartAccount(
            index=part.index,
            filename=part.filename,
            digest=part.digest,
            fate=part.fate,
            reason=part.reason,
            documents=tuple(
                document.document_id for document in read.documents if part.index in document.parts
            ),
        )
        for part in read.parts
    )


def _original_faults(mail: MailRow, archive: Archive) -> list[str]:
    try:
        archive.get(mail.digest)
    except NotInArchive:
        return ["its original is not in the archive"]
    except DamagedInArchive:
        return ["its original is damaged in the archive"]
    return []


def _reread(session: Session, mail: MailRow) -> list[DocumentReading]:
    """The documents that came of pages that somebody arranged."""
    rows = session.exec(select(RereadRow).where(RereadRow.mail_id == mail.mail_id)).all()
    return [one for row in rows for one in PagesRead.model_validate_json(row.body).documents]


def _reading_faults(read: MailRead, parts: Sequence[PartAccount]) -> list[str]:
    """Whether each part has one fate, and each document its reading."""
    faults = []
    if [part.index for part in parts] != list(range(len(parts))):
        faults.append("its parts are not numbered from 0 without gaps")
    examined = read.disposition in (Disposition.ANSWERS, Disposition.NEED)
    for part in parts:
        if part.fate is PartFate.SKIPPED and not part.reason:
            faults.append(f"part {part.index} was skipped without a reason")
        if examined and part.fate is PartFate.DOCUMENT and not part.documents:
            faults.append(f"part {part.index} is a document that nobody read")
    return faults


def _image_faults(documents: Sequence[DocumentReading], archive: Archive) -> list[str]:
    return [
        f"the image of page {page.number} of {document.document_id} is gone"
        for document in documents
        for page in document.pages
        if page.image is not None and not archive.has(page.image, Area.DERIVED)
    ]


def _is_dead(session: Session, mail_id: str) -> bool:
    return (
        session.exec(
            select(DeadLetterRow.number).where(
                DeadLetterRow.mail_id == mail_id, col(DeadLetterRow.retried_at).is_(None)
            )
        ).first()
        is not None
    )
