"""Replies to our mails, letters ordered one by one, and who wants no newsletters."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

KEY = sa.String(40)


def upgrade() -> None:
    with op.batch_alter_table("message") as batch:
        for name in ("document_id", "letter_id", "mailing_id"):
            batch.add_column(sa.Column(name, sa.String(), nullable=True))
    for name in ("document_id", "letter_id", "mailing_id"):
        op.create_index(f"ix_message_{name}", "message", [name])
    op.create_table(
        "letter",
        sa.Column("letter_id", sa.String(), primary_key=True),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.Column("initiative", sa.String(), nullable=True),
        sa.Column("municipality", sa.String(), nullable=True),
        sa.Column("document_id", sa.String(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
    )
    for name in (
        "recipient", "mail_id", "municipality", "document_id", "contact_id", "resolution"
    ):  # fmt: skip
        op.create_index(f"ix_letter_{name}", "letter", [name])
    op.create_table(
        "reply",
        sa.Column("mail_id", sa.String(), primary_key=True),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("suggested", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=False),
    )
    op.create_index("ix_reply_sender", "reply", ["sender"])
    op.create_index("ix_reply_tasks", "reply", ["state", "received_at"])
    op.create_table(
        "reply_to",
        sa.Column("mail_id", sa.String(), sa.ForeignKey("reply.mail_id"), primary_key=True),
        sa.Column("message_id", sa.String(), primary_key=True),
    )
    op.create_index("ix_reply_to_message_id", "reply_to", ["message_id"])
    op.create_table(
        "unsubscribed",
        sa.Column("address", sa.String(), primary_key=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", KEY, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("letter_id", sa.String(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_by", sa.String(), nullable=False),
    )
