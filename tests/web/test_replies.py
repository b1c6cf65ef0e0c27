"""Uppgifter: replies that name somebody else, accepted in one step or dismissed; all letters."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from services.registry.tables import (
    Answer,
    ContactPerson,
    EventLog,
    OrderedLetter,
    Reply,
    ReplyState,
)
from shared.archive import Area as ArchiveArea
from shared.events import MessageFate, ReplyKind
from tests.web.client import Client
from tests.web.sent import OURS, replied, sent
from tests.web.test_matter import rows
from tests.web.world import START, World, answered, arrived, scan_png

OLD = "anna.ek@umea.se"
NAME = OURS.strip("<>")


@pytest.fixture
def left(fresh: World) -> str:
    """Umeå's contact for two initiatives has left, says a machine; who to write to, too."""
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    for initiative in ("kompetens-2024", "moln-2024"):
        fresh.record(arrived(answered("ja", initiative, "2480", scan), name=initiative), initiative)
    sent(fresh, OLD, mail_id=fresh.ids["kompetens-2024"])
    return replied(
        fresh,
        ReplyKind.LEFT,
        name="left",
        text="Jag har slutat. Kontakta Örjan Ek, orjan.ek@umea.se.\n\nDen 2 sep skrev SKR",
        sender=OLD,
        suggested=("orjan.ek@umea.se",),
    )


def shown(client: Client, mail_id: str) -> dict[str, str]:
    """The form as it stands on the page."""
    form = client.get("/uppgifter").text.split(f'action="/uppgifter/{mail_id}/andra"')[1]
    form = form.split("</form>")[0]
    fields = dict(re.findall(r'name="([a-z_.0-9]+)"[^>]*? value="([^"]*)"', form))
    return fields | {"forslag": "1"}


