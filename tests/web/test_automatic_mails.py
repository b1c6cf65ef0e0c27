"""Words that staff give to receipts and decisions, from the page to the mail that leaves."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.notifier.tables import WordingRow
from services.notifier.wordings import change_wording, wordings_now
from services.registry.mailings.refusals import RefusalKeeper
from services.registry.mailings.templates import reset, reword
from services.registry.tables import EventLog, LetterTemplate, Role
from shared.events import MailRegistered, WordingChanged, WordingRefused
from shared.letters.parts import PartName
from shared.letters.template import Template
from shared.outbox import OutboxRow, now
from tests.flow.test_resolve import doubtful
from tests.unit.notifier.builders import notifier, parsed, text_of
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, until
from tests.unit.registry.builders import form
from tests.web.client import Answer, Client
from tests.web.conftest import logged_in
from tests.web.mailed import KOMPETENS, MOLN, ordered
from tests.web.test_queue import item_of
from tests.web.world import World, arrived

RECORDED = "/brevmallar/document_recorded"
FRAME = "/brevmallar/receipt_answers"


@pytest.fixture
def petra(fresh: World) -> Client:
    return logged_in(fresh, Role.PROGRAMME_OFFICE)


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(100, 100), migrated=True)
    yield made
    made.database.close()


def save(client: Client, path: str, initiative: str = "", **changes: str) -> Answer:
    """Save a template's page as it stands, but for these fields."""
    address = f"{path}?initiativ={initiative}" if initiative else path
    return client.post(path, client.get(address).fields | changes)


def begin_with(client: Client, path: str, words: str, initiative: str = "") -> Answer:
    """Put words before what a template says."""
    address = f"{path}?initiativ={initiative}" if initiative else path
    return save(client, path, initiative, text=f"{words}\n\n{client.get(address).fields['text']}")


def hear(world: World, office: Notifier) -> None:
    """Hand the notifier what the registry has told of wordings, repeats and all."""
    for event in ordered(world, WordingChanged):
        assert isinstance(event, WordingChanged)
        change_wording(office.database, event)


def answer(world: World, office: Notifier, *initiatives: str, name: str = "svar") -> None:
    """Let a mail with an answer to each of these arrive, be registered, and be answered."""
    forms = [form("ja", initiative=one, scan=f"{name} {one}") for one in initiatives]
    world.record(arrived(*forms, name=name))
    told = ordered(world, MailRegistered)[-1]
    assert isinstance(told, MailRegistered)
    office.answer(told)


