"""What came last is found without looking through all that ever came."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("ix_document_received_at", "document", ["received_at"])
