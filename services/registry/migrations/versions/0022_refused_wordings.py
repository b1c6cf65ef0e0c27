"""A wording that could not be used is shown to staff, with the reason."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the columns; nothing that is there was refused."""
    with op.batch_alter_table("letter_template") as table:
        table.add_column(sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("refused_why", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("letter_template") as table:
        table.alter_column("refused_why", server_default=None)
