"""Log-in at the organisation's own provider, against a real one; much of it is hostile."""

import base64
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Browser, expect
from pydantic import ValidationError
from sqlmodel import select

from services.registry.admin import users
from services.registry.settings import OidcSection, RegistrySettings
from services.registry.tables import EventLog, LoginSession, Role, UserAccount
from services.registry.web import oidc_discovery
from services.registry.web.attempts import Attempts
from services.registry.web.auth import LoggedIn
from services.registry.web.oidc import BY_POWER, Identity
from services.registry.web.roles import PERMISSIONS
from shared.database import Database
from shared.outbox import now
from tests.web.client import Answer, Client
from tests.web.provider import ASA, CLIENT, ROLES, OpenProvider, another_key, open_provider, person
from tests.web.test_browser import faults
from tests.web.world import PASSWORD, World, open_world, quick, served

BACK = "/logga-in/oidc/svar"
DESCRIPTION = "/.well-known/openid-configuration"


@pytest.fixture(autouse=True)
def _provider_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture(scope="module")
def running() -> Iterator[OpenProvider]:
    with open_provider() as opened:
        yield opened


@pytest.fixture
def provider(running: OpenProvider) -> OpenProvider:
    running.forget()
    return running


@pytest.fixture
def office(provider: OpenProvider, empty_database: Database, tmp_path: Path) -> Iterator[World]:
    """An empty register whose staff log in at the provider, on each kind of database."""
    with served(open_world(tmp_path, empty_database, oidc=provider.settings())) as world:
        yield world


Opened = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def opened(empty_register: Path, tmp_path: Path) -> Opened:
    """Opens an empty register on SQLite with these settings of the pages."""

    @contextmanager
    def make(**web: object) -> Iterator[World]:
        copied = tmp_path / "registry.sqlite3"
        copied.write_bytes(empty_register.read_bytes())
        database = quick(f"sqlite:///{copied}")
        with served(open_world(tmp_path, database, **web)) as world:
            yield world
        database.close()

    return make


@pytest.fixture
def lone(opened: Opened, provider: OpenProvider) -> Iterator[World]:
    """The same on SQLite only, for what does not touch the database."""
    with opened(oidc=provider.settings()) as world:
        yield world


def leave(client: Client, **fields: str) -> str:
    """Press the button; return the provider's address that the browser is led to."""
    answer = client.submit("/logga-in", "/logga-in/oidc", **fields)
    assert answer.status == 200, answer.text
    address = answer.headers["refresh"].removeprefix("0; url=")
    assert f'href="{address}"' in answer.text
    return address


def log_in(client: Client, provider: OpenProvider, subject: str = ASA.sub, **fields: str) -> Answer:
    return client.get(provider.authorize(leave(client, **fields), subject))


def changed(address: str, **query: str) -> str:
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()} | query
    return parts._replace(query=urlencode(asked)).geturl()


def said(answer: Answer) -> str:
    return answer.text.split('role="alert">')[1].split("<")[0]


def accounts(world: World) -> dict[str, UserAccount]:
    with world.database.read() as session:
        return {one.name: one for one in session.exec(select(UserAccount)).all()}


def logged(world: World) -> list[EventLog]:
    with world.database.read() as session:
        return [
            line
            for line in session.exec(select(EventLog).order_by(EventLog.id)).all()  # type: ignore[arg-type]
            if line.what.startswith("user.") and line.who != "command"
        ]


def test_whom_the_provider_vouches_for_gets_in_with_the_role_of_the_group(
    office: World, provider: OpenProvider
) -> None:
    client = Client(office.address)
    answer = log_in(client, provider, till="/ej-kopplade")
    assert (answer.status, answer.location) == (303, "/ej-kopplade")
    page = client.get("/").text
    assert "Åsa Öberg" in page
    assert "Registrator" in page
    account = accounts(office)["Åsa Öberg"]
    assert (account.issuer, account.subject) == (provider.issuer, ASA.sub)
    [line] = logged(office)
    assert (line.who, line.what) == ("Åsa Öberg", "user.first_login")
    assert line.after == {"name": "Åsa Öberg", "role": "registrator", "by": provider.issuer}


