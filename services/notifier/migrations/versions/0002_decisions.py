"""Mails about decisions: which decision, which document, when they may leave; and those undone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; what is there tells of whole mails, and could leave at once."""
    op.add_column("message", sa.Column("about", sa.String(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("document_id", sa.String(), nullable=True))
    op.add_column("message", sa.Column("due_at", MOMENT, nullable=True))
    op.execute("UPDATE message SET due_at = created_at")
    with op.batch_alter_table("message") as table:
        table.alter_column("about", server_default=None)
        table.alter_column("due_at", nullable=False)
        table.drop_constraint("uq_message_mail_id_kind", type_="unique")
        table.create_unique_constraint(
            "uq_message_mail_id_kind_about", ["mail_id", "kind", "about"]
        )
    op.create_table(
        "withdrawn",
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("about"),
    )
