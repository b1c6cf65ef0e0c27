"""Accounts and server-side sessions: the browser holds a random token, we its digest."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count

import structlog
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import Select

from services.registry.eventlog import note
from services.registry.settings import WebSection
from services.registry.tables import LoginSession, Role, UserAccount
from services.registry.web.oidc import Identity
from services.registry.web.passwords import hash_password, is_right
from services.registry.web.roles import PERMISSIONS, Permission
from services.registry.web.throttle import Throttle
from shared.database import Database
from shared.identifiers import digest_of

log = structlog.get_logger()

_SEEN_EVERY = timedelta(minutes=1)
"""A session's last sign of life is written no more often than this."""
_TRIES = 20
"""Of those who come at once, at least one gets in at each try."""


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in."""

    name: str
    role: Role
    csrf_token: str
    must_change_password: bool
    is_local: bool
    """Has a password here; a provider's person has none."""

    def may(self, permission: Permission) -> bool:
        """Tell whether the role allows it; with a first password, only to change that."""
        if self.must_change_password and permission is not Permission.SIGNED_IN:
            return False
        return permission in PERMISSIONS[self.role]


@dataclass(frozen=True)
class LoggedIn:
    """`token` is what the browser's cookie shall hold."""

    token: str
    must_change_password: bool


@dataclass(frozen=True)
class WrongPassword:
    """No such account, or not its password: which of them is not told."""


@dataclass(frozen=True)
class MustWait:
    """Too many wrong tries."""

    seconds: float


@dataclass(frozen=True)
class NotAdmitted:
    """A provider's person whom no group gives a role, or whose account is closed."""


class Accounts:
    """Log-in, log-out and the session behind a cookie. All methods block; call them in a thread."""

    def __init__(self, database: Database, settings: WebSection, throttle: Throttle) -> None:
        self._database = database
        self._settings = settings
        self._throttle = throttle

    def log_in(
        self, name: str, password: str, address: str, now: datetime
    ) -> LoggedIn | WrongPassword | MustWait:
        """Compare the password with the account's; `address` is the visitor's, for the throttle."""
        name = name.strip().casefold()
        keys = (f"address {address}", f"name {name}")
        wait_s = self._throttle.wait_s(keys)
        if wait_s:
            log.warning("login_throttled", user=name, address=address)
            return MustWait(wait_s)
        with self._database.read() as session:
            account = session.get(UserAccount, name)
        if account is not None and account.locked_until and account.locked_until > now:
            return MustWait((account.locked_until - now).total_seconds())
        local = account is not None and account.issuer is None and account.closed_at is None
        kept = account.password_hash if account is not None and local else None
        if not is_right(password, kept):
            self._throttle.failed(keys)
            self._count_failure(name, now)
            log.warning("login_failed", user=name, address=address)
            return WrongPassword()
        assert account is not None
        self._throttle.succeeded(keys)
        with self._database.write() as session:
            _forget_expired(session, now)
            fresh = session.get_one(UserAccount, name)
            fresh.failed_logins, fresh.locked_until = 0, None
            token = self._begin(session, name, now)
        log.info("logged_in", user=name)
        return LoggedIn(token, account.must_change_password)

    def admit(self, identity: Identity, role: Role | None, now: datetime) -> LoggedIn | NotAdmitted:
        """Open a session for a provider's person, with the role that the groups give today.

        The account is made at the first log-in. Who has no role any longer is logged out
        everywhere.
        """
        for _ in range(_TRIES):
            # Somebody may take the name, or the same person come twice, at the same moment.
            with suppress(IntegrityError):
                return self._admit(identity, role, now)
        return self._admit(identity, role, now)

    def person(self, token: str, now: datetime, *, by_hand: bool = True) -> Person | None:
        """Return who holds this cookie, or None if the log-in is over.

        `by_hand` is false for what a page asks by itself: that is no sign of life.
        """
        with self._database.read() as session:
            digest = digest_of(token.encode())
            found = session.exec(_who_holds(), params={"digest": digest}).first()
        if found is None:
            return None
        row, account = found
        if row.expires_at <= now or row.seen_at + self._idle <= now:
            return None
        if account.closed_at is not None:
            return None
        if by_hand and row.seen_at + _SEEN_EVERY <= now:
            with self._database.write() as session:
                seen = session.get(LoginSession, row.token_digest)
                if seen is not None:
                    seen.seen_at = now
        return Person(
            account.name,
            account.role,
            row.csrf_token,
            account.must_change_password,
            is_local=account.issuer is None,
        )

    def log_out(self, token: str) -> None:
        """End the session; the cookie is worth nothing from now on."""
        with self._database.write() as session:
            row = session.get(LoginSession, digest_of(token.encode()))
            if row is not None:
                session.delete(row)

    def change_password(self, name: str, old: str, new: str, now: datetime) -> str | None:
        """Set a new password and end all log-ins; return the token of a new one.

        Returns None if the old password is wrong.
        """
        with self._database.read() as session:
            kept = session.get_one(UserAccount, name).password_hash
        if not is_right(old, kept):
            return None
        new_hash = hash_password(new)
        with self._database.write() as session:
            account = session.get_one(UserAccount, name)
            account.password_hash = new_hash
            account.must_change_password = False
            session.exec(delete(LoginSession).where(col(LoginSession.user_name) == name))
            note(session, at=now, who=name, what="user.password_changed")
            return self._begin(session, name, now)

    @property
    def _idle(self) -> timedelta:
        return timedelta(minutes=self._settings.session_idle_minutes)

    def _admit(
        self, identity: Identity, role: Role | None, now: datetime
    ) -> LoggedIn | NotAdmitted:
        with self._database.write() as session:
            _forget_expired(session, now)
            account = _account_of(session, identity)
            if role is None or (account is not None and account.closed_at is not None):
                log.warning("login_not_admitted", issuer=identity.issuer)
                if account is not None and _end_all(session, account.name):
                    note(session, at=now, who=account.name, what="user.turned_away")
                return NotAdmitted()
            if account is None:
                account = _new_account(session, identity, role, now)
            elif account.role is not role:
                _change_role(session, account, role, now)
            token = self._begin(session, account.name, now)
        log.info("logged_in", user=account.name)
        return LoggedIn(token, must_change_password=False)

    def _begin(self, session: Session, name: str, now: datetime) -> str:
        token = secrets.token_urlsafe(32)
        session.add(
            LoginSession(
                token_digest=digest_of(token.encode()),
                user_name=name,
                csrf_token=secrets.token_urlsafe(32),
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=self._settings.session_max_hours),
            )
        )
        return token

    def _count_failure(self, name: str, now: datetime) -> None:
        """Lock a real account in its row, so that a restart of ours is no help to a guesser."""
        with self._database.write() as session:
            account = session.get(UserAccount, name)
            if account is None or account.issuer is not None:
                return
            account.failed_logins += 1
            if account.failed_logins >= self._settings.login_tries:
                account.failed_logins = 0
                account.locked_until = now + timedelta(minutes=self._settings.login_window_minutes)


