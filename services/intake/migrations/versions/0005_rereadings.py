"""What was read of pages that a person arranged.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reread",
        sa.Column("arrangement", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"]),
        sa.PrimaryKeyConstraint("arrangement"),
    )
    op.create_index("ix_reread_mail_id", "reread", ["mail_id"])
