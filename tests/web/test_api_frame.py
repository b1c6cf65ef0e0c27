"""The interface's guard: keys and nothing else, who may do what, and what is never let in."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import select

from services.registry.admin import tokens
from services.registry.api.routing import UndeclaredRoute, check_declared, permission_of
from services.registry.tables import ApiToken, Role
from services.registry.web.roles import Permission
from services.registry.web.security import CONTENT_SECURITY_POLICY
from tests.web.calls import V1, Program, problem, program
from tests.web.client import Answer, Client
from tests.web.world import START, World

EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.REGISTRAR, Role.PROGRAMME_OFFICE, Role.ADMINISTRATOR})
RESOLVERS = frozenset({Role.REGISTRAR, Role.ADMINISTRATOR})

MATRIX: dict[tuple[str, str], frozenset[Role]] = {
    ("GET", "/initiatives"): EVERYBODY,
    ("GET", "/initiatives/{initiative_id}"): EVERYBODY,
    ("GET", "/initiatives/{initiative_id}/municipalities/{code}/answers"): EVERYBODY,
    ("GET", "/municipalities"): EVERYBODY,
    ("GET", "/municipalities/{code}"): EVERYBODY,
    ("GET", "/answers"): EVERYBODY,
    ("GET", "/answers/{document_id}"): EVERYBODY,
    ("POST", "/answers/{document_id}/void"): RESOLVERS,
    ("POST", "/answers/{document_id}/correct"): RESOLVERS,
    ("GET", "/answers/{document_id}/package"): STAFF,
    ("GET", "/contacts"): EVERYBODY,
    ("GET", "/contacts/{contact_id}"): EVERYBODY,
    ("GET", "/documents"): EVERYBODY,
    ("GET", "/documents/{document_id}"): EVERYBODY,
    ("GET", "/documents/{document_id}/log"): EVERYBODY,
    ("GET", "/documents/{document_id}/files/{number}"): EVERYBODY,
    ("GET", "/documents/{document_id}/pages/{number}"): EVERYBODY,
    ("GET", "/documents/{document_id}/searchable.pdf"): EVERYBODY,
    ("GET", "/queue"): STAFF,
    ("GET", "/queue/{item_id}"): STAFF,
    ("POST", "/queue/{item_id}/verdict"): RESOLVERS,
    ("POST", "/resolutions/{resolution_id}/undo"): RESOLVERS,
    ("GET", "/mails"): STAFF,
    ("GET", "/mails/{mail_id}"): STAFF,
    ("GET", "/mails/{mail_id}/original"): STAFF,
    ("GET", "/messages"): STAFF,
    ("GET", "/needs"): STAFF,
    ("GET", "/log"): STAFF,
    ("GET", "/search"): EVERYBODY,
}
"""Who may do what, written down a second time: a change of a permission must be meant."""


def routes(api: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, route.path.removeprefix(V1))  # type: ignore[attr-defined]
        for route in api.routes
        if permission_of(route) is not Permission.OPEN
        for method in route.methods  # type: ignore[attr-defined]
    }


def filled(path: str) -> str:
    """A path with values that no row has: whoever passes the guard meets another problem."""
    for name, value in (("{initiative_id}", "nej"), ("{code}", "9999"), ("{number}", "99"),
                        ("{document_id}", "nej"), ("{mail_id}", "nej"), ("{item_id}", "999999"),
                        ("{contact_id}", "999999"), ("{resolution_id}", "nej")):  # fmt: skip
        path = path.replace(name, value)
    return path


def ask(caller: Program, method: str, path: str) -> Answer:
    return caller.get(path) if method == "GET" else caller.post(path, {})


def test_every_route_is_in_the_matrix(world: World) -> None:
    assert routes(world.app.state.api) == set(MATRIX)


@pytest.mark.parametrize("role", list(Role))
def test_every_route_lets_in_the_roles_of_the_matrix_and_no_other(world: World, role: Role) -> None:
    caller = program(world, role)
    for (method, path), allowed in MATRIX.items():
        status = ask(caller, method, filled(path)).status
        assert (status == 403) is (role not in allowed), f"{role} {method} {path}: {status}"
        assert status < 500


def test_no_route_answers_without_a_key(world: World) -> None:
    stranger = Program(world.address, "")
    for method, path in MATRIX:
        answer = ask(stranger, method, filled(path))
        assert problem(answer)["code"] == "token_missing", path
        assert answer.headers["www-authenticate"] == 'Bearer realm="handslag"'


def test_a_route_without_a_permission_stops_the_interface(fresh: World) -> None:
    api = fresh.app.state.api
    api.add_api_route("/api/v1/bakdorr", lambda: "hej")
    with pytest.raises(UndeclaredRoute, match="/api/v1/bakdorr"):
        check_declared(api)


def test_a_log_in_is_no_key_and_a_key_is_no_log_in(world: World, registrar: Client) -> None:
    assert problem(registrar.get(f"{V1}/queue"))["code"] == "token_missing"
    answer = registrar.get(f"{V1}/queue", Authorization="Basic cnV0OmhlbWxpZ3Q=")
    assert problem(answer)["code"] == "token_missing"
    token = program(world, Role.ADMINISTRATOR).token
    for path in ("/", "/ej-kopplade", "/drift", "/export/svar.csv"):
        answer = Client(world.address).get(path, Authorization=f"Bearer {token}")
        assert answer.status == 303
        assert answer.location.startswith("/logga-in")
    assert Client(world.address).get("/metrics", Authorization=f"Bearer {token}").status == 403


def test_answers_set_no_cookies_and_carry_the_security_headers(world: World) -> None:
    for answer in (program(world).get("/queue"), Client(world.address).get("/api/finns-inte")):
        assert not answer.set_cookies
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_an_expired_key_and_a_withdrawn_one_let_nobody_in(fresh: World) -> None:
    expired = program(fresh, now=datetime.now(UTC) - timedelta(days=8), days=7)
    assert problem(expired.get("/queue"))["code"] == "token_expired"
    withdrawn = program(fresh, name="arkivet")
    assert withdrawn.get("/queue").status == 200
    tokens.withdraw(fresh.database, "arkivet", who="adam", now=START)
    answer = withdrawn.get("/queue")
    assert problem(answer)["code"] == "token_withdrawn"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_whoever_guesses_keys_has_to_wait_but_one_that_expired_is_no_guess(fresh: World) -> None:
    expired = program(fresh, now=datetime.now(UTC) - timedelta(days=8), days=7)
    for _ in range(6):
        assert problem(expired.get("/queue"))["code"] == "token_expired"
    right, wrong = program(fresh), Program(fresh.address, "handslag_gissning")
    for _ in range(4):
        assert problem(wrong.get("/queue"))["code"] == "token_unknown"
    for caller in (wrong, right):
        answer = caller.get("/queue")
        assert problem(answer)["code"] == "too_many_tries"
        assert 0 < int(answer.headers["retry-after"]) <= 600


def test_only_the_digest_of_a_key_is_kept_and_when_it_was_used(fresh: World) -> None:
    caller = program(fresh, name="arkivet")
    with fresh.database.read() as session:
        row = session.exec(select(ApiToken)).one()
    assert caller.token not in json.dumps(row.model_dump(mode="json"))
    assert row.last_used_at is None
    assert caller.get("/queue").status == 200
    with fresh.database.read() as session:
        used = session.exec(select(ApiToken)).one().last_used_at
    assert used is not None
    assert abs(used - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"x" * 200_000, "application/json"), (b"a=b", "text/plain")],
)
def test_a_body_that_is_none_is_a_described_problem(world: World, body: bytes, kind: str) -> None:
    token = program(world).token
    answer = Client(world.address)._send(
        "POST",
        f"{V1}/queue/1/verdict",
        body.decode(),
        {"Authorization": f"Bearer {token}", "Content-Type": kind},
    )
    assert problem(answer)["code"] in ("invalid", "bad_request", "too_large")


def test_a_fault_of_ours_is_a_problem_that_gives_nothing_away(fresh: World) -> None:
    caller = program(fresh)
    fresh.app.state.api.state.desk = None
    answer = caller.get("/queue")
    assert problem(answer)["code"] == "fault"
    assert "assert" not in answer.text
