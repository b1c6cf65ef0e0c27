"""What came last from a municipality is found without looking through all that did."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_index("ix_document_of_municipality", "document", ["municipality", "received_at"])