async def test_words_for_all_and_for_one_initiative_stand_in_the_receipt_that_leaves(
    fresh: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    assert begin_with(petra, FRAME, "Tack för svaren.").status == 303
    assert save(petra, FRAME, amne="Tack, dnr {{diarienummer}}").status == 303
    assert begin_with(petra, RECORDED, "Välkomna i {{initiativ}}.", KOMPETENS).status == 303
    hear(fresh, office)
    answer(fresh, office, KOMPETENS, MOLN)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (mail,) = relay.accepted
    found = parsed(mail.data)
    assert found["Subject"] == "Tack, dnr SKR 2024/00001 och SKR 2024/00002"
    assert (found["Auto-Submitted"], found["From"]) == (
        "auto-replied",
        "SKR registratur <registratur@skr.se>",
    )
    for kind in ("plain", "html"):
        said = text_of(mail.data, kind)
        assert said.index("Tack för svaren.") < said.index("Välkomna i Kompetensgemenskaper.")
        assert said.count("Välkomna i") == 1
        assert "SKR 2024/00001, handling 1" in said
        assert "SKR 2024/00002, handling 1" in said


async def test_what_is_restored_is_worded_as_delivered_again(
    fresh: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    begin_with(petra, RECORDED, "Välkomna.")
    restored = petra.post(f"{RECORDED}/aterstall", petra.get(RECORDED).fields)
    assert restored.status == 303
    for event in reversed(ordered(fresh, WordingChanged)):
        assert isinstance(event, WordingChanged)
        change_wording(office.database, event)
    answer(fresh, office, KOMPETENS)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert "Välkomna" not in text_of(relay.accepted[0].data)
    page = petra.get(RECORDED).text
    assert "En brevmall återställdes" in page
    assert "En brevmall ändrades" in page
    with fresh.database.read() as session:
        lines = session.exec(
            select(EventLog).where(col(EventLog.what).startswith("template.")).order_by(EventLog.id)
        ).all()
    assert [(line.what, line.who) for line in lines] == [
        ("template.changed", "petra"),
        ("template.reset", "petra"),
    ]
    assert lines[1].before["text"].startswith("Välkomna.")


def test_a_wording_with_a_fault_is_refused_with_its_line_and_nothing_is_told(
    fresh: World, petra: Client
) -> None:
    text = "Hej\n{{kommunen}}\n\n{{uppgifter}}\n\n{{för_sent}}"
    refused = save(petra, RECORDED, text=text)
    assert refused.status == 422
    assert "Rad 2: variabeln {{kommunen}} finns inte" in refused.text
    assert refused.fields["text"].splitlines() == text.splitlines()
    refused = save(petra, RECORDED, text="Tack.\n\n{{för_sent}}")
    assert "{{uppgifter}} måste stå i texten" in refused.text
    assert ordered(fresh, WordingChanged) == []


def test_what_is_typed_is_seen_with_real_values_before_it_is_saved(
    fresh: World, petra: Client
) -> None:
    fresh.record(arrived(form("ja", initiative=KOMPETENS), name="svar"))
    assert "Umeå kommun" in petra.get(f"{RECORDED}/brev").text
    assert "Med uppgifter ur SKR 2024/00001" in petra.get(RECORDED).text
    fields = petra.get(RECORDED).fields
    typed = fields | {"text": "Tack, {{kommun}}.\n\n{{uppgifter}}\n\n{{för_sent}}"}
    seen = petra.post(f"{RECORDED}/brev", typed)
    assert "Tack, Umeå kommun." in seen.text
    assert "Kompetensgemenskaper" in seen.text
    assert "sandbox" in seen.headers["content-security-policy"]
    wrong = petra.post(f"{RECORDED}/brev", fields | {"text": "{{x}}\n{{uppgifter}}\n{{för_sent}}"})
    assert "Rad 1: variabeln {{x}} finns inte" in wrong.text
    assert "Tack," not in petra.get(f"{RECORDED}/brev").text
    assert ordered(fresh, WordingChanged) == []


def test_a_preview_says_when_it_shows_other_words_than_those_that_were_written(
    petra: Client,
) -> None:
    path = "/brevmallar/mail_question"
    written = petra.get(path).fields | {"text": "Tack för frågan.\n\n# Nummer {{nummer}}"}
    assert petra.get(path).text.count("används inte ordalydelsen") == 0
    seen = petra.post(f"{path}/brev", written).text
    assert "Med de här uppgifterna används inte ordalydelsen" in seen
    assert "{{nummer}} kom inte med i texten." in seen
    assert "Tack för frågan." not in seen
    assert petra.post(path, written).status == 303
    kept = petra.get(path).text
    assert "Med de här uppgifterna används inte ordalydelsen." in kept
    assert "{{nummer}} kom inte med i texten." in kept


def test_words_for_all_are_shown_though_what_came_in_last_has_its_own(
    fresh: World, petra: Client
) -> None:
    fresh.record(arrived(form("ja", initiative=KOMPETENS), name="svar"))
    begin_with(petra, RECORDED, "Bara för ett.", KOMPETENS)
    fields = petra.get(RECORDED).fields
    seen = petra.post(f"{RECORDED}/brev", fields | {"text": f"För alla.\n\n{fields['text']}"})
    assert "För alla." in seen.text
    assert "Bara för ett." not in petra.get(f"{RECORDED}/brev").text


def test_a_registrar_sees_the_words_that_would_leave(fresh: World, petra: Client) -> None:
    said = "Krysset går inte att tyda.\n\n1. Kryssa i en ruta."
    assert save(petra, "/brevmallar/resend_mark_doubtful", KOMPETENS, text=said).status == 303
    fresh.record(arrived(doubtful(), name="otydligt"), "otydligt")
    item = item_of(fresh, "otydligt")
    rut = logged_in(fresh, Role.REGISTRAR)
    shown = rut.submit(item, f"{item}/forhandsvisa", sedd="1", **{"fel.mark_doubtful": "on"})
    assert "Krysset går inte att tyda." in shown.text


@pytest.mark.parametrize("given", ["", KOMPETENS])
def test_every_template_has_its_page_before_anything_has_come_in(
    given: str, fresh: World, petra: Client
) -> None:
    listed = petra.get("/brevmallar").html
    for name in ("receipt_one", "receipt_several", "document_returned", "decision_returned",
                 "resend_locked_file", "resend_not_certain", "note_by_person"):  # fmt: skip
        assert f'href="/brevmallar/{name}"' in listed
        page = petra.get(f"/brevmallar/{name}?initiativ={given}")
        assert (page.status, "Med påhittade uppgifter" in page.text) == (200, True)


def test_a_clock_that_is_set_back_does_not_bring_older_words_back(
    fresh: World, office: Notifier
) -> None:
    name, at = PartName.NOTE_LATE, now()
    for words, moment in (("Först.", at), ("Sedan.", at - timedelta(hours=1))):
        worded = Template("", "", words)
        assert reword(fresh.database, name, "", worded, who="petra", at=moment) == ()
    hear(fresh, office)
    with office.database.read() as session:
        assert wordings_now(session).own[name, ""].text == "Sedan."
    reset(fresh.database, name, "", who="petra", at=at - timedelta(hours=2))
    hear(fresh, office)
    with office.database.read() as session:
        assert wordings_now(session).own == {}
    again = Template("", "", "Igen.")
    reword(fresh.database, name, "", again, who="petra", at=at - timedelta(hours=3))
    hear(fresh, office)
    with office.database.read() as session:
        assert wordings_now(session).own[name, ""].text == "Igen."


def test_of_two_who_save_at_once_the_second_is_told_and_loses_nothing(petra: Client) -> None:
    seen = petra.get(RECORDED).fields
    begin_with(petra, RECORDED, "Först.")
    late = seen | {"text": f"Sist.\n\n{seen['text']}"}
    told = petra.post(RECORDED, late)
    assert told.status == 409
    assert told.fields["text"].startswith("Sist.")
    assert petra.post(f"{RECORDED}/aterstall", seen).status == 409
    assert petra.get(RECORDED).fields["text"].startswith("Först.")
    assert petra.post(RECORDED, told.fields).status == 303


def test_what_concerns_no_initiative_has_one_wording_for_all(petra: Client) -> None:
    assert petra.get("/brevmallar/mail_question").status == 200
    assert petra.get(f"/brevmallar/mail_question?initiativ={KOMPETENS}").status == 404
    fields = petra.get("/brevmallar/mail_question").fields
    assert petra.post("/brevmallar/mail_question", fields | {"initiativ": KOMPETENS}).status == 404


def test_words_of_one_initiative_that_are_used_no_more_can_be_seen_and_removed(
    fresh: World, petra: Client
) -> None:
    words = Template("Fråga om {{initiativet}}", "Er fråga", "Förr skrev vi så här: {{fråga}}")
    with fresh.database.write() as session:
        session.add(
            LetterTemplate(
                name="question_forwarded",
                initiative=KOMPETENS,
                subject=words.subject,
                heading=words.heading,
                text=words.text,
                changed_at=now(),
                changed_by="petra",
            )
        )
    path = "/brevmallar/question_forwarded"
    address = f"{path}?initiativ={KOMPETENS}"
    assert f'href="{address}"' in petra.get("/brevmallar").html
    assert "Används inte" in petra.get("/brevmallar").text
    page = petra.get(address)
    assert "Mallen har numera en enda ordalydelse" in page.text
    assert "Förr skrev vi så här" in page.text
    assert petra.post(path, page.fields | {"text": "Nytt"}).status == 404
    removed = petra.post(f"{path}/aterstall", page.fields)
    assert (removed.status, removed.location) == (303, path)
    assert petra.get(address).status == 404


async def test_a_wording_that_cannot_be_used_is_told_of_once_and_the_mail_leaves(
    fresh: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    begin_with(petra, RECORDED, "Välkomna.", KOMPETENS)
    hear(fresh, office)
    with office.database.write() as session:
        row = session.exec(select(WordingRow)).one()
        row.text = "Välkomna {{namn}}.\n\n{{uppgifter}}\n\n{{för_sent}}"
        session.add(row)
    answer(fresh, office, KOMPETENS)
    answer(fresh, office, KOMPETENS, name="igen")
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert len(relay.accepted) == 2
    assert all("Välkomna" not in text_of(mail.data) for mail in relay.accepted)
    with office.database.read() as session:
        rows = session.exec(
            select(OutboxRow).where(OutboxRow.subject == WordingRefused.subject)
        ).all()
    (told,) = [WordingRefused.model_validate_json(row.body) for row in rows]
    assert "{{namn}}" in told.why
    keeper = RefusalKeeper(fresh.database, now)
    assert keeper.keep(told)
    assert not keeper.keep(told)
    page = petra.get(f"{RECORDED}?initiativ={KOMPETENS}").text
    assert "Den här ordalydelsen används inte." in page
    assert "Används inte" in petra.get("/brevmallar").text
    assert begin_with(petra, RECORDED, "Tack.", KOMPETENS).status == 303
    with fresh.database.read() as session:
        kept = session.get_one(LetterTemplate, ("document_recorded", KOMPETENS))
    assert kept.refused_at is None
