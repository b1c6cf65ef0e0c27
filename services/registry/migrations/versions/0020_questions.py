"""Questions that a registrar handed over, until somebody has answered them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "handed_over",
        sa.Column("resolution", sa.String(), sa.ForeignKey("resolution.id"), primary_key=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
    )
    op.create_index("ix_handed_over_answered_at", "handed_over", ["answered_at"])
    # Those handed over until now: somebody has seen to them, or will find them here.
    op.execute(
        "INSERT INTO handed_over (resolution, answered_by) "
        "SELECT id, '' FROM resolution WHERE verdict = 'to_questions'"
    )
