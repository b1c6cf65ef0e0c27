"""Real databases for tests: every test that takes `database_url` runs on SQLite and PostgreSQL.

One PostgreSQL server is started for the whole session, on a Unix socket, from the binaries that
the system has; each test gets a database of its own in it. `intake_url`, `registry_url` and
`notifier_url` are databases that have the service's tables already: copies of one that was
migrated once in the session.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from shared.database import Database
from shared.migrate import upgrade

SERVICES = Path(__file__).parents[1] / "services"


@dataclass(frozen=True)
class PostgresServer:
    """A running server; whoever may open its socket may do everything."""

    socket_folder: Path

    def url(self, database: str) -> str:
        """The address of one database, as settings have it."""
        return f"postgresql://postgres@/{database}?host={self.socket_folder}"

    def run(self, statement: str) -> None:
        """Execute one statement, outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def copy(self, template: str) -> str:
        """Make a database like another; returns its name."""
        name = f"test_{uuid4().hex[:12]}"
        # Half the work of the other strategy for databases as small as these.
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of an empty database, or of a copy, which is dropped afterwards."""
        name = self.copy(template)
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own; as root it runs as the user postgres, as it insists."""
    binaries = _postgres_binaries()
    account = "postgres" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="handslag-postgres-"))
    shutil.chown(folder, account)
    data = folder / "data"
    run_as = account if os.geteuid() == 0 else None
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, user=run_as,
        )  # fmt: skip
        options = (
            f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=32MB "
            "-c full_page_writes=off -c autovacuum=off -c max_connections=100"
        )
        # Not the pipes of this process: the server would hold them open after pg_ctl has ended.
        subprocess.run(
            [binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            user=run_as,
        )  # fmt: skip
        yield PostgresServer(folder)
    finally:
        if (data / "postmaster.pid").exists():
            subprocess.run(
                [binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"],
                check=False, capture_output=True, cwd=folder, user=run_as,
            )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """A test that asks for it, or for what is made of it, runs once on each kind of database."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def other_database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """The address of a second empty database of the same kind, for another service."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a service's empty tables, to be copied; made when it is first asked for."""

    @cache
    def of(service: str) -> Path:
        file = tmp_path_factory.mktemp("template") / f"{service}.sqlite3"
        _migrate(service, f"sqlite:///{file}")
        return file

    return of


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: PostgresServer) -> Callable[[str], str]:
    """The name of a PostgreSQL database with the same, likewise."""

    @cache
    def of(service: str) -> str:
        name = f"template_{service}"
        postgres_server.run(f"CREATE DATABASE {name} TEMPLATE template0")
        _migrate(service, postgres_server.url(name))
        return name

    return of


@pytest.fixture
def migrated_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], str]]:
    """Makes a database with the tables of the service that is named, and gives its address."""
    with ExitStack() as opened:

        def made(service: str) -> str:
            if database_kind == "sqlite":
                template = request.getfixturevalue("sqlite_templates")(service)
                return f"sqlite:///{shutil.copy(template, tmp_path)}"
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name = request.getfixturevalue("postgres_templates")(service)
            return opened.enter_context(server.database(name))

        yield made


@pytest.fixture
def intake_url(migrated_url: Callable[[str], str]) -> str:
    return migrated_url("intake")


@pytest.fixture
def registry_url(migrated_url: Callable[[str], str]) -> str:
    return migrated_url("registry")


@pytest.fixture
def notifier_url(migrated_url: Callable[[str], str]) -> str:
    return migrated_url("notifier")


@pytest.fixture
def database_settings(database_kind: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for all services together: a file each (the default), or one PostgreSQL database."""
    if database_kind == "sqlite":
        return {}
    return {"HANDSLAG_DATABASE_URL": request.getfixturevalue("postgres_url")}


def _migrate(service: str, url: str) -> None:
    database = Database(url, schema=service)
    upgrade(database, SERVICES / service / "migrations")
    database.close()


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    message = "PostgreSQL is not installed; deploy/bootstrap.sh installs it."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