def test_a_task_says_what_was_answered_and_whom_it_is_about(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    page = fresh_registrar.get("/uppgifter").text
    assert f"<h2>{OLD}</h2>" in page
    assert "Har slutat" in page
    assert "Jag har slutat. Kontakta Örjan Ek" in page
    assert f'href="/utgaende/{NAME}"' in page
    assert f'href="/handlingar/{fresh.ids["kompetens-2024-document"]}"' in page
    assert f'href="/mejl/{left}/original"' in page
    assert "Svaret kommer från en annan adress" not in page
    menu = re.search(r"Uppgifter</span>\s*<span class=\"number\"[^>]*>(\d+)", page)
    assert menu
    assert menu[1] == "1"


def test_one_step_gives_all_its_contacts_the_one_who_is_suggested(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    before = [one.model_dump() for one in rows(fresh, Answer)]
    done = fresh_registrar.post(f"/uppgifter/{left}/andra", shown(fresh_registrar, left))
    assert (done.status, done.location) == (303, "/uppgifter")
    assert {(one.name, one.email, one.phone) for one in rows(fresh, ContactPerson)} == {
        ("Örjan Ek", "orjan.ek@umea.se", "")
    }
    assert [one.model_dump() for one in rows(fresh, Answer)] == before
    (task,) = rows(fresh, Reply)
    assert (task.state, task.resolved_by) == (ReplyState.ACCEPTED, "rut")
    assert "Inget att göra" in fresh_registrar.get("/uppgifter").text
    assert "Byttes" in fresh_registrar.get("/uppgifter?visa=hanterade").text
    whats = {one.what for one in rows(fresh, EventLog)}
    assert {"reply.left", "reply.accepted", "contact.changed"} <= whats


def test_old_and_new_address_are_told_of_each_answer_that_it_is_about(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    fresh_registrar.post(f"/uppgifter/{left}/andra", shown(fresh_registrar, left))
    letters = rows(fresh, OrderedLetter)
    told = [(one.recipient, one.subject.partition(" kontaktperson")[0]) for one in letters]
    assert sorted(told) == [
        (OLD, "Du är inte längre"),
        (OLD, "Du är inte längre"),
        ("orjan.ek@umea.se", "Du är"),
        ("orjan.ek@umea.se", "Du är"),
    ]
    page = fresh_registrar.get(f"/kontaktpersoner/{letters[0].contact_id}").text
    assert "Väntar på att skickas" in page
    assert "Besked om ny kontaktperson till orjan.ek@umea.se" in page


def test_a_task_is_dismissed_without_any_change(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    before = [one.model_dump() for one in rows(fresh, ContactPerson)]
    fresh_registrar.submit("/uppgifter", f"/uppgifter/{left}/avfarda")
    assert [one.model_dump() for one in rows(fresh, ContactPerson)] == before
    assert rows(fresh, OrderedLetter) == []
    assert rows(fresh, Reply)[0].state is ReplyState.DISMISSED
    again = fresh_registrar.post(
        f"/uppgifter/{left}/avfarda", {"_csrf": fresh_registrar.token("/uppgifter?visa=hanterade")}
    )
    assert again.status == 409
    assert "Någon annan hann före" in again.text


def test_nothing_is_changed_where_nobody_is_ticked_or_the_address_is_none(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    form = shown(fresh_registrar, left)
    nobody = {key: value for key, value in form.items() if not key.startswith("kontakt.")}
    refused = fresh_registrar.post(f"/uppgifter/{left}/andra", nobody)
    assert (refused.status, "Välj minst en kontaktperson" in refused.text) == (422, True)
    refused = fresh_registrar.post(f"/uppgifter/{left}/andra", form | {"epost.1": "ingen adress"})
    assert (refused.status, 'value="ingen adress"' in refused.html) == (422, True)
    assert {one.email for one in rows(fresh, ContactPerson)} == {OLD}
    assert rows(fresh, Reply)[0].state is ReplyState.OPEN
    assert rows(fresh, OrderedLetter) == []


def test_a_contact_that_was_changed_meanwhile_is_left_as_it_is_and_so_are_the_others(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    form = shown(fresh_registrar, left)
    with fresh.database.write() as session:
        last = session.exec(select(ContactPerson).order_by(col(ContactPerson.id).desc())).first()
        assert last is not None
        last.revision += 1
    refused = fresh_registrar.post(f"/uppgifter/{left}/andra", form)
    assert refused.status == 409
    assert {one.email for one in rows(fresh, ContactPerson)} == {OLD}
    assert rows(fresh, OrderedLetter) == []


def test_the_same_machine_saying_the_same_again_is_no_second_task(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    again = {"text": "Jag har slutat.", "sender": OLD, "suggested": ("orjan.ek@umea.se",)}
    replied(fresh, ReplyKind.LEFT, name="again", **again)  # type: ignore[arg-type]
    assert [one.state for one in rows(fresh, Reply)].count(ReplyState.OPEN) == 1
    fresh_registrar.post(f"/uppgifter/{left}/andra", shown(fresh_registrar, left))
    replied(fresh, ReplyKind.LEFT, name="afterwards", **again)  # type: ignore[arg-type]
    assert [one.state for one in rows(fresh, Reply)].count(ReplyState.OPEN) == 0


def test_a_machine_that_suggests_somebody_else_than_before_is_a_task_again(
    fresh: World, left: str
) -> None:
    replied(
        fresh,
        ReplyKind.LEFT,
        name="other",
        text="Jag har slutat.",
        sender=OLD,
        suggested=("eva@umea.se",),
    )
    assert [one.state for one in rows(fresh, Reply)].count(ReplyState.OPEN) == 2


def test_who_is_away_or_just_answers_is_no_task_but_stands_with_the_answer(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    for kind in (ReplyKind.AWAY, ReplyKind.REPLY):
        replied(fresh, kind, name=kind, text="Tack", sender=OLD)
    assert "Att göra (1)" in fresh_registrar.get("/uppgifter").text
    other = fresh_registrar.get("/uppgifter?visa=svar").text
    assert "Automatiskt svar" in other
    assert "Svar på vårt mejl" in other
    for page in (
        f"/handlingar/{fresh.ids['kompetens-2024-document']}",
        "/kommuner/2480",
        "/kontaktpersoner/1",
        f"/utgaende/{NAME}",
        f"/mejl/{fresh.ids['kompetens-2024']}",
    ):
        text = fresh_registrar.get(page).text
        for kind in (ReplyKind.AWAY, ReplyKind.REPLY):
            assert f'href="/mejl/{fresh.ids[kind]}"' in text, (page, kind)


def test_a_reply_from_elsewhere_or_forged_warns_who_reads_it(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    about = {"text": "Fel person", "kind": ReplyKind.WRONG_PERSON}
    replied(fresh, name="elsewhere", sender="nagon@annan.example", **about)  # type: ignore[arg-type]
    replied(fresh, name="forged", sender=OLD, forged=True, **about)  # type: ignore[arg-type]
    replied(fresh, name="unknown", sender="x@y.example", answers=("<x@y>",), **about)  # type: ignore[arg-type]
    text = fresh_registrar.get("/uppgifter").text
    assert "Svaret kommer från en annan adress än den vi skrev till." in text
    assert "Avsändaren kan vara förfalskad. Ring och fråga" in text
    assert "Handslag känner inte igen något av dem som svaret nämner." in text


def test_a_mail_that_left_is_shown_and_handed_over_byte_for_byte(
    fresh: World, fresh_registrar: Client, left: str
) -> None:
    data = sent(fresh, OLD, at=START + timedelta(minutes=5), mail_id=fresh.ids["kompetens-2024"])
    page = fresh_registrar.get(f"/utgaende/{NAME}").text
    assert "Vi har tagit emot ert svar – åäö" in page
    assert "Personnummer 811218-••••" in page
    assert "blankett.pdf" in page
    answer = fresh_registrar.get(f"/utgaende/{NAME}/original")
    assert answer.body == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_mail_that_was_held_back_has_no_bytes_and_says_why(
    fresh: World, fresh_registrar: Client
) -> None:
    sent(fresh, OLD, fate=MessageFate.HELD_BACK, reason="auto_submitted", content=None)
    page = fresh_registrar.get(f"/utgaende/{NAME}").text
    assert "Mejlet är skickat av en maskin" in page
    assert "Mejlet skrevs aldrig" in page
    assert fresh_registrar.get(f"/utgaende/{NAME}/original").status == 404


def test_a_mail_that_is_lost_in_the_archive_says_so(fresh: World, fresh_registrar: Client) -> None:
    sent(fresh, OLD, content="0" * 64)
    answer = fresh_registrar.get(f"/utgaende/{NAME}")
    assert (answer.status, "finns inte oskadat i arkivet" in answer.text) == (200, True)
