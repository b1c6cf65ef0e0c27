"""A database that is away is a transient failure, whatever was asked of it; and it comes back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared import outbox
from shared.database import SQLITE_BUSY_TIMEOUT_S, Database, DatabaseUnavailable
from shared.migrate import upgrade
from tests.databases import PostgresServer

MIGRATIONS = Path("services/notifier/migrations")


def test_a_server_that_cannot_be_reached_is_said_to_be_away(tmp_path: Path) -> None:
    database = Database(f"postgresql://postgres@/x?host={tmp_path}", schema="registry")
    with pytest.raises(DatabaseUnavailable), database.write():
        pass
    with pytest.raises(DatabaseUnavailable), database.read():
        pass
    with pytest.raises(DatabaseUnavailable):
        upgrade(database, MIGRATIONS)


def test_a_connection_that_the_server_cut_is_away_and_the_next_one_works(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    database = Database(postgres_url)
    outbox.BusTable.metadata.create_all(database.engine)
    with pytest.raises(DatabaseUnavailable), database.write() as session:
        postgres_server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        )
        outbox.waiting(session, 1)
    with database.write() as session:
        assert outbox.waiting(session, 1) == []
    database.close()


def test_a_locked_sqlite_is_waited_for(tmp_path: Path) -> None:
    assert SQLITE_BUSY_TIMEOUT_S >= 10
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    one, other = Database(url), Database(url)
    outbox.BusTable.metadata.create_all(one.engine)

    def write() -> None:
        with other.write() as session:
            outbox.waiting(session, 1)

    with ThreadPoolExecutor(1) as pool:
        with one.write() as session:
            outbox.waiting(session, 1)
            waiting = pool.submit(write)
            assert not waiting.done()
        waiting.result(timeout=10)
