"""Verdicts by key, end to end: the rules of the pages, nothing done twice, nothing stale."""

from typing import Any

import pytest
from sqlmodel import select

from services.registry.api.objections import text_of
from services.registry.domain.resolution import Objection
from services.registry.tables import Answer, EventLog
from shared.events import Outcome, Reason
from shared.outbox import OutboxRow
from tests.web.calls import Program, problem, program
from tests.web.world import World, answered, arrived

ATTACH = {
    "verdict": "attach",
    "initiative": "kompetens-2024",
    "municipality": "2480",
    "answer": "ja",
    "signature": "handwritten",
    "details": {"contact_name": "Åsa Öberg", "contact_email": "asa@umea.se"},
}


def waiting(world: World, name: str = "doubtful", municipality: str = "2480") -> str:
    """A document that waits for a person; return its id."""
    reading = answered("ja", "kompetens-2024", municipality, "0" * 64).model_copy(
        update={"outcome": Outcome.REVIEW, "reasons": (Reason.UNEXPLAINED_INK,)}
    )
    world.record(arrived(reading, name=name), name)
    return world.ids[f"{name}-document"]


def item_of(caller: Program, document_id: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.read(
        f"/queue/{caller.read(f'/documents/{document_id}')['queue_item']}"
    )
    return found


@pytest.fixture
def caller(fresh: World) -> Program:
    return program(fresh, name="diariet")


def test_a_verdict_is_carried_out_under_the_keys_name_and_taken_back(
    fresh: World, caller: Program
) -> None:
    document = waiting(fresh)
    item = item_of(caller, document)
    path = f"/queue/{item['item_id']}/verdict"
    answer = caller.post(path, {**ATTACH, "revision": item["revision"]})
    assert answer.status == 200, answer.text
    done = answer.json()
    assert done["answer"]["details"]["contact_name"] == "Åsa Öberg"
    assert done["resolution"]["resolved_by"] == "diariet"
    (line,) = caller.read("/answers?municipality=2480&initiative=kompetens-2024")["items"]
    assert (line["status"], line["answer"], line["document_id"]) == ("recorded", "ja", document)
    log = caller.read("/log?who=diariet")["items"]
    assert [one["what"] for one in log] == ["resolved.attach"]
    with fresh.database.read() as session:
        subjects = [row.subject for row in session.exec(select(OutboxRow))]
    assert any(subject.endswith("document_resolved") for subject in subjects)

    undo = f"/resolutions/{done['resolution']['resolution']}/undo"
    assert caller.post(undo).json()["resolution"]["undone_by"] == "diariet"
    assert caller.read(f"/queue/{item['item_id']}")["state"] == "open"
    assert caller.post(undo).status == 200  # tried again: it is undone already
    (line,) = caller.read("/answers?municipality=2480&initiative=kompetens-2024")["items"]
    assert line["status"] == "review"


def test_a_stale_verdict_is_refused_and_changes_nothing(fresh: World, caller: Program) -> None:
    item = item_of(caller, waiting(fresh))
    path = f"/queue/{item['item_id']}/verdict"
    answer = caller.post(path, {**ATTACH, "revision": item["revision"] + 1})
    found = problem(answer)
    assert answer.status == 409
    assert found["code"] == "conflict"
    assert found["objections"] == [{"key": "stale", "text": text_of(Objection.STALE)}]
    assert caller.read(f"/queue/{item['item_id']}")["state"] == "open"


def test_the_same_call_made_again_is_answered_as_the_first_and_does_no_more(
    fresh: World, caller: Program
) -> None:
    item = item_of(caller, waiting(fresh))
    path, body = f"/queue/{item['item_id']}/verdict", {**ATTACH, "revision": item["revision"]}
    first = caller.post(path, body)
    again = caller.post(path, body)
    assert (again.status, again.body) == (200, first.body)
    with fresh.database.read() as session:
        assert len(session.exec(select(Answer)).all()) == 1
    other = caller.post(path, {**body, "answer": "nej"})
    assert [one["key"] for one in problem(other)["objections"]] == ["not_open"]
    another = program(fresh, name="annan").post(path, body)
    assert another.status == 409
    caller.post(f"/resolutions/{first.json()['resolution']['resolution']}/undo")
    assert caller.post(path, body).status == 409


def test_a_verdict_without_a_revision_or_with_a_misspelled_field_is_no_verdict(
    fresh: World, caller: Program
) -> None:
    item = item_of(caller, waiting(fresh))
    path = f"/queue/{item['item_id']}/verdict"
    for body in (ATTACH, {**ATTACH, "revision": 1, "svar": "ja"}, {"verdict": "gissa"}, [], None):
        found = problem(caller.post(path, body))
        assert found["code"] == "invalid"
        assert found["errors"]
    assert caller.read(f"/queue/{item['item_id']}")["revision"] == item["revision"]


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({**ATTACH, "initiative": "nej", "municipality": "9999"},
         {"unknown_initiative", "unknown_municipality"}),
        ({**ATTACH, "answer": "kanske", "signature": "missing"}, {"unknown_answer", "not_signed"}),
        ({**ATTACH, "details": {"contact_email": "ingen"}}, {"bad_address"}),
        ({"verdict": "duplicate", "of": "nej"}, {"nothing_to_repeat"}),
        ({"verdict": "ask_again", "reasons": []}, {"no_reason"}),
        ({"verdict": "leave_out", "why": "  "}, {"no_reason"}),
        ({"verdict": "done"}, {"only_a_document"}),
    ],
)  # fmt: skip
def test_all_that_forbids_a_verdict_is_told(
    world: World, body: dict[str, Any], keys: set[str]
) -> None:
    caller = program(world)
    item = item_of(caller, world.ids["doubtful-document"])
    answer = caller.post(
        f"/queue/{item['item_id']}/verdict", {**body, "revision": item["revision"]}
    )
    found = problem(answer)
    assert (answer.status, found["code"]) == (422, "refused")
    assert {one["key"] for one in found["objections"]} == keys
    assert all(one["text"] for one in found["objections"])


