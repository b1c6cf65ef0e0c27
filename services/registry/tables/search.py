"""What a search looks through."""

from enum import StrEnum

from sqlalchemy import (
    Column,
    Index,
    Text,
    text,
)
from sqlmodel import Field

from services.registry.tables.base import KeyOf, RegistryTable


class Audience(StrEnum):
    """Who may see what a search finds; each is a permission of the staff's pages."""

    ANSWERS = "answers"
    NEEDS = "needs"
    MAIL = "mail"


class SearchEntry(RegistryTable, table=True):
    """What a document, or a mail (without a document's id), can be found by, in plain words.

    The databases' own indexes (FTS5, tsvector) rest on it; the migrations make them. It holds
    nothing of its own: `store.search_index` writes it from the other tables.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index(
            "uq_search_entry_of_mail",
            "mail_id",
            unique=True,
            sqlite_where=text("document_id IS NULL"),
            postgresql_where=text("document_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    """In the order of registration: of two that are found as well, the later comes first."""
    mail_id: str = Field(index=True)
    document_id: str | None = Field(default=None, unique=True)
    audience: Audience = Field(sa_column=Column(KeyOf(Audience), nullable=False))
    keys: str = Field(sa_column=Column(Text, nullable=False))
    """Numbers, also former ones, and the municipality."""
    names: str = Field(sa_column=Column(Text, nullable=False))
    """People, files, and the initiative."""
    letter: str = Field(sa_column=Column(Text, nullable=False))
    """Sender, subject and title: only for those who may see mails."""
    body: str = Field(sa_column=Column(Text, nullable=False))
    """All that was read; of a mail, its text."""
    folded: str = Field(sa_column=Column(Text, nullable=False))
    """Words of the others, except `letter`, that have accents, without them."""
