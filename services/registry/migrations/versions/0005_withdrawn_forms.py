"""The name of a learned form's blank, and whether the form was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "learned_form", sa.Column("blank_name", sa.String(), nullable=False, server_default="")
    )
    op.add_column(
        "learned_form", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True)
    )
    with op.batch_alter_table("learned_form") as table:
        table.alter_column("blank_name", server_default=None)
