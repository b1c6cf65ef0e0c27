"""One logged-in IMAP connection. The only module that knows imapclient.

Searches go by UID only: imapclient does not escape search criteria. Nothing here deletes a mail:
what leaves a folder has been copied by the server to the folder for finished mail first.
"""

import contextlib
import io
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
    ProtocolError,
)

from services.intake.settings import MailboxSettings
from shared.errors import Transient, WrongSetting
from shared.tokens import TokenSource

CONNECT_TIMEOUT_S = 20.0
READ_TIMEOUT_S = 60.0
CHUNK_BYTES = 2 * 1024 * 1024
KEPT_KEYWORD = b"HandslagKept"
LOOK_UP_S = 0.5
JUNK_NAMES = frozenset(
    {"junk", "spam", "junk email", "junk e-mail", "skräppost", "skräp", "bulk mail"}
)


class MailboxUnreachable(Transient):
    """The server does not answer, or the connection broke."""

    code = "mailbox_unreachable"
    remedy = "Check the mailbox's imap address and that its server answers; it is tried again."


class LoginRefused(Transient):
    """The server refuses the user, the password or the token."""

    code = "login_refused"
    remedy = "Check the mailbox's user, password or oauth2 settings; it is tried again."


class MessageUnreadable(Transient):
    """The server does not hand out one message; the others are not concerned."""

    code = "message_unreadable"
    remedy = "Open the message in a mail program; it is tried again at every look."


class FolderUnreadable(Transient):
    """The server does not open one folder; the others are not concerned."""

    code = "folder_unreadable"
    remedy = "Check the folder and the account's rights to it; it is tried again at every look."


@dataclass(frozen=True)
class Folder:
    name: str
    junk: bool


@dataclass(frozen=True)
class Selected:
    """A folder as it was when it was opened."""

    folder: Folder
    uidvalidity: int
    messages: int
    takes_keywords: bool


@dataclass(frozen=True)
class Message:
    """A message's exact bytes, and when the server received it."""

    data: bytes
    received_at: datetime


