"""Keys by which programs use the interface: made, listed and withdrawn by staff."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from services.registry.admin.users import RESERVED
from services.registry.eventlog import note
from services.registry.tables import ApiToken, Role, UserAccount
from shared.database import Database
from shared.errors import UsageError
from shared.identifiers import digest_of

PREFIX: Final = "handslag_"
"""Before each key, so that one that was published by mistake is known for what it is."""
DAYS: Final = 365
MOST_DAYS: Final = 730
_NAME: Final = re.compile(r"[\w.-]{1,60}")


class WrongToken(UsageError):
    """The key cannot be made or withdrawn; `code` says why, the message in words."""


@dataclass(frozen=True)
class NewToken:
    """A key that was just made; it is kept nowhere, and cannot be shown again."""

    name: str
    role: Role
    token: str
    expires_at: datetime


def add(
    database: Database, name: str, role: str, *, days: int = DAYS, who: str, now: datetime
) -> NewToken:
    """Make a key that works for so many days. Raises WrongToken."""
    name = name.strip().casefold()
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise WrongToken(
            f"{name!r} cannot be a key's name",
            code="bad_name",
            remedy="Use letters, digits and . _ -, at most 60.",
        )
    if role not in set(Role):
        raise WrongToken(
            f"there is no role {role!r}",
            code="bad_role",
            remedy=f"Choose one of {', '.join(Role)}.",
        )
    if not 1 <= days <= MOST_DAYS:
        raise WrongToken(
            f"a key cannot work for {days} days",
            code="bad_days",
            remedy=f"Choose 1 to {MOST_DAYS}.",
        )
    token = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        name=name,
        role=Role(role),
        digest=digest_of(token.encode()),
        created_at=now,
        created_by=who,
        expires_at=now + timedelta(days=days),
    )
    new = NewToken(name, made.role, token, made.expires_at)
    with database.write() as session:
        if session.get(ApiToken, name) is not None or session.get(UserAccount, name) is not None:
            raise WrongToken(
                f"{name} is, or has been, the name of a key or a user",
                code="name_taken",
                remedy="Choose another name: the event log knows what is done by it.",
            )
        session.add(made)
        note(
            session,
            at=now,
            who=who,
            what="token.added",
            after={"name": name, "role": role, "expires_at": new.expires_at.isoformat()},
        )
    return new


def withdraw(database: Database, name: str, *, who: str, now: datetime) -> ApiToken:
    """Let a key work no longer; once more is harmless. Raises WrongToken."""
    with database.write() as session:
        token = session.get(ApiToken, name.strip().casefold(), with_for_update=True)
        if token is None:
            raise WrongToken(
                f"there is no key {name!r}",
                code="no_such_token",
                remedy="See `handslag token list`.",
            )
        if token.withdrawn_at is None:
            token.withdrawn_at, token.withdrawn_by = now, who
            note(session, at=now, who=who, what="token.withdrawn", after={"name": token.name})
    return token


def state_of(token: ApiToken, now: datetime) -> str:
    """Return `works`, `expired` or `withdrawn`."""
    if token.withdrawn_at is not None:
        return "withdrawn"
    return "works" if token.expires_at > now else "expired"


def list_all(session: Session) -> list[ApiToken]:
    """All keys, also those that work no longer, by name."""
    return list(session.exec(select(ApiToken).order_by(col(ApiToken.name))))
