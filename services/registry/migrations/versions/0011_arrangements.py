"""Pages that registrars arrange into new documents; the old ones stay."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "arrangement",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("mail_id", sa.String(), sa.ForeignKey("mail.mail_id"), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("gives_way", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
    )
    op.create_index("ix_arrangement_mail_id", "arrangement", ["mail_id"])
    op.add_column("document", sa.Column("arranged_by", sa.String(), nullable=True))
    op.add_column("document", sa.Column("arranged_into", sa.String(), nullable=True))
