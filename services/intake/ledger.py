"""The ledger: what has arrived, where it was seen, and what is still to be settled there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import literal, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, select

from services.intake.tables import IntakeTable, LocationRow, MailRow
from shared import outbox
from shared.consumers import READ
from shared.events import MailArchived, MailboxRole
from shared.identifiers import mail_id_of
from shared.outbox import DeadLetterRow


@dataclass(frozen=True)
class Place:
    """How IMAP names one message: the four parts are unique together, a UID alone is not."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True)
class Arrival:
    """What the door knows of a mail that its bytes do not say."""

    mailbox: str
    role: MailboxRole
    door: str
    received_at: datetime
    junk: bool = False
    return_path: str | None = None
    place: Place | None = None


class Entry(StrEnum):
    """What a mail was to the ledger when it came."""

    NEW = "mail_kept"
    NOT_JUNK = "mail_no_longer_junk"
    """Known, but so far seen only where junk lies: somebody has moved it from there."""
    KNOWN = "mail_known_already"


def record(session: Session, digest: str, size_bytes: int, arrival: Arrival) -> Entry:
    """Enter a mail whose original is in the archive, and where it was seen.

    A mail that is new is announced by MailArchived in the same transaction, and once more when
    it is first seen outside of the junk. Otherwise the same bytes seen again, in the same place
    or another, change nothing but that the place is noted.
    """
    mail_id = mail_id_of(digest)
    new = _insert_if_new(
        session,
        MailRow,
        {
            "mail_id": mail_id,
            "digest": digest,
            "size_bytes": size_bytes,
            "mailbox": arrival.mailbox,
            "role": arrival.role.value,
            "junk": arrival.junk,
            "door": arrival.door,
            "return_path": arrival.return_path,
            "received_at": arrival.received_at,
            "archived_at": outbox.now(),
            "read_at": None,
        },
    )
    entry = Entry.NEW if new else Entry.KNOWN
    if not new and not arrival.junk and _clear_junk(session, mail_id):
        entry = Entry.NOT_JUNK
    if entry is not Entry.KNOWN:
        mail = session.get_one(MailRow, mail_id, populate_existing=True)
        outbox.emit(session, announcement(mail))
    if arrival.place is not None:
        place = arrival.place
        _insert_if_new(
            session,
            LocationRow,
            {
                "account": place.account,
                "folder": place.folder,
                "uidvalidity": place.uidvalidity,
                "uid": place.uid,
                "mail_id": mail_id,
                "seen_at": outbox.now(),
                "settled_at": None,
            },
        )
    return entry


def announcement(mail: MailRow) -> MailArchived:
    """The event that has a mail read; a new one each time, so that it is read once more."""
    return MailArchived(
        occurred_at=outbox.now(),
        mail_id=mail.mail_id,
        digest=mail.digest,
        size_bytes=mail.size_bytes,
        mailbox=mail.mailbox,
        role=MailboxRole(mail.role),
        junk=mail.junk,
        received_at=mail.received_at,
        return_path=mail.return_path,
    )


def replay(session: Session, mail_id: str) -> bool:
    """Have a mail read once more. Returns False if there is no such mail."""
    mail = session.get(MailRow, mail_id)
    if mail is None:
        return False
    outbox.emit(session, announcement(mail))
    return True


def archived(
    session: Session, *, since: datetime | None = None, mail_id: str | None = None
) -> list[MailArchived]:
    """What would be announced of the mails that came since then, or of one, as they arrived."""
    chosen = select(MailRow).order_by(col(MailRow.received_at), col(MailRow.mail_id))
    if since is not None:
        chosen = chosen.where(col(MailRow.received_at) >= since)
    if mail_id is not None:
        chosen = chosen.where(col(MailRow.mail_id) == mail_id)
    return [announcement(mail) for mail in session.exec(chosen)]


def known_uids(session: Session, account: str, folder: str, uidvalidity: int) -> set[int]:
    """The UIDs of a folder that are in the ledger, under its present UIDVALIDITY."""
    return set(
        session.exec(
            select(LocationRow.uid).where(
                LocationRow.account == account,
                LocationRow.folder == folder,
                LocationRow.uidvalidity == uidvalidity,
            )
        )
    )


def unsettled_uids(session: Session, account: str, folder: str, uidvalidity: int) -> list[int]:
    """The UIDs whose mail is kept, but which are not yet moved or flagged on the server."""
    return list(
        session.exec(
            select(LocationRow.uid)
            .where(
                LocationRow.account == account,
                LocationRow.folder == folder,
                LocationRow.uidvalidity == uidvalidity,
                col(LocationRow.settled_at).is_(None),
            )
            .order_by(col(LocationRow.uid))
        )
    )


def one_is_to_be_read(session: Session) -> bool:
    """Whether a mail waits to be read; one whose reading was given up waits no more."""
    given_up = select(DeadLetterRow.mail_id).where(
        col(DeadLetterRow.mail_id).is_not(None),
        DeadLetterRow.consumer == READ.durable,
        col(DeadLetterRow.retried_at).is_(None),
    )
    waiting = (
        select(MailRow.mail_id)
        .where(col(MailRow.read_at).is_(None), col(MailRow.mail_id).not_in(given_up))
        .limit(1)
    )
    return session.exec(waiting).first() is not None


def settle(
    session: Session, account: str, folder: str, uidvalidity: int, uids: Sequence[int]
) -> None:
    """Note that these messages are moved or flagged, or gone from the folder."""
    session.connection().execute(
        update(LocationRow)
        .where(
            col(LocationRow.account) == account,
            col(LocationRow.folder) == folder,
            col(LocationRow.uidvalidity) == uidvalidity,
            col(LocationRow.uid).in_(uids),
            col(LocationRow.settled_at).is_(None),
        )
        .values(settled_at=outbox.now())
    )


def settle_former_uids(session: Session, account: str, folder: str, uidvalidity: int) -> None:
    """Note that UIDs of a former UIDVALIDITY name nothing any more; a rescan finds the mails."""
    session.connection().execute(
        update(LocationRow)
        .where(
            col(LocationRow.account) == account,
            col(LocationRow.folder) == folder,
            col(LocationRow.uidvalidity) != uidvalidity,
            col(LocationRow.settled_at).is_(None),
        )
        .values(settled_at=outbox.now())
    )


def _clear_junk(session: Session, mail_id: str) -> bool:
    """Note that a mail is not junk. Returns False if that was known: of two, one is first."""
    statement = (
        update(MailRow)
        .where(col(MailRow.mail_id) == mail_id, col(MailRow.junk).is_(True))
        .values(junk=False)
        .returning(col(MailRow.mail_id))
    )
    return session.connection().execute(statement).first() is not None


def _insert_if_new(session: Session, table: type[IntakeTable], row: dict[str, object]) -> bool:
    connection = session.connection()
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(table).values(**row).on_conflict_do_nothing().returning(literal(1))
    return connection.execute(statement).first() is not None
