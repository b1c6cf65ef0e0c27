"""The händelselogg is asked by who, what and case, however long it has grown."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for column in ("who", "what", "case_id"):
        op.create_index(f"ix_event_log_{column}", "event_log", [column])
