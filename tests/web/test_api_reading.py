"""Reading by key: every route, what it answers, and that it says so in its description."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi
from sqlmodel import select

from services.registry.tables import ReviewItem, Role
from tests.web.calls import V1, Program, problem, program
from tests.web.client import Client
from tests.web.world import World


@pytest.fixture(scope="session")
def caller(world: World) -> Program:
    """A registrar's program in the full register."""
    return program(world)


@pytest.fixture(scope="session")
def description(world: World) -> dict[str, Any]:
    """The OpenAPI document, as it is served to anybody."""
    answer = Client(world.address).get(f"{V1}/openapi.json")
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body)
    return found


def validated(description: dict[str, Any], path: str, status: int, body: Any) -> None:
    """Fail unless the description says that the path answers so."""
    operation = description["paths"][path]["get"]
    content = operation["responses"][str(status)]["content"]
    (schema,) = (one["schema"] for one in content.values())
    whole = {**schema, "components": description["components"]}
    Draft202012Validator(whole).validate(body)


def test_the_description_is_valid_openapi(description: dict[str, Any]) -> None:
    validate_openapi(description)


def test_every_route_is_described_with_models_and_problems(
    world: World, description: dict[str, Any]
) -> None:
    routes = [one for one in world.app.state.api.routes if isinstance(one, APIRoute)]
    assert {one.path for one in routes} == set(description["paths"])
    for route in routes:
        (method,) = route.methods
        operation = description["paths"][route.path][method.lower()]
        assert operation["summary"]
        assert operation["security"] == [{"nyckel": []}]
        good = operation["responses"]["200"]["content"]
        binary = all(one["schema"].get("format") == "binary" for one in good.values())
        assert binary or "$ref" in good["application/json"]["schema"], route.path
        for status in ("401", "403", "404", "422", "429"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def addresses(world: World) -> dict[str, str]:
    """An address with something at it, for each reading that answers with a model."""
    with world.database.read() as session:
        item = session.exec(
            select(ReviewItem.id).where(ReviewItem.document_id == world.ids["uncoded-document"])
        ).one()
    document, mail = world.ids["answer-document"], world.ids["answer"]
    return {
        f"{V1}/initiatives": "/initiatives",
        f"{V1}/initiatives/{{initiative_id}}": "/initiatives/kompetens-2024",
        f"{V1}/initiatives/{{initiative_id}}/municipalities/{{code}}/answers": (
            "/initiatives/kompetens-2024/municipalities/0114/answers"
        ),
        f"{V1}/municipalities": "/municipalities",
        f"{V1}/municipalities/{{code}}": "/municipalities/0114",
        f"{V1}/answers": "/answers",
        f"{V1}/answers/{{document_id}}": f"/answers/{document}",
        f"{V1}/contacts": "/contacts",
        f"{V1}/contacts/{{contact_id}}": "/contacts/1",
        f"{V1}/documents": "/documents",
        f"{V1}/documents/{{document_id}}": f"/documents/{document}",
        f"{V1}/documents/{{document_id}}/log": f"/documents/{document}/log",
        f"{V1}/queue": "/queue",
        f"{V1}/queue/{{item_id}}": f"/queue/{item}",
        f"{V1}/mails": "/mails",
        f"{V1}/mails/{{mail_id}}": f"/mails/{mail}",
        f"{V1}/messages": "/messages",
        f"{V1}/needs": "/needs",
        f"{V1}/log": "/log",
        f"{V1}/search": "/search?q=vallentuna",
    }


def test_every_reading_answers_as_it_is_described(
    world: World, caller: Program, description: dict[str, Any]
) -> None:
    asked = addresses(world)
    described = {
        path
        for path, operations in description["paths"].items()
        if "application/json"
        in operations.get("get", {"responses": {"200": {"content": {}}}})["responses"]["200"][
            "content"
        ]
    }
    assert set(asked) == described
    for path, address in asked.items():
        found = caller.read(address)
        validated(description, path, 200, found)
        assert found.get("items", [None]), path


def test_every_moment_says_its_zone(world: World, caller: Program) -> None:
    for address in addresses(world).values():
        for moment in re.findall(r'"(\d{4}-\d\d-\d\dT[^"]*)"', caller.get(address).html):
            assert re.search(r"(Z|[+-]\d\d:\d\d)$", moment), (address, moment)


def test_what_is_not_there_is_a_described_problem(
    caller: Program, description: dict[str, Any]
) -> None:
    for path in (
        "/initiatives/nej",
        "/municipalities/9999",
        "/answers/nej",
        "/queue/999999",
        "/documents/nej",
        "/mails/nej",
        "/contacts/999999",
        "/finns-inte",
    ):
        found = problem(caller.get(path))
        assert found["code"] == "not_found"
        assert found["title"] == "Finns inte"
        validated(description, f"{V1}/mails/{{mail_id}}", 404, found)


@pytest.mark.parametrize(
    "path", ["/answers", "/documents", "/queue", "/mails", "/messages", "/needs", "/log",
             "/contacts", "/search?q=registrator"]
)  # fmt: skip
def test_a_list_fetched_in_parts_is_the_list(caller: Program, path: str) -> None:
    mark = "&" if "?" in path else "?"
    size = 100 if "search" in path else 500
    whole = caller.all_of(path, size)
    parts = caller.all_of(path, 7 if len(whole) < 200 else 97)
    assert parts == whole
    assert len({json.dumps(one, sort_keys=True) for one in whole}) == len(whole)
    assert caller.get(f"{path}{mark}limit=0").status == 422


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJsb2ciLCAieCJd", "e30", "%00", "å"])
def test_a_cursor_that_no_list_gave_is_refused(caller: Program, cursor: str) -> None:
    assert problem(caller.get(f"/mails?cursor={quote(cursor)}"))["code"] == "bad_cursor"


def test_a_readers_key_sees_what_a_reader_sees(world: World) -> None:
    reading = program(world, Role.READER)
    assert {one["fate"] for one in reading.all_of("/documents", 200)} == {"recorded", "duplicate"}
    assert problem(reading.get(f"/documents/{world.ids['doubtful-document']}"))["code"] == (
        "forbidden"
    )
    assert problem(reading.get(f"/documents/{world.ids['need-document']}/log"))["code"] == (
        "forbidden"
    )
    assert problem(reading.get(f"/documents/{world.ids['need-document']}/files/1"))["code"] == (
        "forbidden"
    )
    assert all(
        one["kind"] == "document" for one in reading.read("/search?q=fr%C3%A5nvaro")["items"]
    )


def test_files_come_as_they_came(world: World, caller: Program) -> None:
    document = world.ids["answer-document"]
    file = caller.get(f"/documents/{document}/files/1")
    assert file.body == b"%PDF-1.7 hostile"
    assert file.headers["content-disposition"].startswith("attachment")
    picture = caller.get(f"/documents/{document}/pages/1")
    assert picture.headers["content-type"] == "image/png"
    assert problem(caller.get(f"/documents/{document}/pages/2"))["code"] == "not_found"
    damaged = world.ids["damaged-document"]
    assert problem(caller.get(f"/documents/{damaged}/pages/1"))["code"] == "file_missing"


def test_personal_identity_numbers_are_covered(world: World, caller: Program) -> None:
    for address in (
        f"/mails/{world.ids['question']}",
        f"/documents/{world.ids['evil-document']}",
    ):
        shown = caller.get(address).html
        assert "9876" not in shown
        assert "••••" in shown
