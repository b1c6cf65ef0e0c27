"""Staff compose mailings, word their letters otherwise, and see what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("initiatives", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("by_hand", sa.Text(), nullable=False),
        sa.Column("attention", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("with_forms", sa.Boolean(), nullable=False),
        sa.Column("appointment", sa.JSON(), nullable=True),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("per_minute", sa.Float(), nullable=True),
        sa.Column("per_minute_per_domain", sa.Float(), nullable=True),
        sa.Column("written_by", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occasion", sa.String(), nullable=True, unique=True),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_index("ix_mailing_stage", "mailing", ["stage"])
    op.create_index("ix_mailing_made_at", "mailing", ["made_at"])
    op.create_table(
        "mailing_recipient",
        sa.Column("mailing_id", sa.String(), sa.ForeignKey("mailing.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("letter_id", sa.String(), nullable=True, unique=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("initiatives", sa.JSON(), nullable=False),
        sa.Column("unsubscribe", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_mailing_recipient_state", "mailing_recipient", ["mailing_id", "state"])
    for column in ("address", "municipality", "unsubscribe"):
        op.create_index(f"ix_mailing_recipient_{column}", "mailing_recipient", [column])
    op.create_table(
        "letter_template",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("initiative", sa.String(), primary_key=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
    )
