"""The migrations make what the code expects, and the database itself keeps its promises."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.registry.tables import METADATA, Answer, AnswerStatus
from shared.database import DatabaseUnavailable
from shared.migrate import DatabaseTooNew, upgrade
from tests.unit.registry.builders import LUND, MIGRATIONS, UMEA, Register, form, mail


def test_the_migrations_make_exactly_the_tables_of_the_code(register: Register) -> None:
    def of_the_code(name: str | None, *_: Any) -> bool:
        """The indexes of the search are the databases' own; tests of the search rest on them."""
        return not (name or "").removeprefix("ix_").startswith("search_index")

    def differences(session: Any) -> list[Any]:
        options = {"compare_type": True, "include_name": of_the_code}
        context = MigrationContext.configure(session.connection(), opts=options)
        return list(compare_metadata(context, METADATA))

    assert register.ask(differences) == []


def test_migrating_twice_changes_nothing(register: Register) -> None:
    register.record(mail(form("ja")))
    upgrade(register.database, MIGRATIONS)
    assert len(register.all(Answer)) == 1


def test_a_database_from_a_newer_program_is_refused(register: Register) -> None:
    with register.database.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        upgrade(register.database, MIGRATIONS)


def test_the_database_refuses_a_second_current_answer_but_keeps_replaced_ones(
    register: Register,
) -> None:
    register.record(
        mail(form("ja"), name="a"),
        mail(form("ja", municipality=LUND), name="b"),
    )
    first, second = register.all(Answer)
    second.municipality = UMEA
    with pytest.raises(IntegrityError), register.database.write() as session:
        session.merge(second)
    first.status = AnswerStatus.REPLACED
    with register.database.write() as session:
        session.merge(first)
        session.flush()
        session.merge(second)


@pytest.mark.parametrize("change", ["UPDATE event_log SET who = 'nobody'", "DELETE FROM event_log"])
def test_the_event_log_can_be_added_to_but_not_changed(register: Register, change: str) -> None:
    with (
        pytest.raises((DBAPIError, DatabaseUnavailable), match="append-only"),
        register.database.write() as session,
    ):
        session.connection().execute(text(change))