def test_the_session_is_as_good_and_as_guarded_as_a_local_one(
    lone: World, provider: OpenProvider
) -> None:
    client = Client(lone.address)
    answer = log_in(client, provider)
    session, *others = (cookie.lower() for cookie in answer.set_cookies)
    assert session.startswith("handslag=")
    assert "httponly" in session
    assert "samesite=lax" in session
    assert any(cookie.startswith("handslag-oidc=") and "max-age=0" in cookie for cookie in others)
    with lone.database.read() as database:
        kept = database.exec(select(LoginSession)).one()
    assert client.cookies["handslag"] not in kept.model_dump_json()
    assert client.submit("/", "/logga-ut").status == 303
    assert client.get("/").status == 303


def test_behind_tls_the_cookie_of_the_log_in_is_sent_nowhere_else(
    opened: Opened, provider: OpenProvider
) -> None:
    with opened(oidc=provider.settings(), cookie_secure=True) as world:
        answer = Client(world.address).submit("/logga-in", "/logga-in/oidc")
    cookie = next(one for one in answer.set_cookies if "oidc" in one).lower()
    assert cookie.startswith("__host-handslag-oidc=")
    assert "; secure" in cookie
    assert "max-age=600" in cookie
    address = answer.headers["refresh"]
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == [f"https://{world.host}{BACK}"]


def test_the_code_is_of_use_to_nobody_else(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    address = leave(client)
    asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    assert client.get(provider.authorize(address)).status == 303
    [sent] = provider.token_requests
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert sent["redirect_uri"] == asked["redirect_uri"] == f"{lone.address}{BACK}"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["alla", "kontor", "okänd"], Role.PROGRAMME_OFFICE),
        (["registratur", "drift", "alla"], Role.ADMINISTRATOR),
        ("alla", Role.READER),
    ],
)
def test_of_several_groups_the_one_that_may_do_most_counts(
    lone: World, provider: OpenProvider, groups: object, role: Role
) -> None:
    provider.put(person("per", name="Per Ek", groups=groups))
    log_in(Client(lone.address), provider, "per")
    assert accounts(lone)["Per Ek"].role is role


def test_no_role_may_do_all_that_one_of_more_power_may() -> None:
    assert set(BY_POWER) == set(Role)
    for more, less in pairwise(BY_POWER):
        assert not PERMISSIONS[less] >= PERMISSIONS[more]
    assert all(PERMISSIONS[BY_POWER[0]] > PERMISSIONS[less] for less in BY_POWER[1:])


@pytest.mark.parametrize(
    "claims", [{}, {"groups": []}, {"groups": ["Registratur"]}, {"groups": {"alla": 1}}]
)
def test_whom_no_group_gives_a_role_is_told_so_and_leaves_no_trace(
    lone: World, provider: OpenProvider, claims: dict[str, object]
) -> None:
    provider.put(person("per", name="Per Ek", **claims))
    client = Client(lone.address)
    answer = log_in(client, provider, "per")
    assert answer.status == 403
    assert "Du loggade in med SKR-konto som Per Ek, men har ingen roll i Handslag." in said(answer)
    assert "handslag" not in client.cookies
    assert "Per Ek" not in accounts(lone)
    assert logged(lone) == []


def test_another_group_means_another_role_from_the_next_log_in_on(
    office: World, provider: OpenProvider
) -> None:
    first = Client(office.address)
    log_in(first, provider)
    provider.put(person(ASA.sub, name="Åsa Öberg", groups=["alla"]))
    assert first.get("/ej-kopplade").status == 200
    log_in(Client(office.address), provider)
    assert first.get("/ej-kopplade").status == 403
    line = logged(office)[-1]
    assert (line.what, line.before) == ("user.role_changed", {"role": "registrator"})
    assert line.after == {"role": "läsare", "by": provider.issuer}
    log_in(Client(office.address), provider)
    assert len(logged(office)) == 2


def test_who_has_lost_the_last_group_is_logged_out_everywhere(
    office: World, provider: OpenProvider
) -> None:
    first = Client(office.address)
    log_in(first, provider)
    provider.put(person(ASA.sub, name="Åsa Öberg", groups=[]))
    for _ in range(2):
        assert log_in(Client(office.address), provider).status == 403
    assert first.get("/").status == 303
    assert [line.what for line in logged(office)] == ["user.first_login", "user.turned_away"]


