"""Forms that somebody else made.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

import shared.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_form",
        sa.Column("initiative", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("picture", sa.String(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("learned_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("initiative", "version"),
    )
