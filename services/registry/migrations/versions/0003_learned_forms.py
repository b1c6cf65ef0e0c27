"""Forms that somebody else made."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "learned_form",
        sa.Column("initiative", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("blank", sa.String(), nullable=False),
        sa.Column("picture", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["initiative"], ["initiative.id"]),
        sa.PrimaryKeyConstraint("initiative", "version"),
    )
