"""Who logs in at the organisation's own provider is an account too, known by its subject."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("issuer", sa.String(), nullable=True))
    op.add_column("user_account", sa.Column("subject", sa.String(), nullable=True))
    op.create_index("uq_user_of_provider", "user_account", ["issuer", "subject"], unique=True)
