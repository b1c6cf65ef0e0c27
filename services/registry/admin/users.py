"""Local accounts of the staff."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, select

from services.registry.eventlog import note
from services.registry.tables import ApiToken, Role, UserAccount
from services.registry.web.passwords import first_password, hash_password
from shared.database import Database
from shared.errors import UsageError

_NAME: Final = re.compile(r"[\w.@+-]{1,100}")
RESERVED: Final = frozenset({"machine", "command"})
"""Names by which the händelselogg knows what no user did."""


class WrongUser(UsageError):
    """The account cannot be made; the message says why."""

    code = "wrong_user"


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
            remedy="Use letters, digits and . _ - + @, at most 100.",
        )
    try:
        known_role = Role(role)
    except ValueError as error:
        raise WrongUser(
            f"there is no role {role!r}", remedy=f"Choose one of {', '.join(Role)}."
        ) from error
    password = first_password()
    kept = hash_password(password)
    with database.write() as session:
        if session.get(ApiToken, name) is not None:
            raise WrongUser(
                f"{name} is, or has been, the name of a program's key",
                remedy="Choose another name: the event log knows what is done by it.",
            )
        if session.get(UserAccount, name) is not None:
            raise WrongUser(f"there is already a user {name}", remedy="Choose another name.")
        session.add(UserAccount(name=name, role=known_role, password_hash=kept, created_at=now))
        note(session, at=now, who=who, what="user.added", after={"name": name, "role": known_role})
    return NewUser(name, known_role, password)


def list_all(database: Database) -> list[UserAccount]:
    """All accounts, by name."""
    with database.read() as session:
        return list(session.exec(select(UserAccount).order_by(col(UserAccount.name))))
