"""One thread a mailbox: holds its lease, keeps a connection, and says how it fares."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from services.intake import lease
from services.intake.mail.imap import Folder, FolderUnreadable, ImapSession
from services.intake.receive import FolderReceiver, Receiver
from services.intake.settings import MailboxSettings
from shared.database import Database
from shared.errors import HandslagError, WrongSetting
from shared.telemetry import Metrics
from shared.tokens import TokenSource, token_source

FIRST_BACK_OFF_S: Final = 1.0
LONGEST_BACK_OFF_S: Final = 60.0
STANDBY_S: Final = 5.0
SILENCE_S: Final = 180.0

LAST_CONTACT = Metrics.gauge(
    "handslag_mailbox_last_contact_timestamp_seconds", "When it was last looked into", ["mailbox"]
)
STUBBORN = Metrics.gauge(
    "handslag_mailbox_unreadable_messages", "Messages the server does not hand out", ["mailbox"]
)
log = structlog.get_logger()


@dataclass(frozen=True)
class FetcherState:
    """How the fetching of one mailbox fares."""

    fault: str = ""
    last_contact: datetime | None = None
    last_fault: str = ""
    """The last one since the start, mended or not."""
    last_fault_at: datetime | None = None
    standby: bool = False
    """Another process fetches it."""


class MailboxFetcher:
    """Fetches one mailbox in a thread of its own until stopped."""

    def __init__(
        self, mailbox: MailboxSettings, receiver: Receiver, database: Database, holder: str
    ) -> None:
        """`holder` names this process among all that may hold the mailbox's lease."""
        self.mailbox = mailbox
        self._database = database
        self._holder = holder
        self._stop = threading.Event()
        self._held_until = 0.0
        self._folders = FolderReceiver(mailbox, receiver, database, self._may_carry_on)
        self._fault: str | None = None
        self._last_contact_at: float | None = None
        self._last_contact: datetime | None = None
        self._last_fault: tuple[str, datetime] | None = None
        self._standby = False
        self._missing_folders: list[str] = []
        self._closed_folders: list[str] = []
        self._tokens: TokenSource | None = None
        self._thread = threading.Thread(target=self._run, name=f"fetch {mailbox.address}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop at the next safe point."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait until it has stopped; returns whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def check(self) -> str | None:
        """What is wrong with this mailbox, in one line, or None."""
        if self._fault is not None:
            return self._fault
        if self._standby:
            return None
        if self._tokens is not None and self._tokens.fault is not None:
            return self._tokens.fault
        if self._folders.stubborn:
            return f"{self._folders.stubborn} messages that the server does not hand out"
        if self._folders.settling_fault is not None:
            return self._folders.settling_fault
        if self._closed_folders:
            return f"cannot be opened: {'; '.join(self._closed_folders)}"
        if self._missing_folders:
            return f"no such folder: {', '.join(self._missing_folders)}"
        if self._last_contact_at is not None:
            silent_s = time.monotonic() - self._last_contact_at
            if silent_s > self.mailbox.poll_s + SILENCE_S:
                return f"not looked into for {silent_s:.0f} s"
        return None

    def state(self) -> FetcherState:
        """How it fares."""
        last, at = self._last_fault or ("", None)
        return FetcherState(self.check() or "", self._last_contact, last, at, self._standby)

    def _run(self) -> None:
        with structlog.contextvars.bound_contextvars(mailbox=self.mailbox.address):
            back_off_s = FIRST_BACK_OFF_S
            while not self._stop.is_set():
                began_at = time.monotonic()
                try:
                    self._work()
                except HandslagError as error:
                    self._note_fault(f"{error.code}: {error}")
                    log.warning("mailbox_fault", code=error.code, error=str(error),
                                remedy=error.remedy)  # fmt: skip
                except Exception as error:
                    self._note_fault(f"{type(error).__name__}: {error}")
                    log.exception("mailbox_fault_unexpected")
                else:
                    back_off_s = FIRST_BACK_OFF_S
                    continue
                if time.monotonic() - began_at > LONGEST_BACK_OFF_S:
                    back_off_s = FIRST_BACK_OFF_S
                self._stop.wait(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
            self._give_back()

    def _work(self) -> None:
        """Hold the lease and a connection, and keep the folders up to date."""
        if not self._hold():
            self._standby, self._fault = True, None
            self._stop.wait(STANDBY_S)
            return
        self._standby = False
        self._folders.forget()
        self._tokens = self._tokens or _tokens_of(self.mailbox)
        session = ImapSession.open(self.mailbox, self._tokens)
        try:
            while self._may_carry_on():
                first = session.select(self._look_through(session))
                # What came after the look would not be told of while waiting.
                if not self._folders.has_new(session, first):
                    session.wait(self.mailbox.poll_s, self._interrupted)
                if self._tokens is not None:
                    self._tokens.renew_if_due()
        finally:
            session.close()

    def _look_through(self, session: ImapSession) -> Folder:
        """Bring every folder up to date; returns the one to listen to.

        A folder that cannot be opened does not keep those after it waiting.
        """
        folders = session.folders(self.mailbox.folders)
        if not folders:
            raise WrongSetting(
                f"{self.mailbox.address}: none of its folders exists: "
                f"{', '.join(self.mailbox.folders)}",
                remedy="Correct `folders` of the mailbox in HANDSLAG_INTAKE__MAILBOXES.",
            )
        found = {folder.name.lower() for folder in folders}
        self._missing_folders = [name for name in self.mailbox.folders if name.lower() not in found]
        opened: list[Folder] = []
        closed: list[FolderUnreadable] = []
        for folder in folders:
            if not self._may_carry_on():
                break
            try:
                selected = session.select(folder)
            except FolderUnreadable as error:
                closed.append(error)
                continue
            self._folders.drain(session, selected)
            opened.append(folder)
        self._note_closed(closed)
        if closed and not opened:
            raise closed[0]
        self._fault = None
        self._last_contact_at = time.monotonic()
        self._last_contact = datetime.now(UTC)
        LAST_CONTACT.labels(self.mailbox.address).set(self._last_contact.timestamp())
        STUBBORN.labels(self.mailbox.address).set(self._folders.stubborn)
        return (opened or folders)[0]

    def _note_fault(self, fault: str) -> None:
        self._fault = fault
        self._last_fault = (fault, datetime.now(UTC))

    def _note_closed(self, closed: Sequence[FolderUnreadable]) -> None:
        """Show which folders could not be opened; log it when that changes."""
        faults = [str(error) for error in closed]
        if faults != self._closed_folders:
            log.warning("folders_cannot_be_opened", folders=faults)
        self._closed_folders = faults

    def _may_carry_on(self) -> bool:
        return not self._stop.is_set() and self._hold()

    def _interrupted(self) -> bool:
        return not self._may_carry_on()

    def _hold(self) -> bool:
        """Take or prolong the lease, when a third of it has gone."""
        if time.monotonic() < self._held_until:
            return True
        with self._database.write() as unit:
            held = lease.hold(unit, self.mailbox.address, self._holder)
        self._held_until = time.monotonic() + lease.LEASE_S / 3 if held else 0.0
        if not held:
            log.info("mailbox_is_fetched_by_another")
        return held

    def _give_back(self) -> None:
        try:
            with self._database.write() as unit:
                lease.release(unit, self.mailbox.address, self._holder)
        except HandslagError as error:
            log.warning("lease_not_released", error=str(error))


class FaultyMailbox:
    """Stands in for a mailbox that cannot be fetched by its settings; the others go on."""

    def __init__(self, mailbox: MailboxSettings, error: WrongSetting) -> None:
        self.mailbox = mailbox
        self._error = error

    def start(self) -> None:
        log.error(
            "mailbox_cannot_be_fetched",
            mailbox=self.mailbox.address,
            code=self._error.code,
            error=str(self._error),
            remedy=self._error.remedy,
        )

    def stop(self) -> None:
        """There is nothing to stop."""

    def join(self, timeout_s: float) -> bool:
        return True

    def check(self) -> str | None:
        return f"{self._error} {self._error.remedy}"

    def state(self) -> FetcherState:
        """It never gets anywhere."""
        return FetcherState(self.check() or "")


def fetcher_for(
    number: int, mailbox: MailboxSettings, receiver: Receiver, database: Database, holder: str
) -> MailboxFetcher | FaultyMailbox:
    """Return what fetches the mailbox, or what shows why nothing does.

    `number` is the mailbox's place in the setting, from 0, to name it in the message.
    """
    if mailbox.password is None and mailbox.oauth2 is None:
        return FaultyMailbox(
            mailbox,
            WrongSetting(
                f"HANDSLAG_INTAKE__MAILBOXES: {mailbox.address} (number {number + 1}) "
                "has neither password nor oauth2.",
                remedy="Give one of them, and restart intake.",
            ),
        )
    return MailboxFetcher(mailbox, receiver, database, holder)


def _tokens_of(mailbox: MailboxSettings) -> TokenSource | None:
    return token_source(mailbox.oauth2) if mailbox.oauth2 is not None else None
