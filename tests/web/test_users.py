"""Användare: accounts added, changed and closed by an administrator; nobody locks all out."""

import re

import pytest

from services.registry.tables import EventLog, Role, UserAccount
from services.registry.web.register_words import USER_FAULTS
from shared.outbox import now
from tests.web.client import Answer, Client
from tests.web.conftest import logged_in
from tests.web.test_matter import rows
from tests.web.world import PASSWORD, World


@pytest.fixture
def adam(fresh: World) -> Client:
    return logged_in(fresh, Role.ADMINISTRATOR)


def account(world: World, name: str) -> UserAccount:
    return next(one for one in rows(world, UserAccount) if one.name == name)


def press(client: Client, what: str, **fields: str) -> Answer:
    return client.submit("/anvandare", f"/anvandare/konto/{what}", **fields)


def password_on(page: Answer) -> str:
    found = re.search(r"<code>([a-z2-9-]{19})</code>", page.html)
    assert found
    return found[1]


def test_an_account_is_added_and_its_first_password_shown_once(fresh: World, adam: Client) -> None:
    made = adam.submit("/anvandare", "/anvandare", namn="Nils.Ny", roll="läsare")
    assert made.status == 200
    password = password_on(made)
    assert made.headers["cache-control"] == "no-store"
    newcomer = Client(fresh.address)
    assert newcomer.log_in("nils.ny", password).location == "/losenord"
    assert password not in adam.get("/anvandare").html
    assert password not in adam.get("/anvandare/konto?namn=nils.ny").html
    assert password not in str([row.model_dump() for row in rows(fresh, EventLog)])
    assert "Har inte bytt sitt första lösenord" in adam.get("/anvandare/konto?namn=nils.ny").text
    noted = rows(fresh, EventLog)[-1]
    assert (noted.who, noted.what) == ("adam", "user.added")


@pytest.mark.parametrize(
    ("name", "role", "fault"),
    [
        ("nils ny", "läsare", "bad_name"),
        ("machine", "läsare", "bad_name"),
        ("rut", "läsare", "taken"),
        ("nils", "chef", "no_role"),
        ("nils", "", "no_role"),
    ],
)
def test_an_account_that_cannot_be_is_told_and_what_was_typed_stays(
    people: dict[Role, Client], name: str, role: str, fault: str
) -> None:
    client = people[Role.ADMINISTRATOR]
    page = client.submit("/anvandare", "/anvandare", namn=name, roll=role)
    assert page.status == 422
    assert USER_FAULTS[fault] in page.text
    assert f'value="{name}"' in page.html


def test_a_role_is_changed_and_counts_at_once(fresh: World, adam: Client) -> None:
    lars = logged_in(fresh, Role.READER)
    assert lars.get("/ej-kopplade").status == 403
    press(adam, "roll", namn="lars", sedd="läsare", roll="registrator")
    assert lars.get("/ej-kopplade").status == 200
    noted = rows(fresh, EventLog)[-1]
    assert noted.before == {"name": "lars", "role": "läsare"}
    assert noted.after == {"name": "lars", "role": "registrator"}
    stale = press(adam, "roll", namn="lars", sedd="läsare", roll="programkontor")
    assert stale.status == 409
    assert account(fresh, "lars").role is Role.REGISTRAR


def test_who_is_closed_is_logged_out_and_does_not_get_in_until_opened_again(
    fresh: World, adam: Client
) -> None:
    lars = logged_in(fresh, Role.READER)
    press(adam, "stang", namn="lars")
    assert lars.get("/").status == 303
    assert lars.log_in("lars", PASSWORD).status == 401
    assert press(adam, "stang", namn="lars").status == 409
    press(adam, "oppna", namn="lars")
    assert lars.log_in("lars", PASSWORD).status == 303
    assert press(adam, "oppna", namn="lars").status == 409
    assert [row.what for row in rows(fresh, EventLog)][-2:] == ["user.closed", "user.reopened"]


def test_a_new_first_password_ends_the_old_one_and_the_log_ins(fresh: World, adam: Client) -> None:
    lars = logged_in(fresh, Role.READER)
    password = password_on(press(adam, "losenord", namn="lars"))
    assert lars.get("/").status == 303
    assert lars.log_in("lars", PASSWORD).status == 401
    assert lars.log_in("lars", password).location == "/losenord"


def test_the_last_administrator_stays_one(fresh: World, adam: Client) -> None:
    page = press(adam, "roll", namn="adam", sedd="administratör", roll="läsare")
    assert USER_FAULTS["last_administrator"] in page.text
    assert USER_FAULTS["own"] in press(adam, "stang", namn="adam").text
    press(adam, "roll", namn="rut", sedd="registrator", roll="administratör")
    press(adam, "roll", namn="adam", sedd="administratör", roll="läsare")
    assert account(fresh, "adam").role is Role.READER


def test_a_providers_person_gets_role_and_password_there(fresh: World, adam: Client) -> None:
    with fresh.database.write() as session:
        session.add(
            UserAccount(
                name="Eva Ek/Å",
                role=Role.READER,
                password_hash="",
                must_change_password=False,
                created_at=now(),
                issuer="https://id.example",
                subject="17",
            )
        )
    assert "Rollen kommer från organisationens inloggning" in (
        adam.get("/anvandare/konto?namn=Eva+Ek%2F%C3%85").text
    )
    for what in ("roll", "losenord"):
        page = press(adam, what, namn="Eva Ek/Å", sedd="läsare", roll="registrator")
        assert USER_FAULTS["of_provider"] in page.text
    assert press(adam, "stang", namn="Eva Ek/Å").status == 303
    assert account(fresh, "Eva Ek/Å").closed_at is not None


def test_an_account_that_there_is_not_is_not_found(people: dict[Role, Client]) -> None:
    client = people[Role.ADMINISTRATOR]
    assert client.get("/anvandare/konto?namn=ingen").status == 404
    assert press(client, "stang", namn="ingen").status == 404