class ImapSession:
    """One connection, logged in. Every method may raise MailboxUnreachable."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client

    @classmethod
    def open(cls, mailbox: MailboxSettings, tokens: TokenSource | None) -> Self:
        """Connect and log in. Raises LoginRefused, WrongSetting, TokenRefused."""
        place = mailbox.place
        context = _tls(mailbox)
        try:
            client = IMAPClient(
                place.host,
                place.port,
                ssl=place.scheme == "imaps",
                ssl_context=context,
                timeout=SocketTimeout(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            )
        except (OSError, IMAPClientError) as error:
            raise MailboxUnreachable(f"{place.host}:{place.port}: {error}") from error
        # Naive local times would be wrong in the night when the clocks go back.
        client.normalise_times = False
        session = cls(client)
        try:
            with _broken(place.host):
                if place.scheme == "imap+starttls":
                    client.starttls(context)
                session._log_in(mailbox, tokens)
        except BaseException:
            session.close()
            raise
        return session

    def _log_in(self, mailbox: MailboxSettings, tokens: TokenSource | None) -> None:
        user = mailbox.place.user
        try:
            if tokens is not None:
                self._client.oauth2_login(user, tokens.token())
            elif mailbox.password is not None:
                password = mailbox.password.get_secret_value()
                if self._client.has_capability("AUTH=PLAIN"):
                    self._client.plain_login(user, password)
                else:
                    self._client.login(user, password)
        except LoginError as error:
            raise LoginRefused(f"{user}: {_text(error)}") from error

    def close(self) -> None:
        """Leave, politely if the connection still works."""
        try:
            self._client.logout()
        except Exception:
            with contextlib.suppress(Exception):
                self._client.shutdown()

    def folders(self, wanted: Sequence[str]) -> list[Folder]:
        """The folders to fetch from: those wanted that exist, else INBOX and the junk folders."""
        with _broken():
            listed = self._client.list_folders()
        found = {
            str(name): Folder(
                str(name),
                junk=b"\\Junk" in flags or _leaf(str(name), delimiter) in JUNK_NAMES,
            )
            for flags, delimiter, name in listed
            if b"\\Noselect" not in flags and b"\\NonExistent" not in flags
        }
        by_lower = {name.lower(): folder for name, folder in found.items()}
        if wanted:
            return [by_lower[name.lower()] for name in wanted if name.lower() in by_lower]
        inbox = by_lower.get("inbox", Folder("INBOX", junk=False))
        return [inbox, *(folder for folder in found.values() if folder.junk)]

    def select(self, folder: Folder) -> Selected:
        """Open a folder for reading and for settling. Raises FolderUnreadable."""
        try:
            with _broken():
                answer = self._client.select_folder(folder.name)
        except (IMAPClientError, ProtocolError) as error:
            raise FolderUnreadable(f"{folder.name}: {_text(error)}") from error
        if b"UIDVALIDITY" not in answer or b"EXISTS" not in answer:
            raise FolderUnreadable(f"{folder.name}: the server does not say what is in it")
        flags = answer.get(b"PERMANENTFLAGS", ())
        return Selected(
            folder=folder,
            uidvalidity=int(answer[b"UIDVALIDITY"]),
            messages=int(answer[b"EXISTS"]),
            takes_keywords=b"\\*" in flags or KEPT_KEYWORD in flags,
        )

    def uids(self) -> set[int]:
        """The UIDs of all messages in the selected folder."""
        with _broken():
            return {int(uid) for uid in self._client.search("ALL")}

    def arrived_at(self, uid: int) -> datetime | None:
        """Return when the server received a message, or None if it is gone or does not say."""
        items = self._fetch_items(uid, ["INTERNALDATE"])
        moment = items.get(b"INTERNALDATE") if items is not None else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None

    def fetch(self, uid: int) -> Message | None:
        """Return a message without marking it as read, or None if it is gone.

        It is fetched in pieces until one comes short; what the server says of its size is not
        trusted. Raises MessageUnreadable.
        """
        whole = io.BytesIO()
        received_at: datetime | None = None
        while True:
            offset = whole.tell()
            items = self._fetch_items(uid, ["INTERNALDATE", f"BODY.PEEK[]<{offset}.{CHUNK_BYTES}>"])
            if items is None:
                return None
            if received_at is None:
                received_at = items.get(b"INTERNALDATE")
            piece = items.get(f"BODY[]<{offset}>".encode())
            if piece is None and offset == 0:
                raise MessageUnreadable(f"UID {uid}: the server gave no content")
            whole.write(piece or b"")
            if len(piece or b"") < CHUNK_BYTES:
                break
        if received_at is None or received_at.tzinfo is None:
            raise MessageUnreadable(f"UID {uid}: the server gave no date of arrival")
        return Message(whole.getvalue(), received_at.astimezone(UTC))

    def _fetch_items(self, uid: int, items: list[str]) -> dict[bytes, Any] | None:
        try:
            with _broken():
                answer: dict[int, dict[bytes, Any]] = self._client.fetch([uid], items)
        except (IMAPClientError, ProtocolError, ValueError) as error:
            raise MessageUnreadable(f"UID {uid}: {_text(error)}") from error
        return answer.get(uid)

    def settle(self, selected: Selected, uids: Sequence[int], done_folder: str | None) -> None:
        """Show on the server that these messages are kept: moved, or marked by a keyword.

        Raises IMAPClientError's text as MessageUnreadable where the server says no.
        """
        try:
            with _broken():
                if done_folder is not None and self._move(uids, done_folder):
                    return
                if selected.takes_keywords:
                    self._client.add_flags(uids, [KEPT_KEYWORD], silent=True)
        except (IMAPClientError, ProtocolError) as error:
            raise MessageUnreadable(f"cannot be moved or marked: {_text(error)}") from error

    def _move(self, uids: Sequence[int], folder: str) -> bool:
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if self._client.has_capability("MOVE"):
            self._client.move(uids, folder)
            return True
        if not self._client.has_capability("UIDPLUS"):
            # A bare EXPUNGE would take what others have marked as deleted.
            return False
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [b"\\Deleted"], silent=True)
        self._client.uid_expunge(uids)
        return True

    def wait(self, seconds: float, until: Callable[[], bool]) -> None:
        """Wait for something to happen in the selected folder, at most so long.

        Returns early when `until` says so. Without IDLE this is only a pause.
        """
        end = time.monotonic() + seconds
        with _broken():
            may_listen = self._client.has_capability("IDLE")
        if not may_listen:
            while time.monotonic() < end and not until():
                time.sleep(min(LOOK_UP_S, max(0.0, end - time.monotonic())))
            with _broken():
                self._client.noop()
            return
        with _broken():
            self._client.idle()
            try:
                while time.monotonic() < end and not until():
                    pause_s = min(LOOK_UP_S, max(0.0, end - time.monotonic()))
                    if any(_tells_of_mail(told) for told in self._client.idle_check(pause_s)):
                        break
            finally:
                self._client.idle_done()


def _tells_of_mail(told: Any) -> bool:
    return isinstance(told, tuple) and len(told) > 1 and told[1] in (b"EXISTS", b"RECENT")


@contextlib.contextmanager
def _broken(host: str = "") -> Iterator[None]:
    """Translate what means that the connection is no longer usable."""
    try:
        yield
    except (IMAPClientAbortError, OSError, EOFError) as error:
        where = f"{host}: " if host else ""
        raise MailboxUnreachable(f"{where}{_text(error)}") from error


def _tls(mailbox: MailboxSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if mailbox.ca_file is not None:
        try:
            context.load_verify_locations(mailbox.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise WrongSetting(
                f"{mailbox.address}: ca_file {mailbox.ca_file}: {error}",
                remedy="Give a file with certificates in PEM form.",
            ) from error
    return context


def _leaf(name: str, delimiter: bytes | None) -> str:
    return (name.rpartition(delimiter.decode())[2] if delimiter else name).lower()


def _text(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
