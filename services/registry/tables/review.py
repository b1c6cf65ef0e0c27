"""What waits for a person, and what a person decided."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable
from shared.database import UtcDateTime


class ReviewState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class ReviewItem(RegistryTable, table=True):
    """One matter that waits for a person: a document, or a mail as a whole."""

    __tablename__ = "review_item"
    __table_args__ = (
        Index("ix_review_queue", "state", "created_at"),
        Index("uq_review_of_document", "document_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    document_id: str | None = Field(default=None, foreign_key="document.document_id")
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: ReviewState = Field(sa_column=Column(KeyOf(ReviewState), nullable=False))
    claimed_by: str | None = None
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""
    revision: int = 1
    """Raised whenever the matter changes: a verdict on what one no longer sees is refused."""


class Resolution(RegistryTable, table=True):
    """One verdict of a registrar, with what is put back if it is taken back."""

    __tablename__ = "resolution"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    item_id: int = Field(foreign_key="review_item.id", index=True)
    mail_id: str = Field(foreign_key="mail.mail_id")
    document_id: str | None = Field(default=None, foreign_key="document.document_id", index=True)
    verdict: str
    """A stable key, for example `attach`."""
    said: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    resolved_by: str
    resolved_at: datetime = Field(sa_type=UtcDateTime)
    send_after: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the sender's mail leaves at the earliest; None where none is written."""
    undone_by: str = ""
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HandedOver(RegistryTable, table=True):
    """A question that a verdict handed over, until somebody has answered it."""

    __tablename__ = "handed_over"

    resolution: str = Field(primary_key=True, foreign_key="resolution.id")
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    answered_by: str = ""
