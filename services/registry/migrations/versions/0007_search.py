"""What documents and mails are found by: FTS5 on SQLite, text search vectors on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

from services.registry.store.search_index import index_all

revision = "0007"
down_revision = "0006"

COLUMNS = "audience, keys, names, letter, body, folded"
OLD = ", ".join(f"old.{name}" for name in COLUMNS.split(", "))
NEW = ", ".join(f"new.{name}" for name in COLUMNS.split(", "))
FORGET = f"INSERT INTO search_index(search_index, rowid, {COLUMNS}) VALUES('delete', old.id, {OLD})"
KEEP = f"INSERT INTO search_index(rowid, {COLUMNS}) VALUES (new.id, {NEW})"  # noqa: S608
SQLITE = (
    f"CREATE VIRTUAL TABLE search_index USING fts5({COLUMNS}, content='search_entry', "
    "content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='2 3 4')",
    f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {KEEP}; END",
    f"CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN {FORGET}; END",
    f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN {FORGET}; {KEEP}; END",
)

SHOWN_TO = "array_to_tsvector(ARRAY['@' || audience])"
VECTORS = {
    "search_index_keys": "to_tsvector('simple', keys)",
    "search_index_names": "to_tsvector('simple', keys || ' ' || names || ' ' || letter)",
    "search_index_shown": (
        "to_tsvector('swedish', keys || ' ' || names || ' ' || body || ' ' || folded)"
    ),
    "search_index_all": (
        "to_tsvector('swedish', "
        "keys || ' ' || names || ' ' || letter || ' ' || body || ' ' || folded)"
    ),
}


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=True, unique=True),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
    )
    op.create_index("ix_search_entry_mail_id", "search_entry", ["mail_id"])
    op.create_index(
        "uq_search_entry_of_mail",
        "search_entry",
        ["mail_id"],
        unique=True,
        sqlite_where=sa.text("document_id IS NULL"),
        postgresql_where=sa.text("document_id IS NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
        index_all(op.get_bind())
        return
    for name, vector in VECTORS.items():
        op.execute(
            f"ALTER TABLE search_entry ADD COLUMN {name} tsvector "
            f"GENERATED ALWAYS AS ({SHOWN_TO} || {vector}) STORED"
        )
    index_all(op.get_bind())
    for name in VECTORS:
        # Without a list of what is pending, which every search would have to go through.
        op.execute(
            f"CREATE INDEX ix_{name} ON search_entry USING gin ({name}) WITH (fastupdate = off)"
        )
