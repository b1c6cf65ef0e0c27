"""What is recorded, and whom to reach about it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Index,
    text,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable
from shared.database import UtcDateTime
from shared.events import (
    SignatureState,
)


class AnswerStatus(StrEnum):
    CURRENT = "current"
    REPLACED = "replaced"
    VOIDED = "voided"


class Answer(RegistryTable, table=True):
    """One recorded answer."""

    __tablename__ = "answer"
    __table_args__ = (
        Index(
            "uq_one_current_answer",
            "initiative",
            "municipality",
            unique=True,
            sqlite_where=text("status = 'current'"),
            postgresql_where=text("status = 'current'"),
        ),
    )

    document_id: str = Field(primary_key=True, foreign_key="document.document_id")
    initiative: str = Field(foreign_key="initiative.id")
    municipality: str
    answer: str
    status: AnswerStatus = Field(sa_column=Column(KeyOf(AnswerStatus), nullable=False))
    late: bool
    signature: SignatureState = Field(sa_column=Column(KeyOf(SignatureState), nullable=False))
    signatory_name: str = ""
    signatory_title: str = ""
    place_date: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    their_reference: str = ""
    recorded_by: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was replaced or voided."""
    ended_by: str = ""
    ended_why: str = ""


class ContactPerson(RegistryTable, table=True):
    """Whom to reach about a recorded answer: named on its form, or added by staff.

    It counts while its answer stands and nobody has ended it. What it was before each change
    stands in the händelselogg.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_of_answer", "initiative", "municipality"),
        Index(
            "uq_contact_from_answer",
            "document_id",
            unique=True,
            sqlite_where=text("from_answer"),
            postgresql_where=text("from_answer"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: str = Field(foreign_key="answer.document_id", index=True)
    initiative: str = Field(foreign_key="initiative.id")
    municipality: str
    name: str
    email: str = Field(index=True)
    phone: str
    from_answer: bool
    """Named on the form of the answer; one at most is."""
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str = ""
    revision: int = 1
    """Raised by every change: an edit of what one no longer sees is refused."""