def test_a_closed_account_stays_closed(office: World, provider: OpenProvider) -> None:
    first = Client(office.address)
    log_in(first, provider)
    with office.database.write() as session:
        session.get_one(UserAccount, "Åsa Öberg").closed_at = now()
    assert first.get("/").status == 303
    assert log_in(Client(office.address), provider).status == 403


@pytest.mark.parametrize("name", ["rut", "Rut", " rut\u202e ", "machine", "adam"])
def test_a_local_account_of_the_same_name_is_never_taken_over(
    office: World, provider: OpenProvider, name: str
) -> None:
    before = accounts(office)
    provider.put(person("x-1", name=name, groups=["alla"]))
    client = Client(office.address)
    assert log_in(client, provider, "x-1").status == 303
    after = accounts(office)
    [new] = set(after) - set(before)
    assert new == f"{''.join(name.split()).replace(chr(0x202E), '')} (1)"
    assert after[new].role is Role.READER
    assert {name: after[name].model_dump() for name in before} == {
        name: one.model_dump() for name, one in before.items()
    }
    assert client.get("/ej-kopplade").status == 403


@pytest.mark.parametrize("name", ["Åsa Öberg", "rut (1)", "Namn saknas"])
def test_no_local_account_can_have_a_name_of_the_providers(name: str, tmp_path: Path) -> None:
    with pytest.raises(users.WrongUser):
        users.add(Database(f"sqlite:///{tmp_path / 'x'}"), name, "läsare", who="command", now=now())


def test_the_subject_is_who_one_is_and_the_name_only_what_is_shown(
    office: World, provider: OpenProvider
) -> None:
    provider.put(person("asa-0815", name="Åsa Öberg", groups=["alla"]))
    log_in(Client(office.address), provider)
    log_in(Client(office.address), provider, "asa-0815")
    provider.put(person(ASA.sub, name="Åsa Ek", groups=["registratur"]))
    log_in(Client(office.address), provider)
    found = {name: one.subject for name, one in accounts(office).items() if one.issuer}
    assert found == {"Åsa Öberg": ASA.sub, "Åsa Öberg (2)": "asa-0815"}


def test_several_who_come_for_the_first_time_at_the_same_moment_all_get_in(office: World) -> None:
    def come(number: int) -> object:
        who = Identity("https://x.example", f"s{number // 2}", "Per Ek", frozenset())
        return office.app.state.site.accounts.admit(who, Role.READER, now())

    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(come, range(8)))
    assert all(isinstance(one, LoggedIn) for one in admitted)
    names = sorted(name for name, one in accounts(office).items() if one.issuer)
    assert names == ["Per Ek", "Per Ek (2)", "Per Ek (3)", "Per Ek (4)"]
    assert [line.what for line in logged(office)] == ["user.first_login"] * 4


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"name": "  Åsa\u202e\n <b>Öberg</b> " + "x" * 200}, "Åsa <b>Öberg</b> " + "x" * 43),
        ({"name": 17}, "Namn saknas"),
        ({}, "Namn saknas"),
    ],
)
def test_an_odd_name_is_made_harmless(
    lone: World, provider: OpenProvider, claims: dict[str, object], shown: str
) -> None:
    provider.put(person("per", groups=["alla"], **claims))
    client = Client(lone.address)
    assert log_in(client, provider, "per").status == 303
    assert shown in accounts(lone)
    assert "<b>Öberg" not in client.get("/").html


@pytest.mark.parametrize("password", ["", "x"])
def test_a_providers_person_has_no_password_here(
    office: World, provider: OpenProvider, password: str
) -> None:
    provider.put(person("gun", name="gun ek", groups=["alla"]))
    client = Client(office.address)
    log_in(client, provider, "gun")
    assert "/losenord" not in client.get("/").text
    assert client.get("/losenord").status == 404
    stranger = Client(office.address)
    for _ in range(3):
        assert stranger.log_in("gun ek", password).status == 401
    account = accounts(office)["gun ek"]
    assert (account.failed_logins, account.locked_until) == (0, None)
    assert log_in(Client(office.address), provider, "gun").status == 303


