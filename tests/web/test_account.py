"""Log-in, log-out, passwords, sessions, and forms that are not ours."""

from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.responses import Response

from services.registry.admin import users
from services.registry.tables import EventLog, LoginSession, Role, UserAccount
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, add_pages
from services.registry.web.visit import Visitor
from shared.database import Database
from shared.outbox import now
from tests.web.client import Client
from tests.web.world import PASSWORD, START, World, open_world, served

NEW = "hellre en hel mening än ett ord"


def logged_in(world: World, name: str = "rut") -> Client:
    client = Client(world.address)
    assert client.log_in(name, PASSWORD).status == 303
    return client


def test_the_right_password_opens_the_pages(fresh: World) -> None:
    client = Client(fresh.address)
    answer = client.log_in("Rut ", PASSWORD)
    assert (answer.status, answer.location) == (303, "/")
    assert "rut" in client.get("/").text


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(fresh: World) -> None:
    said = set()
    for name in ("rut", "ingen"):
        answer = Client(fresh.address).log_in(name, "fel")
        assert answer.status == 401
        said.add(answer.text.split('role="alert">')[1].split("<")[0])
    assert said == {"Användarnamnet eller lösenordet stämmer inte."}


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(fresh: World) -> None:
    client = Client(fresh.address)
    cookie = client.log_in("rut", PASSWORD).set_cookies[0].lower()
    assert cookie.startswith("handslag=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_behind_tls_the_cookies_are_sent_nowhere_else(
    tmp_path: Path, empty_database: Database
) -> None:
    with served(open_world(tmp_path, empty_database, cookie_secure=True)) as world:
        client = Client(world.address)
        answer = client.log_in("rut", PASSWORD)
    assert answer.status == 303
    cookie = answer.set_cookies[0].lower()
    assert cookie.startswith("__host-handslag=")
    assert "; secure" in cookie
    assert "path=/;" in cookie
    assert answer.headers["strict-transport-security"]


def test_only_the_digest_of_the_cookie_is_kept(fresh: World) -> None:
    client = logged_in(fresh)
    with fresh.database.read() as session:
        kept = session.exec(select(LoginSession)).one()
    assert client.cookies["handslag"] not in kept.model_dump_json()


def test_after_log_in_one_comes_to_the_page_one_asked_for(fresh: World) -> None:
    client = Client(fresh.address)
    asked = client.get("/svar/kompetens-2024?svar=ja")
    assert asked.location == "/logga-in?till=%2Fsvar%2Fkompetens-2024%3Fsvar%3Dja"
    answer = client.submit(
        asked.location,
        "/logga-in",
        name="rut",
        password=PASSWORD,
        till="/svar/kompetens-2024?svar=ja",
    )
    assert answer.location == "/svar/kompetens-2024?svar=ja"


@pytest.mark.parametrize("till", ["https://ond.example/", "//ond.example", "/\\ond.example", "x"])
def test_log_in_never_leads_to_another_site(fresh: World, till: str) -> None:
    client = Client(fresh.address)
    answer = client.submit("/logga-in", "/logga-in", name="rut", password=PASSWORD, till=till)
    assert answer.location == "/"


def test_too_many_wrong_passwords_for_a_name_and_even_the_right_one_must_wait(
    fresh: World,
) -> None:
    client = Client(fresh.address)
    for _ in range(4):
        assert client.log_in("rut", "fel").status == 401
    answer = client.log_in("rut", PASSWORD)
    assert answer.status == 429
    assert "För många försök" in answer.text


def test_a_lock_outlives_a_restart(fresh: World) -> None:
    client = Client(fresh.address)
    for _ in range(4):
        client.log_in("rut", "fel")
    fresh.app.state.site.accounts._throttle._failures.clear()
    assert client.log_in("rut", PASSWORD).status == 429


def test_an_address_that_tries_many_names_must_wait(fresh: World) -> None:
    client = Client(fresh.address)
    for place in range(4):
        client.log_in(f"ingen{place}", "fel")
    assert client.log_in("petra", PASSWORD).status == 429


def test_a_first_password_must_be_changed_before_anything_else(fresh: World) -> None:
    new = users.add(fresh.database, "nils", Role.REGISTRAR, who="command", now=START)
    client = Client(fresh.address)
    assert client.log_in("nils", new.first_password).location == "/losenord"
    for path in ("/", "/ej-kopplade", "/mejl"):
        assert client.get(path).location == "/losenord"
    answer = client.submit(
        "/losenord",
        "/losenord",
        old_password=new.first_password,
        new_password=NEW,
        new_password_again=NEW,
    )
    assert (answer.status, answer.location) == (303, "/")
    assert client.get("/").status == 200


