"""What happened, and how the services fare."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Text,
)
from sqlmodel import Field

from services.registry.tables.base import RegistryTable
from shared.database import UtcDateTime


class EventLog(RegistryTable, table=True):
    """Händelselogg: who did what, when. The database refuses to change or delete its rows."""

    __tablename__ = "event_log"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    who: str = Field(index=True)
    """`machine`, or a user's name."""
    what: str = Field(index=True)
    """A stable key, for example `answer.recorded`."""
    mail_id: str | None = Field(default=None, index=True)
    document_id: str | None = Field(default=None, index=True)
    case_id: int | None = Field(default=None, index=True)
    before: dict[str, Any] | None = Field(sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(sa_column=Column(JSON(none_as_null=True)))


class ServiceReportRow(RegistryTable, table=True):
    """How a service fares on a host, as it told last; each report replaces the one before."""

    __tablename__ = "service_report"

    service: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    heard_at: datetime = Field(sa_type=UtcDateTime)
    """By our clock, whatever theirs says."""
    body: str = Field(sa_column=Column(Text, nullable=False))
    """JSON: `shared.reports.ServiceReported`."""


class ProofRow(RegistryTable, table=True):
    """The one row of the last proof that nothing is lost, and of who asked for the next."""

    __tablename__ = "proof"

    id: int = Field(primary_key=True)
    made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seconds: float = 0.0
    complete: bool = False
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    """JSON, as `handslag verify --json` prints it."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it last held."""
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_by: str = ""
