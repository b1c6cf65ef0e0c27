"""Local accounts: a first password that is shown once and kept nowhere."""

from collections.abc import Iterator

import pytest

from services.registry.admin.users import WrongUser, add, list_all
from services.registry.tables import EventLog, Role, UserAccount
from services.registry.web.passwords import is_right
from shared.database import Database
from tests.unit.registry.builders import NOW, Register, open_register


@pytest.fixture
def register(database_url: str) -> Iterator[Register]:
    database = Database(database_url, schema="registry")
    yield open_register(database)
    database.close()


def test_a_new_user_gets_a_password_that_must_be_changed(register: Register) -> None:
    made = add(register.database, "Anna.Ek", "registrator", who="command", now=NOW)
    (account,) = list_all(register.database)
    assert (account.name, account.role) == ("anna.ek", Role.REGISTRAR)
    assert account.must_change_password
    assert is_right(made.first_password, account.password_hash)
    assert made.first_password not in str(
        [account.model_dump(), *(line.model_dump() for line in register.all(EventLog))]
    )


@pytest.mark.parametrize(
    ("name", "role", "message"),
    [
        ("anna", "chef", "no role 'chef'"),
        ("", "läsare", "cannot be a user's name"),
        ("anna ek", "läsare", "cannot be a user's name"),
        ("Machine", "läsare", "cannot be a user's name"),
        ("bo", "läsare", "already a user bo"),
    ],
)
def test_a_wrong_user_is_refused(register: Register, name: str, role: str, message: str) -> None:
    add(register.database, "bo", "administratör", who="command", now=NOW)
    with pytest.raises(WrongUser, match=message):
        add(register.database, name, role, who="command", now=NOW)
    assert len(register.all(UserAccount)) == 1
