"""Forms that staff are teaching the reader in the pages."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "form_draft",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("initiative", sa.String(), sa.ForeignKey("initiative.id"), nullable=False),
        sa.Column("blank", sa.String(), nullable=False),
        sa.Column("blank_name", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=True),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("template", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("preview", sa.String(), nullable=True),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("kept_as", sa.Integer(), nullable=True),
    )
