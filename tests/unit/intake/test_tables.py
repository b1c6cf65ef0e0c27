"""The migrations make exactly the tables that the code expects, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.intake.tables import IntakeTable
from shared.database import Database
from shared.migrate import upgrade
from tests.intake import MIGRATIONS


def test_migrations_and_tables_agree(database_url: str) -> None:
    database = Database(database_url, schema="intake")
    upgrade(database, MIGRATIONS)
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, IntakeTable.metadata) == []
    database.close()
