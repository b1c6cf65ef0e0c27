"""Initiatives, and the forms of somebody else's that answer them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Text,
)
from sqlmodel import Field

from services.registry.tables.base import RegistryTable
from shared.database import UtcDateTime


class Initiative(RegistryTable, table=True):
    """One initiative that municipalities may join."""

    __tablename__ = "initiative"

    id: str = Field(primary_key=True)
    name: str
    round: str = Field(index=True)
    options: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """Key → label, in the order of the form."""
    last_answer_day: date
    signatories: int = 1
    """How many must sign for a municipality."""
    start_when: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """What the start takes, for example `{"yes_count": 100}`; the start is a person's decision."""
    defined_at: datetime = Field(sa_type=UtcDateTime)


class LearnedForm(RegistryTable, table=True):
    """A form that somebody else made, as it was learned; every version is kept."""

    __tablename__ = "learned_form"

    initiative: str = Field(primary_key=True, foreign_key="initiative.id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    template: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.forms.FormTemplate`."""
    blank: str
    """Digest of the blank PDF, and `picture` of its page's picture, in the derived archive."""
    picture: str
    fields: str = Field(sa_column=Column(Text, nullable=False))
    """What staff wrote about it (YAML)."""
    learned_at: datetime = Field(sa_type=UtcDateTime)
    """When it was learned, or taken into use again."""
    learned_by: str
    blank_name: str = ""
    """What the blank's file was called; empty for those learned before that was kept."""
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when scans are not read by it; None while they are."""


class FormDraft(RegistryTable, table=True):
    """A form that staff are teaching the reader in the pages; nothing of it is in force.

    What waits for the reader has a `question`: the event that was asked last. Other answers than
    to that one are too late and count for nothing.
    """

    __tablename__ = "form_draft"

    id: str = Field(primary_key=True)
    initiative: str = Field(foreign_key="initiative.id")
    blank: str
    """Digest of the blank PDF, in the derived archive."""
    blank_name: str
    begun_at: datetime = Field(sa_type=UtcDateTime)
    begun_by: str
    revision: int = 1
    """Raised by every change, so that nobody changes what they have not seen."""
    question: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fault: str = ""
    """Why the blank could not be opened, in a stable key."""
    survey: str | None = None
    """Digest of what was found on the blank's pages, in the derived archive."""
    pages: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """`shared.events.BlankPage` of each page."""
    page: int = 1
    """Which of them is the form."""
    fields: dict[str, list[float]] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """Name → left, top, width and height in millimetres."""
    template: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """What the reader made of the fields as they are; `preview` is its picture."""
    preview: str | None = None
    faults: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """`shared.events.FieldFault` of each that the reader found last."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str = ""
    kept_as: int | None = None
    """The version that it was learned as; None for one that was cancelled."""
