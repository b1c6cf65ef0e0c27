"""Lists of one kind in the order of arrival, and beginnings of words, are found without a scan.

FTS5 walks all that begins with some letters unless their number has an index of its own: `kommun`
alone begins words in every document.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

COLUMNS = "audience, keys, names, letter, body, folded"


def upgrade() -> None:
    op.drop_index("ix_document_fate", "document")
    op.create_index("ix_document_of_fate", "document", ["fate", "received_at"])
    op.drop_index("ix_mail_state", "mail")
    op.create_index("ix_mail_of_state", "mail", ["state", "received_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
        op.execute(
            f"CREATE VIRTUAL TABLE search_index USING fts5({COLUMNS}, content='search_entry', "
            "content_rowid='id', tokenize='unicode61 remove_diacritics 0', "
            "prefix='2 3 4 5 6 7')"
        )
        op.execute("INSERT INTO search_index(search_index) VALUES ('rebuild')")
