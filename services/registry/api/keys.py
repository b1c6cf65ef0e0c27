"""Who calls: from the key in the Authorization header to a name and a role."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlmodel import select

from services.registry.tables import ApiToken, Audience, Role
from services.registry.web.roles import PERMISSIONS, Permission
from services.registry.web.throttle import Throttle
from shared.database import Database
from shared.identifiers import digest_of

log = structlog.get_logger()

_USED_EVERY = timedelta(minutes=1)
"""When a key was last used is written no more often than this."""

_SEES = {
    Permission.SEE_ANSWERS: Audience.ANSWERS,
    Permission.SEE_NEEDS: Audience.NEEDS,
    Permission.SEE_MAIL: Audience.MAIL,
}


@dataclass(frozen=True)
class Caller:
    """A program with a key that works. The händelselogg knows it by `name`."""

    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        """Tell whether the key's role allows it."""
        return permission in PERMISSIONS[self.role]

    @property
    def sees(self) -> frozenset[Audience]:
        """What the key's role may see."""
        return frozenset(audience for need, audience in _SEES.items() if self.may(need))


class Refusal(StrEnum):
    """Why a key does not let anybody in."""

    UNKNOWN = "token_unknown"
    EXPIRED = "token_expired"
    WITHDRAWN = "token_withdrawn"


@dataclass(frozen=True)
class MustWait:
    """Too many wrong keys came from this address."""

    seconds: float


class Keys:
    """Knows the keys. Its method blocks; call it in a thread."""

    def __init__(self, database: Database, throttle: Throttle) -> None:
        self._database = database
        self._throttle = throttle

    def caller(self, token: str, address: str, now: datetime) -> Caller | Refusal | MustWait:
        """Return who holds the key; `address` is the caller's, for the throttle.

        One that has expired or was withdrawn is no guess, and slows nobody down.
        """
        slowed = (f"address {address}",)
        wait_s = self._throttle.wait_s(slowed)
        if wait_s:
            log.warning("api_throttled", address=address)
            return MustWait(wait_s)
        digest = digest_of(token.encode())
        with self._database.read() as session:
            row = session.exec(select(ApiToken).where(ApiToken.digest == digest)).one_or_none()
        if row is None:
            self._throttle.failed(slowed)
            log.warning("api_token_unknown", address=address)
            return Refusal.UNKNOWN
        if row.withdrawn_at is not None:
            return Refusal.WITHDRAWN
        if row.expires_at <= now:
            return Refusal.EXPIRED
        if row.last_used_at is None or row.last_used_at + _USED_EVERY <= now:
            with self._database.write() as session:
                session.get_one(ApiToken, row.name).last_used_at = now
        return Caller(row.name, row.role)
