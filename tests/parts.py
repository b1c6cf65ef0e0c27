"""Parts that many tests are made of: intake, its children, a register, a relay."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from services.intake.sandbox.client import Sandbox
    from tests.intake import Intake
    from tests.unit.notifier.scripted_relay import ScriptedRelay
    from tests.unit.registry.builders import Register

# What the parts need is imported where it is used: most tests need none of them.


@pytest.fixture
def register(registry_url: str) -> "Iterator[Register]":
    """A register with a round of two initiatives, on either kind of database."""
    from shared.database import Database
    from tests.unit.registry.builders import open_register

    database = Database(registry_url, schema="registry")
    yield open_register(database)
    database.close()


@pytest.fixture(scope="session")
def children() -> "Iterator[Sandbox]":
    """Contained children that do intake's real jobs."""
    from tests.intake import sandbox

    made = sandbox()
    yield made
    made.close()


@pytest.fixture
def relay() -> "Iterator[ScriptedRelay]":
    """A relay that takes every mail, unless a test has it do otherwise."""
    from tests.unit.notifier.scripted_relay import ScriptedRelay

    server = ScriptedRelay().start()
    yield server
    server.stop()


@pytest.fixture
def intake(intake_url: str, tmp_path: Path) -> "Iterator[Intake]":
    """Intake's objects, without any initiative, on either kind of database."""
    from tests.intake import Intake

    made = Intake(intake_url, tmp_path)
    yield made
    made.database.close()
