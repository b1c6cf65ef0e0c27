"""How many must sign for a municipality: one, for every initiative defined so far."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "initiative", sa.Column("signatories", sa.Integer(), nullable=False, server_default="1")
    )
    with op.batch_alter_table("initiative") as table:
        table.alter_column("signatories", server_default=None)