def refused(lone: World, answer: Answer, client: Client) -> str:
    """Nobody got in, and nothing was written; return what the page says."""
    assert answer.status in (400, 401), answer.text
    assert "handslag" not in client.cookies
    assert client.get("/").status == 303
    assert not [one for one in accounts(lone).values() if one.issuer]
    return said(answer)


UNTRUSTED = "Svaret från SKR-konto gick inte att lita på"
ELSEWHERE = "Inloggningen började inte i den här webbläsaren"


def test_an_answer_to_another_nonce_is_refused(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    address = changed(leave(client), nonce="n" * 43)
    answer = client.get(provider.authorize(address))
    assert refused(lone, answer, client).startswith(UNTRUSTED)


def test_an_answer_without_a_nonce_is_refused(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    address = re.sub(r"&nonce=[^&]+", "", leave(client))
    answer = client.get(provider.authorize(address))
    assert refused(lone, answer, client).startswith(UNTRUSTED)


def test_a_code_works_once(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    back = provider.authorize(leave(client))
    attempt = dict(client.cookies)
    assert client.get(back).status == 303
    thief = Client(lone.address)
    thief.cookies = attempt
    again = thief.get(back)
    assert again.status == 401
    assert said(again).startswith(UNTRUSTED)
    assert "handslag" not in thief.cookies


def test_the_answer_is_worth_nothing_in_another_browser(
    lone: World, provider: OpenProvider
) -> None:
    back = provider.authorize(leave(Client(lone.address)))
    other = Client(lone.address)
    assert refused(lone, other.get(back), other).startswith(ELSEWHERE)
    leave(other)
    assert refused(lone, other.get(back), other).startswith(ELSEWHERE)
    assert provider.token_requests == []


@pytest.mark.parametrize("cookie", ["", "x", "e30.aaaa.bbbb", "å"])
def test_a_cookie_that_we_did_not_make_begins_nothing(lone: World, cookie: str) -> None:
    client = Client(lone.address)
    client.cookies["handslag-oidc"] = cookie.encode().decode("latin-1")
    for query in ("", "?state=", "?state=%C3%A5&code=x"):
        assert refused(lone, client.get(BACK + query), client).startswith(ELSEWHERE)


def test_a_token_signed_by_another_key_is_refused(lone: World, provider: OpenProvider) -> None:
    key, _ = another_key()

    def forge(token: dict[str, Any]) -> dict[str, Any]:
        claims = _claims(token["id_token"]) | {"sub": "forged"}
        return token | {"id_token": jwt.encode({"alg": "RS256"}, claims, key)}

    provider.tamper["/oauth2/token"] = forge
    client = Client(lone.address)
    assert refused(lone, log_in(client, provider), client).startswith(UNTRUSTED)
    assert provider.paths.count("/jwks") == 2


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_a_token_that_needs_no_private_key_is_refused(
    lone: World, provider: OpenProvider, alg: str
) -> None:
    public = requests.get(f"{provider.issuer}/jwks", timeout=5).content

    def forge(token: dict[str, Any]) -> dict[str, Any]:
        claims = _claims(token["id_token"])
        made = jwt.encode({"alg": alg}, claims, OctKey.import_key(public), [alg])
        return token | {"id_token": made}

    provider.tamper["/oauth2/token"] = forge
    client = Client(lone.address)
    assert refused(lone, log_in(client, provider), client).startswith(UNTRUSTED)


def test_a_token_for_another_application_is_refused(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    address = leave(client)
    theirs = provider.authorize(changed(address, client_id="another"))
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    redirect_uri = parse_qs(urlsplit(address).query)["redirect_uri"][0]
    stolen = requests.post(
        f"{provider.issuer}/oauth2/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri},
        auth=("another", "x"),
        timeout=5,
    ).json()
    assert _claims(stolen["id_token"])["aud"] != CLIENT
    provider.tamper["/oauth2/token"] = lambda _: stolen
    answer = client.get(provider.authorize(address))
    assert refused(lone, answer, client).startswith(UNTRUSTED)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"aud": "another", "azp": CLIENT},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": 99999999999},
        {"nbf": 99999999999},
        {"nonce": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 17},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
def test_a_well_signed_token_with_a_wrong_claim_is_refused(
    lone: World, provider: OpenProvider, claims: dict[str, object]
) -> None:
    client = Client(lone.address)
    _sign_with_own_key(provider, claims)
    assert refused(lone, log_in(client, provider), client).startswith(UNTRUSTED)


def test_the_providers_clock_may_be_a_little_slow_or_fast(
    lone: World, provider: OpenProvider
) -> None:
    ahead = int(now().timestamp()) + 30
    _sign_with_own_key(provider, {"iat": ahead, "nbf": ahead, "exp": ahead - 60})
    assert log_in(Client(lone.address), provider).status == 303


def test_an_expired_token_is_refused(opened: Opened) -> None:
    with open_provider(timedelta(seconds=-90)) as late, opened(oidc=late.settings()) as world:
        client = Client(world.address)
        assert refused(world, log_in(client, late), client).startswith(UNTRUSTED)


@pytest.mark.parametrize(
    "token", [{}, {"id_token": None}, {"id_token": "x"}, {"id_token": "a.b.c"}]
)
def test_an_answer_without_a_token_is_refused(
    lone: World, provider: OpenProvider, token: dict[str, object]
) -> None:
    provider.tamper["/oauth2/token"] = lambda _: (
        {"access_token": "x", "token_type": "Bearer"} | token
    )
    client = Client(lone.address)
    assert refused(lone, log_in(client, provider), client).startswith(UNTRUSTED)


def test_new_keys_at_the_provider_are_fetched_once(lone: World, provider: OpenProvider) -> None:
    assert log_in(Client(lone.address), provider).status == 303
    assert log_in(Client(lone.address), provider).status == 303
    assert provider.paths.count("/jwks") == 1
    provider.renew_keys(ASA)
    assert log_in(Client(lone.address), provider).status == 303
    assert provider.paths.count("/jwks") == 2
    _sign_with_own_key(provider, {})
    assert log_in(Client(lone.address), provider).status == 303
    assert log_in(Client(lone.address), provider).status == 303
    assert provider.paths.count("/jwks") == 3
    assert provider.paths.count(DESCRIPTION) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": "access_denied"}, "Inloggningen avbröts."),
        (
            {"error": "server_error", "error_description": "Ring 0900-1234"},
            "Det gick inte att logga in med SKR-konto.",
        ),
        ({}, UNTRUSTED),
        ({"code": "guessed"}, UNTRUSTED),
    ],
)
def test_what_the_provider_cannot_do_is_said_in_our_words(
    lone: World, provider: OpenProvider, answer: dict[str, str], words: str
) -> None:
    client = Client(lone.address)
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    page = client.get(f"{BACK}?{urlencode(answer | {'state': state})}")
    assert refused(lone, page, client).startswith(words)
    assert "0900" not in page.text


@pytest.mark.parametrize(
    "till", ["https://ond.example/", "//ond.example", "/\\ond.example", "x", "/" + "x" * 2000]
)
def test_the_way_back_never_leads_to_another_site(
    lone: World, provider: OpenProvider, till: str
) -> None:
    assert log_in(Client(lone.address), provider, till=till).location == "/"


def test_the_form_that_leads_away_is_guarded(lone: World, provider: OpenProvider) -> None:
    client = Client(lone.address)
    assert client.post("/logga-in/oidc", {}).status == 403
    token = client.token("/logga-in")
    assert client.post("/logga-in/oidc", {"_csrf": token}, Origin="http://x").status == 403
    assert provider.paths == []


def test_no_page_but_the_log_in_asks_the_provider(lone: World, provider: OpenProvider) -> None:
    local = Client(lone.address)
    assert local.log_in("rut", PASSWORD).status == 303
    for path in ("/logga-in", "/", "/ej-kopplade", "/health"):
        local.get(path)
    local.submit("/", "/logga-ut")
    assert provider.paths == []
    client = Client(lone.address)
    log_in(client, provider)
    asked = len(provider.paths)
    for path in ("/", "/ej-kopplade"):
        assert client.get(path).status == 200
    assert client.get(client.submit("/", "/logga-ut").location).status == 200
    assert len(provider.paths) == asked


def test_when_the_provider_is_down_a_local_account_still_works(opened: Opened) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with opened(oidc={"issuer": issuer, "client_id": "x", "roles": ROLES}) as world:
            client = Client(world.address)
            answer = client.submit("/logga-in", "/logga-in/oidc", till="/mejl", kept="{}")
            assert answer.status == 503
            assert "just nu. Försök igen om en stund, eller använd ett lokalt konto." in said(
                answer
            )
            assert 'name="till" value="/mejl"' in answer.text
            assert 'name="kept" value="{}"' in answer.text
            assert client.get("/logga-ut/oidc").status == 503
            assert client.log_in("rut", PASSWORD).status == 303


def test_a_provider_that_says_nothing_is_waited_for_once(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_discovery, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with opened(oidc={"issuer": issuer, "client_id": "x", "roles": ROLES}) as world:
            client = Client(world.address)
            started = now()
            for _ in range(4):
                assert client.submit("/logga-in", "/logga-in/oidc").status == 503
            assert now() - started < timedelta(seconds=0.9)


@pytest.mark.parametrize(
    ("path", "tamper"),
    [
        (DESCRIPTION, lambda found: found | {"issuer": "https://x.example"}),
        (DESCRIPTION, lambda found: found | {"token_endpoint": "http://x.example/"}),
        (DESCRIPTION, lambda found: found | {"authorization_endpoint": "javascript:x"}),
        (DESCRIPTION, lambda _: {"issuer": 1}),
        (DESCRIPTION, lambda _: []),
        ("/jwks", lambda _: {"keys": "none"}),
        ("/jwks", lambda _: {"keys": [{"kty": "RSA"}]}),
        ("/jwks", lambda _: []),
        ("/oauth2/token", lambda _: []),
    ],
)  # fmt: skip
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    lone: World, provider: OpenProvider, path: str, tamper: Callable[[Any], Any]
) -> None:
    provider.tamper[path] = tamper
    client = Client(lone.address)
    answer = client.submit("/logga-in", "/logga-in/oidc")
    if path != DESCRIPTION:
        address = answer.headers["refresh"].removeprefix("0; url=")
        answer = client.get(provider.authorize(address))
    assert answer.status == 503
    assert said(answer).startswith("Det går inte att logga in med SKR-konto just nu.")


def test_what_was_typed_survives_a_log_in_at_the_provider(
    lone: World, provider: OpenProvider
) -> None:
    client = Client(lone.address)
    log_in(client, provider)
    token = client.token("/")
    client.cookies.clear()
    text = 'Ringde "Eva" <kl. 9>' + "x" * 5000
    lost = client.post("/ej-kopplade/1/hantera", {"_csrf": token, "note": text})
    kept = unescape(lost.html.split('name="kept" value="')[1].split('"')[0])
    address = leave(client, kept=kept)
    denied = client.get(
        f"{BACK}?error=access_denied&state={parse_qs(urlsplit(address).query)['state'][0]}"
    )
    kept = unescape(denied.html.split('name="kept" value="')[1].split('"')[0])
    again = log_in(client, provider, kept=kept)
    assert again.status == 200
    assert text in again.text
    assert 'action="/ej-kopplade/1/hantera"' in again.text
    assert client.token("/") in again.text


def test_what_is_kept_meanwhile_is_limited_and_forgotten() -> None:
    clock = [0.0]
    attempts = Attempts(lambda: clock[0])
    begun = [attempts.begin("x", "/", "x" * 1_000_000) for _ in range(17)]
    assert [one is None for one in begun] == [False] * 16 + [True]
    assert begun[0] is not None
    assert len(attempts.take_kept(begun[0])) == 1_000_000
    assert attempts.take_kept(begun[0]) == ""
    clock[0] = 601.0
    assert attempts.begin("x", "/", "x" * 15_000_000) is not None


def test_after_log_out_one_can_log_out_at_the_provider_too(
    lone: World, provider: OpenProvider
) -> None:
    client = Client(lone.address)
    log_in(client, provider)
    page = client.get(client.submit("/", "/logga-ut").location).text
    assert "kan fortfarande vara inloggad med SKR-konto" in page
    assert 'href="/logga-ut/oidc"' in page
    there = client.get("/logga-ut/oidc")
    assert there.status == 303
    assert there.location.startswith(f"{provider.issuer}/oauth2/end_session?")
    asked = parse_qs(urlsplit(there.location).query)
    assert asked["post_logout_redirect_uri"] == [f"{lone.address}/logga-in"]
    assert asked["client_id"] == [CLIENT]


def test_a_provider_without_a_log_out_is_not_offered(lone: World, provider: OpenProvider) -> None:
    provider.tamper[DESCRIPTION] = lambda found: {
        name: value for name, value in found.items() if name != "end_session_endpoint"
    }
    client = Client(lone.address)
    log_in(client, provider)
    page = client.get(client.submit("/", "/logga-ut").location).text
    assert "Stäng alla fönster i webbläsaren" in page
    assert "/logga-ut/oidc" not in page
    assert client.get("/logga-ut/oidc").status == 503


def test_without_a_provider_nothing_of_it_is_there(fresh: World) -> None:
    client = Client(fresh.address)
    assert "oidc" not in client.get("/logga-in?utloggad=ja").text
    for path in (BACK, "/logga-ut/oidc"):
        assert client.get(path).status == 404
    token = client.token("/logga-in")
    assert client.post("/logga-in/oidc", {"_csrf": token}).status == 404


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("ISSUER", "https://login.example/realms/skr"),
        ("CLIENT_ID", "handslag"),
        ("CLIENT_SECRET", "hemligt"),
        ("ROLES", '{"Registratur": "registrator", "IT": "administratör"}'),
    ):
        monkeypatch.setenv(f"HANDSLAG_WEB__OIDC__{name}", value)
    read = RegistrySettings.load().web.oidc
    assert read.roles == {"Registratur": Role.REGISTRAR, "IT": Role.ADMINISTRATOR}
    assert "hemligt" not in repr(read)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example"},
        {"issuer": "https://user@login.example"},
        {"issuer": "https://login.example/#x"},
        {"issuer": "login.example"},
        {"issuer": "https://[login.example"},
        {"client_id": ""},
        {"roles": {}},
        {"roles": {"IT": "chef"}},
        {"scopes": "profile"},
        {"label": ""},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    right = {"issuer": "https://login.example", "client_id": "x", "roles": ROLES}
    OidcSection.model_validate(right)
    with pytest.raises(ValidationError):
        OidcSection.model_validate(right | wrong)


