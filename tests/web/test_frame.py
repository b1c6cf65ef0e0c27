"""The frame: headers, errors, health, the files pages are drawn with, and every route's guard."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from services.registry.tables import Role
from services.registry.web import roles
from services.registry.web.roles import Permission
from services.registry.web.routes import (
    Pages,
    UndeclaredRoute,
    add_pages,
    check_declared,
    permission_of,
)
from services.registry.web.security import CONTENT_SECURITY_POLICY
from services.registry.web.visit import Visitor
from services.registry.web.words import REASONS
from shared.database import Database
from shared.events import Reason
from tests.web.client import Answer, Client
from tests.web.world import World, open_world, served

EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.REGISTRAR, Role.PROGRAMME_OFFICE, Role.ADMINISTRATOR})
RESOLVERS = frozenset({Role.REGISTRAR, Role.ADMINISTRATOR})
MANAGERS = frozenset({Role.PROGRAMME_OFFICE, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

MATRIX: dict[tuple[str, str], frozenset[Role]] = {
    ("POST", "/logga-ut"): EVERYBODY,
    ("GET", "/losenord"): EVERYBODY,
    ("POST", "/losenord"): EVERYBODY,
    ("GET", "/"): EVERYBODY,
    ("GET", "/svar"): EVERYBODY,
    ("GET", "/svar/{initiative_id}"): EVERYBODY,
    ("GET", "/svar/{initiative_id}/karta"): EVERYBODY,
    ("GET", "/alla-svar"): EVERYBODY,
    ("GET", "/kommuner"): EVERYBODY,
    ("GET", "/kommuner/{code}"): EVERYBODY,
    ("GET", "/kontaktpersoner"): EVERYBODY,
    ("GET", "/kontaktpersoner/{contact_id}"): EVERYBODY,
    ("POST", "/kontaktpersoner/{contact_id}/andra"): RESOLVERS,
    ("POST", "/kontaktpersoner/{contact_id}/avsluta"): RESOLVERS,
    ("GET", "/kontaktpersoner/ny/{document_id}"): RESOLVERS,
    ("POST", "/kontaktpersoner/ny/{document_id}"): RESOLVERS,
    ("GET", "/export/kontaktpersoner.{format}"): EVERYBODY,
    ("GET", "/handlingar/{document_id}"): EVERYBODY,
    ("POST", "/handlingar/{document_id}/makulera"): RESOLVERS,
    ("POST", "/handlingar/{document_id}/ratta"): RESOLVERS,
    ("GET", "/sidbilder/{document_id}/{digest}"): EVERYBODY,
    ("GET", "/handlingar/{document_id}/filer/{number}"): EVERYBODY,
    ("GET", "/handlingar/{document_id}/sokbar-pdf"): EVERYBODY,
    ("GET", "/ej-kopplade"): STAFF,
    ("GET", "/ej-kopplade/{item_id}"): STAFF,
    ("POST", "/ej-kopplade/{item_id}/hantera"): RESOLVERS,
    ("POST", "/ej-kopplade/{item_id}/forhandsvisa"): RESOLVERS,
    ("GET", "/ej-kopplade/{item_id}/sidor"): RESOLVERS,
    ("POST", "/ej-kopplade/{item_id}/sidor"): RESOLVERS,
    ("POST", "/omordningar/{arrangement_id}/ta-tillbaka"): RESOLVERS,
    ("POST", "/omordningar/{arrangement_id}/angra"): RESOLVERS,
    ("POST", "/avgoranden/{resolution_id}/angra"): RESOLVERS,
    ("POST", "/ej-kopplade/{item_id}/ta"): RESOLVERS,
    ("POST", "/ej-kopplade/{item_id}/slapp"): RESOLVERS,
    ("GET", "/vantar"): STAFF,
    ("GET", "/studsar"): STAFF,
    ("POST", "/studsar/{mail_id}/ratta"): RESOLVERS,
    ("POST", "/studsar/{mail_id}/hanterad"): RESOLVERS,
    ("GET", "/fragor"): STAFF,
    ("POST", "/fragor/{resolution_id}/besvarad"): STAFF,
    ("GET", "/uppgifter"): STAFF,
    ("POST", "/uppgifter/{mail_id}/andra"): RESOLVERS,
    ("POST", "/uppgifter/{mail_id}/avfarda"): RESOLVERS,
    ("GET", "/utgaende/{name}"): STAFF,
    ("GET", "/utgaende/{name}/original"): STAFF,
    ("GET", "/avslutade-nyhetsbrev"): STAFF,
    ("POST", "/avslutade-nyhetsbrev"): RESOLVERS,
    ("POST", "/avslutade-nyhetsbrev/angra"): RESOLVERS,
    ("GET", "/behov"): STAFF,
    ("GET", "/behov/{mail_id}/mall"): STAFF,
    ("GET", "/behov/{mail_id}/mall/brev"): STAFF,
    ("POST", "/behov/{mail_id}/mall"): STAFF,
    ("GET", "/mejl"): STAFF,
    ("GET", "/mejl/{mail_id}"): STAFF,
    ("GET", "/mejl/{mail_id}/original"): STAFF,
    ("GET", "/mejl/{mail_id}/delar/{number}"): STAFF,
    ("GET", "/satt-at-sidan"): STAFF,
    ("GET", "/sok"): EVERYBODY,
    ("GET", "/handelselogg"): STAFF,
    ("GET", "/handelser"): EVERYBODY,
    ("GET", "/drift"): ADMINISTRATORS,
    ("POST", "/drift/ohanterade/forsok-igen"): ADMINISTRATORS,
    ("POST", "/drift/ohanterade/{number}/forsok-igen"): ADMINISTRATORS,
    ("POST", "/drift/ohanterade/{service}/{number}/forsok-igen"): ADMINISTRATORS,
    ("POST", "/drift/bevis"): ADMINISTRATORS,
    ("GET", "/initiativ"): EVERYBODY,
    ("GET", "/initiativ/{initiative_id}"): EVERYBODY,
    ("GET", "/initiativ/{initiative_id}/andra"): MANAGERS,
    ("POST", "/initiativ/{initiative_id}/andra"): MANAGERS,
    ("GET", "/nytt-initiativ"): MANAGERS,
    ("POST", "/nytt-initiativ"): MANAGERS,
    ("GET", "/las-in-omgang"): MANAGERS,
    ("POST", "/las-in-omgang"): MANAGERS,
    ("GET", "/nycklar"): ADMINISTRATORS,
    ("POST", "/nycklar"): ADMINISTRATORS,
    ("POST", "/nycklar/{name}/dra-in"): ADMINISTRATORS,
    ("GET", "/programgranssnitt"): EVERYBODY,
    ("GET", "/blanketter"): STAFF,
    ("GET", "/blanketter/egna/{initiative_id}"): STAFF,
    ("GET", "/behovsmall.{format}"): STAFF,
    ("GET", "/blanketter/larda/{initiative_id}/{version}"): STAFF,
    ("GET", "/blanketter/larda/{initiative_id}/{version}/bild"): STAFF,
    ("POST", "/blanketter/larda/{initiative_id}/{version}/dra-tillbaka"): MANAGERS,
    ("POST", "/blanketter/larda/{initiative_id}/{version}/ta-i-bruk"): MANAGERS,
    ("GET", "/blanketter/ny"): MANAGERS,
    ("POST", "/blanketter/ny"): MANAGERS,
    ("GET", "/blanketter/utkast/{draft_id}"): MANAGERS,
    ("GET", "/blanketter/utkast/{draft_id}/lage"): MANAGERS,
    ("GET", "/blanketter/utkast/{draft_id}/sida/{number}"): MANAGERS,
    ("GET", "/blanketter/utkast/{draft_id}/forhandsbild/{digest}"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/falt"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/sida"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/las"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/igen"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/avbryt"): MANAGERS,
    ("POST", "/blanketter/utkast/{draft_id}/ta-i-bruk"): MANAGERS,
    ("GET", "/kommunregister"): EVERYBODY,
    ("GET", "/kommunregister/{code}"): MANAGERS,
    ("POST", "/kommunregister/{code}"): MANAGERS,
    ("GET", "/las-in-kommuner"): MANAGERS,
    ("POST", "/las-in-kommuner"): MANAGERS,
    ("GET", "/export/kommunregister.csv"): EVERYBODY,
    ("GET", "/brevmallar"): MANAGERS,
    ("GET", "/brevmallar/{name}"): MANAGERS,
    ("POST", "/brevmallar/{name}"): MANAGERS,
    ("GET", "/brevmallar/{name}/brev"): MANAGERS,
    ("POST", "/brevmallar/{name}/brev"): MANAGERS,
    ("POST", "/brevmallar/{name}/aterstall"): MANAGERS,
    ("GET", "/utskick"): EVERYBODY,
    ("GET", "/utskick/{mailing_id}"): EVERYBODY,
    ("GET", "/nytt-utskick"): STAFF,
    ("POST", "/nytt-utskick"): STAFF,
    ("GET", "/utskick/{mailing_id}/vilka"): STAFF,
    ("POST", "/utskick/{mailing_id}/vilka"): STAFF,
    ("GET", "/utskick/{mailing_id}/text"): STAFF,
    ("POST", "/utskick/{mailing_id}/text"): STAFF,
    ("GET", "/utskick/{mailing_id}/mottagare"): STAFF,
    ("GET", "/utskick/{mailing_id}/forhandsvisning"): STAFF,
    ("GET", "/utskick/{mailing_id}/brev"): STAFF,
    ("POST", "/utskick/{mailing_id}/prov"): STAFF,
    ("GET", "/utskick/{mailing_id}/skicka"): STAFF,
    ("POST", "/utskick/{mailing_id}/tid"): STAFF,
    ("POST", "/utskick/{mailing_id}/lamna-in"): STAFF,
    ("POST", "/utskick/{mailing_id}/ta-bort"): STAFF,
    ("POST", "/utskick/{mailing_id}/godkann"): STAFF,
    ("POST", "/utskick/{mailing_id}/till-utkast"): STAFF,
    ("POST", "/utskick/{mailing_id}/skicka"): STAFF,
    ("POST", "/utskick/{mailing_id}/pausa"): STAFF,
    ("POST", "/utskick/{mailing_id}/fortsatt"): STAFF,
    ("POST", "/utskick/{mailing_id}/stoppa"): STAFF,
    ("POST", "/utskick/{mailing_id}/takt"): STAFF,
    ("GET", "/anvandare"): ADMINISTRATORS,
    ("POST", "/anvandare"): ADMINISTRATORS,
    ("GET", "/anvandare/konto"): ADMINISTRATORS,
    ("POST", "/anvandare/konto/roll"): ADMINISTRATORS,
    ("POST", "/anvandare/konto/stang"): ADMINISTRATORS,
    ("POST", "/anvandare/konto/oppna"): ADMINISTRATORS,
    ("POST", "/anvandare/konto/losenord"): ADMINISTRATORS,
    ("GET", "/export/svar.{format}"): EVERYBODY,
    ("GET", "/export"): EVERYBODY,
    ("GET", "/export/svar/{document_id}.zip"): STAFF,
    ("GET", "/export/initiativ/{initiative_id}.zip"): STAFF,
    ("GET", "/export/oppna-data.{format}"): EVERYBODY,
    ("GET", "/export/handelselogg.jsonl"): STAFF,
    ("GET", "/export/handelselogg.csv"): STAFF,
}
"""Who may do what, written down a second time: a change of a permission must be meant."""

OPEN = {
    ("GET", "/oppna-data/svar.{format}"),
    ("GET", "/oppna-data/katalog.jsonld"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/static/{version}/{name}"),
    ("GET", "/logga-in"),
    ("POST", "/logga-in"),
    ("POST", "/logga-in/oidc"),
    ("GET", "/logga-in/oidc/svar"),
    ("GET", "/logga-ut/oidc"),
    ("GET", "/avsluta/{token}"),
    ("POST", "/avsluta/{token}"),
    ("POST", "/avsluta/{token}/angra"),
}


def routes(app: FastAPI) -> dict[tuple[str, str], Permission]:
    return {
        (method, route.path): permission_of(route)  # type: ignore[attr-defined]
        for route in app.routes
        for method in route.methods  # type: ignore[attr-defined]
    }


def filled(path: str) -> str:
    """A path with values that no row has: whoever passes the guard meets a 404."""
    for name, value in (
        ("{initiative_id}", "finns-inte"),
        ("{code}", "9999"),
        ("{version}", "99"),
        ("{draft_id}", "finns-inte"),
        ("{document_id}", "m" + "0" * 23 + "-1"),
        ("{mail_id}", "m" + "0" * 23),
        ("{mailing_id}", "finns-inte"),
        ("{digest}", "0" * 64),
        ("{item_id}", "999999"),
        ("{contact_id}", "999999"),
        ("{format}", "csv"),
        ("{resolution_id}", "finns-inte"),
        ("{arrangement_id}", "finns-inte"),
        ("{number}", "99"),
        ("{service}", "finns-inte"),
        ("{name}", "finns-inte"),
    ):
        path = path.replace(name, value)
    return path


def ask(client: Client, method: str, path: str, token: str = "") -> Answer:
    return client.get(path) if method == "GET" else client.post(path, {"_csrf": token})


def test_every_route_is_in_the_matrix_or_open_to_all(world: World) -> None:
    assert set(routes(world.app)) == set(MATRIX) | OPEN


def test_no_route_but_the_open_ones_answers_a_stranger(world: World, stranger: Client) -> None:
    for (method, path), permission in routes(world.app).items():
        if permission is not Permission.OPEN:
            answer = ask(stranger, method, filled(path))
            assert answer.status == 303, path
            assert answer.location.startswith("/logga-in"), path


@pytest.mark.parametrize("role", list(Role))
def test_every_route_lets_in_the_roles_of_the_matrix_and_no_other(
    world: World, people: dict[Role, Client], role: Role
) -> None:
    client = people[role]
    token = client.token("/")
    for (method, path), allowed in MATRIX.items():
        if path in ("/logga-ut", "/losenord"):
            continue  # they would end the session; tests of their own
        status = ask(client, method, filled(path), token).status
        assert (status == 403) is (role not in allowed), f"{role} {method} {path}: {status}"


def test_every_role_has_permissions_and_nobody_resolves_without_seeing() -> None:
    assert set(roles.PERMISSIONS) == set(Role)
    for permissions in roles.PERMISSIONS.values():
        if Permission.RESOLVE in permissions:
            assert Permission.SEE_MAIL in permissions


def test_a_route_without_a_permission_stops_the_application(fresh: World) -> None:
    fresh.app.add_api_route("/bakdorr", lambda: "hej")
    with pytest.raises(UndeclaredRoute, match="/bakdorr"):
        check_declared(fresh.app)


def test_every_answer_carries_the_security_headers(stranger: Client, registrar: Client) -> None:
    answers = [
        stranger.get("/logga-in"),
        stranger.get("/"),
        stranger.get("/health"),
        stranger.get("/static/x/handslag.css"),
        stranger.post("/logga-in", {}),
        registrar.get("/"),
        registrar.get("/finns-inte"),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"


def test_every_page_says_whose_office_it_is(
    empty_database: Database, tmp_path: Path, registrar: Client
) -> None:
    with served(open_world(tmp_path, empty_database, organisation="Adda & Inera")) as world:
        page = Client(world.address).get("/logga-in").text
    assert '<footer class="colophon">Adda & Inera</footer>' in page
    assert '<footer class="colophon">Sveriges Kommuner och Regioner</footer>' in (
        registrar.get("/mejl").text
    )


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY


def test_what_is_personal_is_not_kept_by_the_browser(registrar: Client) -> None:
    assert registrar.get("/").headers["cache-control"] == "no-store"


def test_the_style_sheet_is_kept_for_as_long_as_its_address_lives(stranger: Client) -> None:
    html = stranger.get("/logga-in").html
    address = html.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = stranger.get(address)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert stranger.get("/static/gammal/handslag.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "finns-inte.css"])
def test_nothing_but_the_known_files_is_served(stranger: Client, name: str) -> None:
    assert stranger.get(f"/static/x/{name}").status == 404


def test_an_unknown_address_is_explained_in_the_frame(registrar: Client) -> None:
    answer = registrar.get("/finns-inte")
    assert answer.status == 404
    assert "Sidan finns inte" in answer.text
    assert "Logga ut" in answer.text


def test_a_malformed_number_in_an_address_is_just_not_there(registrar: Client) -> None:
    assert registrar.get("/ej-kopplade/abc").status == 404
    assert registrar.get("/ej-kopplade/99999999999999999999999").status == 404


def test_a_page_beyond_the_last_shows_the_last(registrar: Client) -> None:
    answer = registrar.get("/mejl?sida=4000")
    assert answer.status == 200
    assert "Nästa" not in answer.text


def test_a_crash_is_a_page_that_gives_nothing_away(fresh: World) -> None:
    extra = Pages()

    @extra.get("/krasch", Permission.OPEN)
    def crash(visit: Visitor) -> PlainTextResponse:
        raise RuntimeError("the secret inside")

    add_pages(fresh.app, (extra,))
    answer = Client(fresh.address).get("/krasch")
    assert answer.status == 500
    assert "Något gick fel" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_health_is_open_and_tells_strangers_only_that_something_is_wrong(fresh: World) -> None:
    client = Client(fresh.address)
    assert client.get("/health").status == 200
    fresh.app.state.test_faults["bus"] = "not connected to 10.0.0.7"
    fresh.app.state.site.operations._checked_at = None
    answer = client.get("/health")
    assert answer.status == 503
    assert "bus" in answer.text
    assert "10.0.0.7" not in answer.text


def test_a_fault_in_operations_stands_on_every_page(fresh: World) -> None:
    fresh.app.state.test_faults["bus"] = "not connected to 10.0.0.7"
    client = Client(fresh.address)
    client.log_in("rut", "en lugn dag i registraturen")
    for path in ("/", "/ej-kopplade", "/mejl"):
        answer = client.get(path)
        assert "Något är fel i driften" in answer.text
        assert "Tjänsterna når inte varandra" in answer.text
        assert "10.0.0.7" not in answer.text


def test_metrics_need_a_log_in_that_may_see_operations(
    stranger: Client, people: dict[Role, Client]
) -> None:
    assert stranger.get("/metrics").status == 403
    assert people[Role.REGISTRAR].get("/metrics").status == 403
    answer = people[Role.ADMINISTRATOR].get("/metrics")
    assert answer.status == 200
    assert "handslag_web_request_seconds" in answer.text


def test_a_monitor_with_the_token_may_read_metrics(
    tmp_path: Path, empty_database: Database
) -> None:
    with served(open_world(tmp_path, empty_database, metrics_token="hemligt")) as world:
        client = Client(world.address)
        assert client.get("/metrics", Authorization="Bearer hemligt").status == 200
        assert client.get("/metrics", Authorization="Bearer gissat").status == 403


def test_the_first_view_is_small(world: World, registrar: Client) -> None:
    page = registrar.get("/")
    assets = world.app.state.site.assets
    drawn = sum(len(assets.find(name).content) for name in ("handslag.css", "handslag.svg"))
    assert len(page.body) + drawn < 100_000


def test_every_reason_has_words_of_its_own() -> None:
    assert set(REASONS) == set(Reason)
    assert len({words.short for words in REASONS.values()}) == len(REASONS)
    for words in REASONS.values():
        assert words.short
        assert words.long.endswith(".")
        assert "!" not in words.short + words.long
