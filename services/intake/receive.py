"""Flow 1, receive: the order of these steps is the promise that nothing is lost.

    keep the original (on disk when `put` returns)
    → ledger row and MailArchived, in one transaction
    → only then tell the sender's server 250, or move the message in its folder.

A crash between two steps repeats the step: the archive knows the digest, the ledger knows the
digest and the place, and what is kept but not yet moved is found in the ledger.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog

from services.intake import ledger
from services.intake.ledger import Arrival, Entry, Place
from services.intake.mail.imap import (
    ImapSession,
    MailboxUnreachable,
    Message,
    MessageUnreadable,
    Selected,
)
from services.intake.settings import MailboxSettings
from shared.archive import Archive
from shared.database import Database
from shared.failpoint import failpoint
from shared.identifiers import mail_id_of
from shared.telemetry import Metrics, about_mail

SETTLE_BATCH = 20
BREAKS_ALLOWED = 2
"""Some servers hang up over a message they cannot hand out; more breaks than this are its fault."""
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0

RECEIVED = Metrics.counter("handslag_mails_received", "Mails kept", ["door", "mailbox"])
RECEIVED_BYTES = Metrics.counter("handslag_mail_bytes_received", "Bytes of the mails kept")
log = structlog.get_logger()


class Receiver:
    """Takes in one mail, from whatever door."""

    def __init__(self, archive: Archive, database: Database, stir: Callable[[], None]) -> None:
        """`stir` is called, from any thread, when the outbox has something new."""
        self._archive = archive
        self._database = database
        self._stir = stir

    def receive(self, data: bytes, arrival: Arrival) -> str:
        """Keep a mail and announce it; when this returns, it is safe. Returns its identifier.

        Raises ArchiveUnavailable and DatabaseUnavailable: then nothing may be promised.
        """
        digest = self._archive.put(data)
        failpoint("receive.archived")
        with self._database.write() as session:
            entry = ledger.record(session, digest, len(data), arrival)
        failpoint("receive.recorded")
        mail_id = mail_id_of(digest)
        if entry is not Entry.KNOWN:
            self._stir()
        if entry is Entry.NEW:
            RECEIVED.labels(arrival.door, arrival.mailbox).inc()
            RECEIVED_BYTES.inc(len(data))
        with about_mail(mail_id):
            log.info(
                entry.value,
                door=arrival.door,
                mailbox=arrival.mailbox,
                size_bytes=len(data),
            )
        return mail_id


@dataclass
class _Stubborn:
    """A message that could not be fetched: it waits, and does not hold up the others."""

    tries: int = 0
    breaks: int = 0
    next_try_at: float = 0.0

    def failed(self) -> None:
        pause_s = min(FIRST_PAUSE_S * 2**self.tries, LONGEST_PAUSE_S)
        self.tries += 1
        self.next_try_at = time.monotonic() + pause_s

    def broke(self) -> None:
        """The connection broke while it was fetched: by chance, or because of it."""
        self.breaks += 1
        if self.breaks > BREAKS_ALLOWED:
            self.failed()


@dataclass
class FolderReceiver:
    """Brings one account's folders up to date with the ledger."""

    mailbox: MailboxSettings
    receiver: Receiver
    database: Database
    carry_on: Callable[[], bool]
    """Asked between messages: False ends the work early, at a safe point."""
    settling_fault: str | None = None
    _troubles: dict[Place, _Stubborn] = field(default_factory=dict)
    _known: dict[tuple[str, int], set[int]] = field(default_factory=dict)

    @property
    def stubborn(self) -> int:
        """How many messages the server does not hand out."""
        return sum(trouble.tries > 0 for trouble in self._troubles.values())

    def forget(self) -> None:
        """Read the ledger anew: another host may have fetched in the meantime."""
        self._known.clear()

    def drain(self, session: ImapSession, selected: Selected) -> None:
        """Receive what is new in the selected folder, then move or mark what is kept."""
        known = self._known_uids(selected)
        self._settle(session, selected, self._left_unsettled(selected))
        kept: list[int] = []
        for uid, message in self._new_messages(session, selected):
            failpoint("receive.fetched")
            self.receiver.receive(message.data, self._arrival(selected, uid, message))
            known.add(uid)
            kept.append(uid)
            if len(kept) >= SETTLE_BATCH:
                self._settle(session, selected, kept)
                kept = []
        self._settle(session, selected, kept)

    def has_new(self, session: ImapSession, selected: Selected) -> bool:
        """Tell whether the selected folder has something to receive now."""
        return bool(self._to_fetch(session, selected))

    def _to_fetch(self, session: ImapSession, selected: Selected) -> list[int]:
        if selected.messages == 0:
            return []
        new = session.uids() - self._known_uids(selected)
        moment = time.monotonic()
        waiting = {
            place.uid
            for place, trouble in self._troubles.items()
            if moment < trouble.next_try_at and place == self._place(selected, place.uid)
        }
        return sorted(new - waiting)

    def _new_messages(
        self, session: ImapSession, selected: Selected
    ) -> Iterator[tuple[int, Message]]:
        for uid in self._to_fetch(session, selected):
            if not self.carry_on():
                return
            place = self._place(selected, uid)
            try:
                message = session.fetch(uid)
            except MessageUnreadable as error:
                self._troubles.setdefault(place, _Stubborn()).failed()
                log.error("message_unreadable", folder=place.folder, uid=uid, error=str(error))
                continue
            except MailboxUnreachable:
                self._troubles.setdefault(place, _Stubborn()).broke()
                raise
            self._troubles.pop(place, None)
            if message is not None:
                yield uid, message

    def _settle(self, session: ImapSession, selected: Selected, uids: list[int]) -> None:
        """Move or mark on the server, then note that; a server that says no is asked again."""
        if not uids:
            return
        try:
            session.settle(selected, uids, self.mailbox.done_folder)
        except MessageUnreadable as error:
            self.settling_fault = str(error)
            log.warning("not_settled", folder=selected.folder.name, error=str(error))
            return
        self.settling_fault = None
        failpoint("receive.moved")
        with self.database.write() as unit:
            ledger.settle(unit, self._account, selected.folder.name, selected.uidvalidity, uids)
        failpoint("receive.settled")

    def _left_unsettled(self, selected: Selected) -> list[int]:
        with self.database.read() as unit:
            return ledger.unsettled_uids(
                unit, self._account, selected.folder.name, selected.uidvalidity
            )

    def _known_uids(self, selected: Selected) -> set[int]:
        name, uidvalidity = selected.folder.name, selected.uidvalidity
        if (name, uidvalidity) not in self._known:
            with self.database.write() as unit:
                ledger.settle_former_uids(unit, self._account, name, uidvalidity)
                known = ledger.known_uids(unit, self._account, name, uidvalidity)
            self._known[name, uidvalidity] = known
        return self._known[name, uidvalidity]

    def _arrival(self, selected: Selected, uid: int, message: Message) -> Arrival:
        return Arrival(
            mailbox=self.mailbox.address,
            role=self.mailbox.role,
            door="imap",
            received_at=message.received_at,
            junk=selected.folder.junk,
            place=self._place(selected, uid),
        )

    def _place(self, selected: Selected, uid: int) -> Place:
        return Place(self._account, selected.folder.name, selected.uidvalidity, uid)

    @property
    def _account(self) -> str:
        return self.mailbox.place.account