@cache
def _who_holds() -> Select[LoginSession, UserAccount]:
    return (
        select(LoginSession, UserAccount)
        .join(UserAccount, col(UserAccount.name) == col(LoginSession.user_name))
        .where(LoginSession.token_digest == bindparam("digest"))
    )


def _account_of(session: Session, identity: Identity) -> UserAccount | None:
    return session.exec(
        select(UserAccount).where(
            UserAccount.issuer == identity.issuer, UserAccount.subject == identity.subject
        )
    ).first()


def _change_role(session: Session, account: UserAccount, role: Role, now: datetime) -> None:
    note(
        session,
        at=now,
        who=account.name,
        what="user.role_changed",
        before={"role": account.role},
        after={"role": role, "by": account.issuer},
    )
    account.role = role


def _end_all(session: Session, name: str) -> bool:
    """End all log-ins of a person; tell whether there were any."""
    own = session.exec(select(LoginSession).where(LoginSession.user_name == name)).all()
    for row in own:
        session.delete(row)
    return bool(own)


def _new_account(session: Session, identity: Identity, role: Role, now: datetime) -> UserAccount:
    account = UserAccount(
        name=_free_name(session, identity.name or "Namn saknas"),
        role=role,
        password_hash="",
        must_change_password=False,
        created_at=now,
        issuer=identity.issuer,
        subject=identity.subject,
    )
    session.add(account)
    session.flush()
    note(
        session,
        at=now,
        who=account.name,
        what="user.first_login",
        after={"name": account.name, "role": role, "by": identity.issuer},
    )
    return account


def _free_name(session: Session, shown: str) -> str:
    """The name as shown, numbered if it is taken. It holds a space, as no local name does."""
    for number in count(1):
        name = shown if number == 1 and " " in shown else f"{shown} ({number})"
        if session.get(UserAccount, name) is None:
            return name
    raise AssertionError("unreachable")


def _forget_expired(session: Session, now: datetime) -> None:
    session.exec(delete(LoginSession).where(col(LoginSession.expires_at) <= now))
