"""The world that most tests only look at, on both databases, and clients of its pages."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from services.registry.tables import Role
from shared.database import Database
from tests.databases import PostgresServer
from tests.web.client import Client
from tests.web.mailed import draft_a_reminder
from tests.web.sent import correspond, newsletter
from tests.web.taught import teach
from tests.web.world import (
    NAMES,
    PASSWORD,
    World,
    add_people,
    build,
    fill,
    open_world,
    quick,
    served,
)

As = Callable[[Role], Client]


@pytest.fixture(scope="session")
def worlds(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], World]]:
    """Makes the full register on one kind of database, or hands out the one that was made."""
    with ExitStack() as opened:

        @cache
        def on(kind: str) -> World:
            folder = tmp_path_factory.mktemp("web")
            if kind == "sqlite":
                database = quick(f"sqlite:///{folder / 'registry.sqlite3'}")
            else:
                url = opened.enter_context(postgres_server.database())
                database = Database(url, schema="registry")
            opened.callback(database.close)
            made = build(folder, database)
            add_people(made)
            fill(made)
            newsletter(made)
            correspond(made)
            drafts = teach(made.database, made.archive)
            made.ids["reminder"] = draft_a_reminder(made)
            made.ids["blank-to-point-at"] = drafts.pointing
            made.ids["blank-to-confirm"] = drafts.proposed
            opened.enter_context(served(made))
            return made

        yield on


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    """A full register. Tests that change it build their own with `fresh`."""
    return worlds(request.param)


@pytest.fixture(scope="session")
def people(world: World) -> dict[Role, Client]:
    """A logged-in client of each role."""
    return {role: logged_in(world, role) for role in NAMES}


@pytest.fixture
def registrar(people: dict[Role, Client]) -> Client:
    return people[Role.REGISTRAR]


@pytest.fixture
def reader(people: dict[Role, Client]) -> Client:
    return people[Role.READER]


@pytest.fixture
def office(people: dict[Role, Client]) -> Client:
    return people[Role.PROGRAMME_OFFICE]


@pytest.fixture
def stranger(world: World) -> Client:
    return Client(world.address)


@pytest.fixture(scope="session")
def empty_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty register with people, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    database = quick(f"sqlite:///{folder / 'registry.sqlite3'}")
    add_people(build(folder, database))
    with database.engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "registry.sqlite3"


@pytest.fixture(scope="session")
def empty_template(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a PostgreSQL database with the same, to be copied."""
    postgres_server.run("CREATE DATABASE web_empty TEMPLATE template0")
    database = Database(postgres_server.url("web_empty"), schema="registry")
    add_people(build(tmp_path_factory.mktemp("empty"), database))
    database.close()
    return "web_empty"


@pytest.fixture
def empty_database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """An empty register with people, for a test of its own."""
    if database_kind == "sqlite":
        copied = shutil.copy(request.getfixturevalue("empty_register"), tmp_path)
        database = quick(f"sqlite:///{copied}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.copy(request.getfixturevalue("empty_template"))
        database = Database(server.url(name), schema="registry")
    yield database
    database.close()


@pytest.fixture
def fresh(empty_database: Database, tmp_path: Path) -> Iterator[World]:
    """The pages of an empty register with people, for tests that change something."""
    with served(open_world(tmp_path, empty_database, login_tries=4)) as made:
        yield made


@pytest.fixture
def fresh_registrar(fresh: World) -> Client:
    """A registrar in an empty register."""
    return logged_in(fresh, Role.REGISTRAR)


def logged_in(world: World, role: Role) -> Client:
    """A client of its own for somebody in that role."""
    client = Client(world.address)
    client.log_in(NAMES[role], PASSWORD)
    return client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        message = "Chromium is not installed; deploy/bootstrap.sh installs it."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()
