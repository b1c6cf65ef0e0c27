"""What registrars decide, what is put back if they take it back, and numbers once given."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "review_item", sa.Column("revision", sa.Integer(), nullable=False, server_default="1")
    )
    with op.batch_alter_table("review_item") as table:
        table.alter_column("revision", server_default=None)
    op.create_table(
        "resolution",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("review_item.id"), nullable=False),
        sa.Column("mail_id", sa.String(), sa.ForeignKey("mail.mail_id"), nullable=False),
        sa.Column("document_id", sa.String(), sa.ForeignKey("document.document_id"), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("resolved_by", sa.String(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_resolution_item_id", "resolution", ["item_id"])
    op.create_index("ix_resolution_document_id", "resolution", ["document_id"])
    op.create_table(
        "former_number",
        sa.Column(
            "case_id",
            sa.Integer(),
            sa.ForeignKey("case_file.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("handling", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column(
            "document_id", sa.String(), sa.ForeignKey("document.document_id"), nullable=False
        ),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_former_number_document_id", "former_number", ["document_id"])