def test_keys_that_we_do_not_understand_are_no_hindrance(
    lone: World, provider: OpenProvider
) -> None:
    odd = [
        {"kty": "AKP", "kid": "pq"},
        "x",
        {"kty": "oct", "k": "eA"},
        {"kty": "RSA", "use": "enc"},
    ]
    provider.tamper["/jwks"] = lambda found: {"keys": odd + found["keys"]}
    assert log_in(Client(lone.address), provider).status == 303


@pytest.mark.parametrize("width", [1280, 320])
def test_in_a_real_browser_one_gets_there_and_back_and_out(
    lone: World, provider: OpenProvider, browser: Browser, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()

    def fits() -> None:
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(f"{lone.address}/mejl")
    fits()
    context.route(f"{provider.issuer}/**", lambda route: route.fulfill(status=204))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Du skickas vidare")).to_be_visible()
    fits()
    context.unroute(f"{provider.issuer}/**")
    page.get_by_role("link", name="Fortsätt om inget händer").click()
    page.get_by_placeholder("sub").fill("nobody")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("alert")).to_contain_text("ingen roll i Handslag")
    fits()
    page.get_by_role("button", name="Logga in med SKR-konto").click()
    page.get_by_placeholder("sub").fill(ASA.sub)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="Mejl", exact=True)).to_be_visible()
    assert page.url == f"{lone.address}/mejl"
    if width < 500:
        page.get_by_role("button", name="Meny").click()
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_role("status")).to_contain_text("Du är utloggad från Handslag")
    fits()
    page.get_by_role("link", name="Logga ut där också").click()
    page.wait_for_url(f"{provider.issuer}/oauth2/end_session?**")
    context.close()


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def _sign_with_own_key(provider: OpenProvider, claims: dict[str, object]) -> None:
    """Let the provider have a key that the test has too; a claim of None is left out."""
    key, published = another_key()

    def sign(token: dict[str, Any]) -> dict[str, Any]:
        said = {k: v for k, v in (_claims(token["id_token"]) | claims).items() if v is not None}
        return token | {"id_token": jwt.encode({"alg": "RS256", "kid": "another"}, said, key)}

    provider.tamper["/jwks"] = lambda _: published
    provider.tamper["/oauth2/token"] = sign
