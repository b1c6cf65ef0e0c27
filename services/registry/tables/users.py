"""Who may do what in the pages and the interface for programs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Index,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable
from shared.database import UtcDateTime


class Role(StrEnum):
    """What a user may do, from most to least in the office's daily work."""

    REGISTRAR = "registrator"
    PROGRAMME_OFFICE = "programkontor"
    READER = "läsare"
    ADMINISTRATOR = "administratör"


class UserAccount(RegistryTable, table=True):
    """A member of staff: a local account, or one of a provider's (OpenID Connect).

    The subject is who a provider's person is; the name was given at the first log-in, is never a
    name that a local account can have, and stays, since the händelselogg knows them by it.
    """

    __tablename__ = "user_account"
    __table_args__ = (Index("uq_user_of_provider", "issuer", "subject", unique=True),)

    name: str = Field(primary_key=True)
    role: Role = Field(sa_column=Column(KeyOf(Role), nullable=False))
    password_hash: str
    """Empty for a provider's person: no password is right."""
    must_change_password: bool = True
    failed_logins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    issuer: str | None = None
    subject: str | None = None


class LoginSession(RegistryTable, table=True):
    """A browser that is logged in. Only the digest of its cookie is kept."""

    __tablename__ = "login_session"

    token_digest: str = Field(primary_key=True)
    user_name: str = Field(foreign_key="user_account.name", index=True)
    csrf_token: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiToken(RegistryTable, table=True):
    """A key by which a program uses the interface (API). Only its digest is kept.

    The händelselogg knows what the program does by the key's name. It is never a user's name, and
    never given to another key: a withdrawn one keeps its row.
    """

    __tablename__ = "api_token"

    name: str = Field(primary_key=True)
    role: Role = Field(sa_column=Column(KeyOf(Role), nullable=False))
    digest: str = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    expires_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str = ""
