"""A register as it was before a migration, with what stands in a register of today."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, insert, select, text

from shared.database import Database
from tests.unit.registry.builders import MIGRATIONS


def copied_back(now: Database, url: str, revision: str) -> Database:
    """Return the empty database at `url` with the tables of `revision`, and all rows of `now` that
    had a place in them then."""
    then = Database(url, schema=now.schema)
    with now.read() as source, then.write() as target:
        _migrate(target.connection(), then.schema, revision)
        _copy(source.connection(), target.connection())
    return then


def _migrate(connection: Connection, schema: str | None, revision: str) -> None:
    if schema:
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes.update(schema=schema, connection=connection)
    command.upgrade(config, revision)


def _copy(source: Connection, target: Connection) -> None:
    had = MetaData()
    had.reflect(target)
    has = MetaData()
    has.reflect(source)
    for table in had.sorted_tables:
        if table.name not in has.tables or table.name.startswith(("alembic", "search_index")):
            continue
        shared = [
            has.tables[table.name].c[each.name]
            for each in table.c
            if each.name in has.tables[table.name].c and each.computed is None
        ]
        rows = [dict(row) for row in source.execute(select(*shared)).mappings()]
        if rows:
            target.execute(insert(table), rows)
