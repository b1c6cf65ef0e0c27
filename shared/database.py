"""Engine and sessions: SQLite by default, PostgreSQL by one setting; one database a service.

On PostgreSQL each service has a schema of its own in the database that the setting names.
Sessions are synchronous; the asyncio parts of a service run whole units of work in a thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from shared.errors import Transient, WrongSetting
from shared.settings import CommonSettings

SQLITE_BUSY_TIMEOUT_S = 30


class DatabaseUnavailable(Transient):
    """The database is away or locked."""

    code = "database_unavailable"
    remedy = "Check that the database server runs and answers; the work is tried again by itself."


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite, which knows no zones, gets it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone must not be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One service's database."""

    def __init__(self, url: str, schema: str | None = None) -> None:
        """`url` as SQLAlchemy writes it; `schema` is used on PostgreSQL only."""
        self.engine = _engine(url, schema)
        on_postgresql = self.engine.dialect.name == "postgresql"
        self.schema = schema if on_postgresql else None
        # PostgreSQL's statements see what is committed when they begin, in a transaction or not: so
        # a look does without BEGIN and ROLLBACK, which cost it as much as a question each.
        self._looking = (
            self.engine.execution_options(isolation_level="AUTOCOMMIT")
            if on_postgresql
            else self.engine
        )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One unit of work: committed at the end, rolled back by any exception.

        On SQLite the write lock is taken at once, so that a unit that reads and then writes
        never fails half-way because another wrote in between.
        """
        with (
            _translated(),
            self.engine.connect().execution_options(handslag_write=True) as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A look that changes nothing; on SQLite it sees one state of all throughout."""
        with (
            _translated(),
            self._looking.connect() as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def ping(self) -> None:
        """Raise `DatabaseUnavailable` unless the database answers."""
        with self.read() as session:
            session.connection().execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()


def open_database(settings: CommonSettings, service: str, override: str | None = None) -> Database:
    """Return the database of a service: its own URL, else the common one, else SQLite."""
    url = override or settings.database_url
    if url is None:
        folder = settings.home / "db"
        folder.mkdir(parents=True, exist_ok=True)
        return Database(f"sqlite:///{quote(str(folder / service))}.sqlite3")
    try:
        return Database(url, schema=service)
    except ArgumentError as error:
        raise WrongSetting(
            f"HANDSLAG_DATABASE_URL cannot be read as a database address: {error}"
        ) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, DBAPIError) as error:
        if isinstance(error, OperationalError) or error.connection_invalidated:
            line = (str(error.orig).splitlines() or ["no details"])[0]
            raise DatabaseUnavailable(line) from error
        raise


def _engine(raw_url: str, schema: str | None) -> Engine:
    url = make_url(raw_url)
    if url.get_backend_name() == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.get_backend_name() != "postgresql":
        raise WrongSetting(f"HANDSLAG_DATABASE_URL: neither sqlite nor postgresql: {url}")
    arguments: dict[str, Any] = {"connect_timeout": 10}
    if schema:
        arguments["options"] = f"-csearch_path={schema}"
    return create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=arguments
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling is switched off, so that _begin_sqlite decides.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_TIMEOUT_S * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("handslag_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
