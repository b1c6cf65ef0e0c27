"""Local accounts: a first password that is shown once and kept nowhere."""

import pytest

from services.registry.admin.users import WrongUser, add, list_all
from services.registry.tables import EventLog, Role, UserAccount
from services.registry.web.passwords import hash_password, is_right
from tests.unit.registry.builders import NOW, Register


def test_a_new_user_gets_a_password_that_must_be_changed(register: Register) -> None:
    made = add(register.database, "Anna.Ek", "registrator", who="command", now=NOW)
    (account,) = list_all(register.database)
    assert (account.name, account.role) == ("anna.ek", Role.REGISTRAR)
    assert account.must_change_password
    assert is_right(made.first_password, account.password_hash)
    assert made.first_password not in str(
        [account.model_dump(), *(line.model_dump() for line in register.all(EventLog))]
    )


def test_a_password_is_kept_as_hard_to_guess_as_rfc_9106_asks(register: Register) -> None:
    add(register.database, "anna", "registrator", who="command", now=NOW)
    (account,) = list_all(register.database)
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert hash_password("hemligt").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


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
