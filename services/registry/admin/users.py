"""Local accounts of the staff, and the closing of anybody's."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, delete, select

from services.registry.eventlog import note
from services.registry.tables import ApiToken, LoginSession, Role, UserAccount
from services.registry.web.passwords import first_password, hash_password
from shared.database import Database
from shared.errors import UsageError

_NAME: Final = re.compile(r"[\w.@+-]{1,100}")
RESERVED: Final = frozenset({"machine", "command"})
"""Names by which the händelselogg knows what no user did."""


class WrongUser(UsageError):
    """The account cannot be made or changed; the message says why, `fault` in a stable key."""

    code = "wrong_user"

    def __init__(self, message: str, *, fault: str, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.fault = fault


@dataclass(frozen=True)
class NewUser:
    """An account that was just made, with the password to hand over; it is kept nowhere."""

    name: str
    role: Role
    first_password: str


def add(database: Database, name: str, role: str, *, who: str, now: datetime) -> NewUser:
    """Make an account whose first password must be changed. Raises WrongUser."""
    name = name.strip().casefold()
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise WrongUser(
            f"{name!r} cannot be a user's name",
            fault="bad_name",
            remedy="Use letters, digits and . _ - + @, at most 100.",
        )
    known_role = _role(role)
    password = first_password()
    kept = hash_password(password)
    with database.write() as session:
        if session.get(ApiToken, name) is not None:
            raise WrongUser(
                f"{name} is, or has been, the name of a program's key",
                fault="taken",
                remedy="Choose another name: the event log knows what is done by it.",
            )
        if session.get(UserAccount, name) is not None:
            raise WrongUser(
                f"there is already a user {name}", fault="taken", remedy="Choose another name."
            )
        session.add(UserAccount(name=name, role=known_role, password_hash=kept, created_at=now))
        note(session, at=now, who=who, what="user.added", after={"name": name, "role": known_role})
    return NewUser(name, known_role, password)


def list_all(database: Database) -> list[UserAccount]:
    """All accounts, by name."""
    with database.read() as session:
        return list(session.exec(select(UserAccount).order_by(col(UserAccount.name))))


def change_role(
    database: Database, name: str, seen: str, role: str, *, who: str, now: datetime
) -> None:
    """Give a local account another role than `seen`, the one it was shown with. Raises WrongUser.

    It counts from the person's next click.
    """
    known_role = _role(role)
    with database.write() as session:
        account = _local(session, name)
        if account.role != seen:
            raise WrongUser(f"{name} has another role now", fault="changed")
        if account.role is known_role:
            return
        _keep_one_administrator(session, account)
        before, account.role = account.role, known_role
        note(
            session,
            at=now,
            who=who,
            what="user.role_changed",
            before={"name": name, "role": before},
            after={"name": name, "role": known_role},
        )


def close(database: Database, name: str, *, who: str, now: datetime) -> None:
    """Close an account: nobody logs in with it any longer, and nobody is. Raises WrongUser."""
    with database.write() as session:
        account = _account(session, name)
        if account.closed_at is not None:
            raise WrongUser(f"{name} is closed already", fault="changed")
        if name == who:
            raise WrongUser("nobody closes their own account", fault="own")
        _keep_one_administrator(session, account)
        account.closed_at = now
        _log_out(session, name)
        note(session, at=now, who=who, what="user.closed", after={"name": name})


def reopen(database: Database, name: str, *, who: str, now: datetime) -> None:
    """Open a closed account again, with its former password. Raises WrongUser."""
    with database.write() as session:
        account = _account(session, name)
        if account.closed_at is None:
            raise WrongUser(f"{name} is not closed", fault="changed")
        account.closed_at = None
        note(session, at=now, who=who, what="user.reopened", after={"name": name})


def reset_password(database: Database, name: str, *, who: str, now: datetime) -> NewUser:
    """Give a local account a new first password, and end its log-ins. Raises WrongUser."""
    password = first_password()
    kept = hash_password(password)
    with database.write() as session:
        account = _local(session, name)
        account.password_hash, account.must_change_password = kept, True
        account.failed_logins, account.locked_until = 0, None
        _log_out(session, name)
        note(session, at=now, who=who, what="user.password_reset", after={"name": name})
        return NewUser(name, account.role, password)


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        raise WrongUser(
            f"there is no role {role!r}",
            fault="no_role",
            remedy=f"Choose one of {', '.join(Role)}.",
        ) from error


def _account(session: Session, name: str) -> UserAccount:
    account = session.get(UserAccount, name)
    if account is None:
        raise WrongUser(f"there is no user {name}", fault="unknown")
    return account


def _local(session: Session, name: str) -> UserAccount:
    account = _account(session, name)
    if account.issuer is not None:
        raise WrongUser(f"{name} is an account of the provider's", fault="of_provider")
    return account


def _keep_one_administrator(session: Session, account: UserAccount) -> None:
    """Without an open local administrator nobody could let anybody in."""
    if account.role is not Role.ADMINISTRATOR or account.closed_at is not None:
        return
    others = session.exec(
        select(UserAccount.name).where(
            UserAccount.role == Role.ADMINISTRATOR,
            UserAccount.name != account.name,
            col(UserAccount.closed_at).is_(None),
            col(UserAccount.issuer).is_(None),
        )
    ).first()
    if others is None and account.issuer is None:
        raise WrongUser(f"{account.name} is the last administrator", fault="last_administrator")


def _log_out(session: Session, name: str) -> None:
    session.exec(delete(LoginSession).where(col(LoginSession.user_name) == name))
