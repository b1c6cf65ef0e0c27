"""Several contacts for an answer, ended and changed by hand; tasks and mails out by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOVED = """
INSERT INTO contact (document_id, initiative, municipality, name, email, phone,
                     from_answer, added_at, added_by, changed_by, ended_by, revision)
SELECT former.document_id, former.initiative, former.municipality,
       former.name, former.email, former.phone,
       true, answer.recorded_at, answer.recorded_by, '', '', 1
FROM contact_person AS former JOIN answer ON answer.document_id = former.document_id
ORDER BY answer.recorded_at, former.document_id
"""


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("document_id", sa.String(), sa.ForeignKey("answer.document_id"), nullable=False),
        sa.Column("initiative", sa.String(), sa.ForeignKey("initiative.id"), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("from_answer", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.execute(MOVED)
    op.drop_table("contact_person")
    op.create_index("ix_contact_document_id", "contact", ["document_id"])
    op.create_index("ix_contact_email", "contact", ["email"])
    op.create_index("ix_contact_of_answer", "contact", ["initiative", "municipality"])
    op.create_index(
        "uq_contact_from_answer",
        "contact",
        ["document_id"],
        unique=True,
        sqlite_where=sa.text("from_answer"),
        postgresql_where=sa.text("from_answer"),
    )
    op.create_index("ix_bounce_tasks", "bounce", ["state", "came_at"])
    op.create_index("ix_message_settled_at", "message", ["settled_at"])
