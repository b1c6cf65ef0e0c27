"""The ledger, the readings, and the tables of the bus.

Revision: 0001, after None.
"""

import sqlalchemy as sa
from alembic import op

import shared.database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("died_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retried_at", shared.database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("dead_letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dead_letter_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dead_letter_mail_id"), ["mail_id"], unique=False)

    op.create_table(
        "form",
        sa.Column("initiative", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("round", sa.String(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("last_answer_day", sa.String(), nullable=False),
        sa.Column("defined_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("initiative"),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("handled_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "consumer"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "mail",
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("junk", sa.Boolean(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("return_path", sa.String(), nullable=True),
        sa.Column("received_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", shared.database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mail_id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_at", shared.database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_waiting",
            ["number"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.create_table(
        "stream",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "location",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("seen_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", shared.database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("account", "folder", "uidvalidity", "uid"),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_mail_id"), ["mail_id"], unique=False)
        batch_op.create_index(
            "ix_location_unsettled",
            ["account", "folder"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "reading",
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("read_at", shared.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"]),
        sa.PrimaryKeyConstraint("mail_id"),
    )


def downgrade() -> None:
    op.drop_table("reading")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_location_unsettled",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_location_mail_id"))

    op.drop_table("location")
    op.drop_table("stream")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_waiting",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_event_id"))

    op.drop_table("outbox")
    op.drop_table("mail")
    op.drop_table("lease")
    op.drop_table("inbox")
    op.drop_table("form")
    with op.batch_alter_table("dead_letter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dead_letter_mail_id"))
        batch_op.drop_index(batch_op.f("ix_dead_letter_event_id"))

    op.drop_table("dead_letter")