def test_a_new_password_ends_all_other_log_ins_and_is_in_the_log(fresh: World) -> None:
    elsewhere, here = logged_in(fresh), logged_in(fresh)
    here.submit(
        "/losenord",
        "/losenord",
        old_password=PASSWORD,
        new_password=NEW,
        new_password_again=NEW,
    )
    assert here.get("/").status == 200
    assert elsewhere.get("/").status == 303
    with fresh.database.read() as session:
        logged = session.exec(select(EventLog).where(EventLog.who == "rut")).all()
    assert [entry.what for entry in logged] == ["user.password_changed"]


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        (PASSWORD, "kort", "kort", "minst 12 tecken"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "för lätt att gissa"),
        (PASSWORD, "jag heter rut, du", "jag heter rut, du", "för lätt att gissa"),
        (PASSWORD, NEW, NEW + "x", "inte lika"),
        (PASSWORD, PASSWORD, PASSWORD, "detsamma"),
        ("fel", NEW, NEW, "nuvarande lösenordet stämmer inte"),
    ],
)
def test_a_password_that_cannot_be_taken_is_explained(
    fresh: World, old: str, new: str, again: str, said: str
) -> None:
    answer = logged_in(fresh).submit(
        "/losenord", "/losenord", old_password=old, new_password=new, new_password_again=again
    )
    assert answer.status == 422
    assert said in answer.text


def test_after_log_out_the_cookie_is_worth_nothing(fresh: World) -> None:
    client = logged_in(fresh)
    kept = dict(client.cookies)
    answer = client.submit("/", "/logga-ut")
    assert answer.location == "/logga-in"
    assert answer.headers["clear-site-data"] == '"cache"'
    client.cookies = kept
    assert client.get("/").status == 303


def test_a_session_ends_when_idle_and_when_old(fresh: World) -> None:
    client = logged_in(fresh)
    accounts, token = fresh.app.state.site.accounts, client.cookies["handslag"]
    assert accounts.person(token, now() + timedelta(minutes=119)) is not None
    assert accounts.person(token, now() + timedelta(minutes=119 + 119)) is not None
    assert accounts.person(token, now() + timedelta(minutes=119 + 119 + 121)) is None
    for hour in range(2, 12):
        accounts.person(token, now() + timedelta(hours=hour))
    assert accounts.person(token, now() + timedelta(hours=12, minutes=1)) is None


def test_a_closed_account_is_out_at_once(fresh: World) -> None:
    client = logged_in(fresh)
    with fresh.database.write() as session:
        session.get_one(UserAccount, "rut").closed_at = now()
    assert client.get("/").status == 303
    assert Client(fresh.address).log_in("rut", PASSWORD).status == 401


def test_what_was_typed_survives_the_end_of_the_session(fresh: World) -> None:
    notes, got = Pages(), []

    @notes.post("/anteckning", Permission.RESOLVE)
    def note(visit: Visitor) -> Response:
        got.append(visit.form["text"])
        return visit.see_other("/")

    add_pages(fresh.app, (notes,))
    client = logged_in(fresh)
    token = client.token("/")
    client.cookies.clear()
    lost = client.post("/anteckning", {"_csrf": token, "text": 'Ringde "Eva" <kl. 9>'})
    assert lost.status == 401
    assert "Det du skrev finns kvar" in lost.text
    kept = lost.html.split('name="kept" value="')[1].split('"')[0]
    again = client.submit(
        "/logga-in", "/logga-in", name="rut", password=PASSWORD, kept=unescape(kept)
    )
    assert 'Ringde "Eva" <kl. 9>' in again.text
    assert got == []
    sent = client.post("/anteckning", {"_csrf": client.token("/"), "text": 'Ringde "Eva" <kl. 9>'})
    assert sent.status == 303
    assert got == ['Ringde "Eva" <kl. 9>']


@pytest.mark.parametrize("origin", ["https://ond.example", "null", "http://127.0.0.1:1", ""])
def test_a_form_from_another_site_is_refused(fresh: World, origin: str) -> None:
    client = logged_in(fresh)
    answer = client.post("/logga-ut", {"_csrf": client.token("/")}, Origin=origin)
    assert answer.status == 403
    assert "Formuläret kunde inte tas emot" in answer.text
    assert client.get("/").status == 200


@pytest.mark.parametrize("token", ["", "fel", "å"])
def test_a_form_without_the_right_token_is_refused(fresh: World, token: str) -> None:
    client = logged_in(fresh)
    assert client.post("/logga-ut", {"_csrf": token}).status == 403
    assert client.get("/").status == 200


def test_the_token_of_another_session_is_refused(fresh: World) -> None:
    other = logged_in(fresh, "petra")
    assert logged_in(fresh).post("/logga-ut", {"_csrf": other.token("/")}).status == 403


def test_the_log_in_form_itself_is_guarded(fresh: World) -> None:
    client = Client(fresh.address)
    fields = {"name": "rut", "password": PASSWORD}
    assert client.post("/logga-in", fields).status == 403
    token = client.token("/logga-in")
    assert client.post("/logga-in", fields | {"_csrf": token}, Origin="http://x").status == 403