def test_an_answer_that_stands_is_replaced_only_knowingly(fresh: World, caller: Program) -> None:
    first = item_of(caller, waiting(fresh, "first"))
    caller.post(f"/queue/{first['item_id']}/verdict", {**ATTACH, "revision": first["revision"]})
    second = item_of(caller, waiting(fresh, "second"))
    path = f"/queue/{second['item_id']}/verdict"
    body = {**ATTACH, "answer": "nej", "revision": second["revision"]}
    refused = caller.post(path, body)
    assert refused.status == 409
    assert [one["key"] for one in problem(refused)["objections"]] == ["answer_stands"]
    done = caller.post(path, {**body, "replaces": first["document_id"]})
    assert done.status == 200
    history = caller.read("/initiatives/kompetens-2024/municipalities/2480/answers")["items"]
    assert [(one["status"], one["answer"]) for one in history] == [
        ("current", "nej"),
        ("replaced", "ja"),
    ]


def test_every_kind_of_verdict_can_be_given(fresh: World, caller: Program) -> None:
    standing = waiting(fresh, "standing")
    item = item_of(caller, standing)
    caller.post(f"/queue/{item['item_id']}/verdict", {**ATTACH, "revision": item["revision"]})
    fates = {
        "duplicate": ({"of": standing}, "duplicate"),
        "ask_again": ({"reasons": ["signature_missing"], "message": "Hej"}, "returned"),
        "to_needs": ({}, "need"),
        "to_questions": ({}, "question"),
        "leave_out": ({"why": "Reklam"}, "not_registered"),
    }
    for verdict, (more, fate) in fates.items():
        document = waiting(fresh, verdict)
        item = item_of(caller, document)
        body = {"verdict": verdict, "revision": item["revision"], **more}
        done = caller.post(f"/queue/{item['item_id']}/verdict", body)
        assert done.status == 200, done.text
        assert caller.post(f"/queue/{item['item_id']}/verdict", body).body == done.body
        assert caller.read(f"/documents/{document}")["fate"] == fate
    world_question = arrived(name="fraga", disposition="question", reasons=(Reason.QUESTION,))
    fresh.record(world_question, "fraga")
    (item,) = [one for one in caller.all_of("/queue", 50) if one["mail_id"] == fresh.ids["fraga"]]
    done = caller.post(
        f"/queue/{item['item_id']}/verdict", {"verdict": "done", "revision": item["revision"]}
    )
    assert done.status == 200
    assert caller.read(f"/mails/{fresh.ids['fraga']}")["state"] == "handled"


def test_an_answer_is_corrected_and_voided_by_its_revision(fresh: World, caller: Program) -> None:
    document = waiting(fresh)
    item = item_of(caller, document)
    caller.post(f"/queue/{item['item_id']}/verdict", {**ATTACH, "revision": item["revision"]})
    seen = caller.read(f"/answers/{document}")
    body = {
        "revision": seen["revision"],
        "answer": "nej",
        "signature": "handwritten",
        "details": seen["details"],
        "why": "Fel ruta",
    }
    path = f"/answers/{document}/correct"
    corrected = caller.post(path, body)
    assert corrected.status == 200, corrected.text
    assert corrected.json()["answer"] == "nej"
    assert caller.post(path, body).body == corrected.body  # tried again
    stale = caller.post(path, {**body, "answer": "ja"})
    assert stale.status == 409
    assert [one["key"] for one in problem(stale)["objections"]] == ["stale"]
    void = {"revision": corrected.json()["revision"], "why": "Återkallat"}
    voided = caller.post(f"/answers/{document}/void", void)
    assert voided.json()["status"] == "voided"
    assert caller.post(f"/answers/{document}/void", void).status == 200
    late = caller.post(f"/answers/{document}/void", {**void, "why": "Annat"})
    assert [one["key"] for one in problem(late)["objections"]] == ["not_current"]
    with fresh.database.read() as session:
        who = {row.what: row.who for row in session.exec(select(EventLog))}
    assert (who["answer.corrected"], who["answer.voided"]) == ("diariet", "diariet")


def test_every_objection_has_words_that_fit_a_program() -> None:
    for objection in Objection:
        assert "nedan" not in text_of(objection)
        assert text_of(objection).endswith(".")
