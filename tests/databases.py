"""Real databases for tests: every test that takes `database_url` runs on SQLite and PostgreSQL.

One PostgreSQL server is started for the whole session, on a Unix socket, from the binaries that
the system has; each test gets a database of its own in it.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest


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

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database, which is dropped afterwards."""
        name = f"test_{uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
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
            "-c max_connections=100"
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


@pytest.fixture
def database_settings(database_kind: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for all services together: a file each (the default), or one PostgreSQL database."""
    if database_kind == "sqlite":
        return {}
    return {"HANDSLAG_DATABASE_URL": request.getfixturevalue("postgres_url")}


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
