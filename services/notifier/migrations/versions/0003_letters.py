"""Letters that the registry orders, and the mailings that they are parts of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and tables; what is there are answers, which come before all else."""
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("letter_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("mailing_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("domain", sa.String(), nullable=False, server_default=""))
        table.create_unique_constraint("uq_message_letter_id", ["letter_id"])
    with op.batch_alter_table("message") as table:
        table.alter_column("priority", server_default=None)
        table.alter_column("domain", server_default=None)
    op.drop_index("ix_message_queue", "message")
    op.drop_index("ix_message_created_at", "message")
    op.create_index("ix_message_queue", "message", ["state", "priority", "next_try_at"])
    op.create_index("ix_message_counted", "message", ["created_at", "letter_id", "state"])
    op.create_index("ix_message_mailing", "message", ["mailing_id", "state"])
    op.create_table(
        "letter_order",
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("letter_id"),
    )
    op.create_table(
        "mailing",
        sa.Column("mailing_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("per_minute", sa.Float(), nullable=True),
        sa.Column("per_minute_per_domain", sa.Float(), nullable=True),
        sa.Column("steered_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mailing_id"),
    )
    op.create_table(
        "domain_pace",
        sa.Column("mailing_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mailing_id", "domain"),
    )
