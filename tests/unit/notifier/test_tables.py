"""The migrations make exactly the tables that the code expects, on both databases."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.notifier.accounts import messages_by_mail
from services.notifier.tables import METADATA, MessageState
from shared.database import Database
from shared.migrate import upgrade
from tests.unit.notifier.builders import (
    MIGRATIONS,
    correspondence,
    document,
    mail_id,
    notifier,
    registered,
)


def test_migrations_and_tables_agree(database_url: str) -> None:
    database = Database(database_url, schema="notifier")
    upgrade(database, MIGRATIONS)
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_accounts_tell_what_became_of_each_mails_messages(
    database_url: str, tmp_path: Path
) -> None:
    office = notifier(database_url, tmp_path / "archive")
    office.answer(registered(document(), seed="answered"))
    office.answer(registered(seed="bounce", correspondence=correspondence(return_path="")))
    accounts = messages_by_mail(office.database)
    (queued,) = accounts[mail_id("answered")]
    (held,) = accounts[mail_id("bounce")]
    assert (queued.state, queued.kind) == (MessageState.QUEUED, "receipt")
    assert queued.content is not None
    assert (held.state, held.reason, held.content) == (
        MessageState.HELD_BACK,
        "no_return_path",
        None,
    )
    office.database.close()
