"""Brings a service's database to the schema of its code; refuses one that is newer."""

import asyncio
import threading
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from shared.database import Database, DatabaseUnavailable
from shared.errors import UsageError

RETRY_S = 2.0
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in a global of the process."""
log = structlog.get_logger()


class DatabaseTooNew(UsageError):
    """The database was written by a newer version of the program."""

    code = "database_too_new"
    remedy = "Install the newer version again, or restore a backup made with this one."


def upgrade(database: Database, migrations: Path) -> None:
    """Apply the missing migrations, all or none.

    `migrations` is a folder with `versions/`; its `env.py` runs on the connection given here.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["schema"] = database.schema
    with _ONE_AT_A_TIME, database.write() as session:
        connection = session.connection()
        if database.schema:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
            # One migrator at a time, when several hosts start together.
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": database.schema}
            )
        config.attributes["connection"] = connection
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise DatabaseTooNew(
                f"The database of {migrations.parent.name} has schema {current}, "
                "which this version of the program does not know."
            )
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UsageError(f"The database of {migrations.parent.name}: {error}") from error


async def upgrade_when_reachable(database: Database, migrations: Path) -> None:
    """Apply the missing migrations, however long the database takes to answer."""
    while True:
        try:
            await asyncio.to_thread(upgrade, database, migrations)
        except DatabaseUnavailable as error:
            log.warning("database_unavailable", error=str(error), remedy=error.remedy)
            await asyncio.sleep(RETRY_S)
        else:
            return
