"""What somebody has written is found without looking through all mails."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_index("ix_mail_from_address", "mail", ["from_address"])
