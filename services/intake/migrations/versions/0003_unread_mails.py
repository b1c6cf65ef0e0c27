"""Whether any mail waits to be read, found at once however many have been.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_mail_unread",
        "mail",
        ["mail_id"],
        sqlite_where=sa.column("read_at").is_(None),
        postgresql_where=sa.column("read_at").is_(None),
    )
