"""Hantera: the verdict's form, what it does, what it refuses, and undo; both databases."""

import re
from html import unescape

import pytest
from sqlmodel import select

from services.registry.domain.resolution import Objection
from services.registry.tables import Answer, AnswerStatus, Document, Mail, MailState, ReviewItem
from services.registry.web.words import OBJECTIONS, REASONS
from shared.archive import Area as ArchiveArea
from shared.events import (
    Disposition,
    DocumentReading,
    DocumentResolved,
    Fate,
    Outcome,
    Reason,
    Witness,
    WitnessKind,
)
from shared.outbox import OutboxRow
from tests.unit.registry.builders import form
from tests.web.client import Answer as Page
from tests.web.client import Client
from tests.web.test_queue import item_of
from tests.web.world import PASSWORD, World, answered, arrived, scan_png

UMEA, HABO, HÅBO = "2480", "0643", "0305"
ATTACH = {
    "gor": "koppla",
    "svar": "kompetens-2024:ja",
    "kommun": UMEA,
    "underskrift": "handwritten",
}


def doubtful(world: World, name: str = "one", municipality: str = UMEA, answer: str = "ja") -> str:
    """Put a form that waits for a person into the register; return where it is handled."""
    scan = world.archive.put(scan_png(answer), ArchiveArea.DERIVED)
    reading = answered(answer, "kompetens-2024", municipality, scan).model_copy(
        update={"outcome": Outcome.REVIEW, "reasons": (Reason.MARK_DOUBTFUL,)}
    )
    return _waits(world, reading, name)


def uncoded(world: World, *witnesses: Witness, name: str = "one", sender: str = "a@b.se") -> str:
    reading = form(
        None,
        initiative=None,
        municipality=None,
        outcome=Outcome.REVIEW,
        reasons=(Reason.NO_CODE,),
        signature=None,
        scan=name,
        witnesses=witnesses,
    )
    return _waits(world, reading, name, sender)


def _waits(
    world: World, reading: DocumentReading, name: str, sender: str = "registrator@example.org"
) -> str:
    world.record(arrived(reading, name=name, sender=sender), name)
    return item_of(world, f"{name}-document")


def decide(client: Client, item: str, **fields: str) -> Page:
    """Send the verdict's form as the page has it, with these fields changed."""
    page = client.get(item).html
    seen = re.search(r'name="sedd" value="(\d+)"', page)
    standing = re.search(r'name="ersatter" value="([^"]*)"', page)
    assert seen
    kept = {"sedd": seen[1]}
    if standing:
        kept |= {"ersatter": standing[1], "upprepar": standing[1]}
    return client.submit(item, f"{item}/hantera", **(kept | fields))


def rows(world: World, table: type) -> list:
    with world.database.read() as session:
        return list(session.exec(select(table)))


def test_what_was_read_is_proposed_and_one_press_records_it(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    page = fresh_registrar.get(item).text
    assert 'name="svar" value="kompetens-2024:ja" checked' in page
    assert f'name="kommun" value="{UMEA}" checked' in page
    assert "koden på sidan" in page
    assert 'name="underskrift" value="handwritten" data-key="s" checked' in page
    assert 'value="Åsa Öberg"' in page

    done = decide(fresh_registrar, item, **ATTACH)
    assert done.status == 303
    assert done.location.startswith("/ej-kopplade?avgjort=")
    (answer,) = rows(fresh, Answer)
    assert (answer.answer, answer.municipality, answer.recorded_by) == ("ja", UMEA, "rut")
    shown = fresh_registrar.get(done.location).text
    assert "Svaret registrerades" in shown
    assert "Mejlet till avsändaren går" in shown
    assert "Inget väntar" in shown


def test_one_goes_on_to_the_next_that_nobody_else_has_taken(
    fresh: World, fresh_registrar: Client
) -> None:
    first, second, third = (doubtful(fresh, name, code) for name, code in
                            (("a", UMEA), ("b", HABO), ("c", HÅBO)))  # fmt: skip
    adam = Client(fresh.address)
    adam.log_in("adam", PASSWORD)
    adam.submit(second, f"{second}/ta")
    assert '<link rel="prefetch" as="image"' in fresh_registrar.get(first).html
    done = decide(fresh_registrar, first, **ATTACH)
    assert done.location.startswith(f"{third}?avgjort=")
    assert "adam tog ärendet" in fresh_registrar.get(second).text


def test_undo_puts_it_back_before_the_registrar(fresh: World, fresh_registrar: Client) -> None:
    item = doubtful(fresh)
    done = decide(fresh_registrar, item, **ATTACH)
    resolution = done.location.partition("avgjort=")[2]
    undone = fresh_registrar.submit(done.location, f"/avgoranden/{resolution}/angra")
    assert undone.location == item
    page = fresh_registrar.get(item).text
    assert "ångrat" in page
    assert "Koppla och registrera" in page
    again = fresh_registrar.submit(item, f"/avgoranden/{resolution}/angra")
    assert again.status == 409
    assert OBJECTIONS[Objection.NOT_OPEN] in again.text


def test_a_resolved_item_says_who_decided_what_and_offers_undo(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    decide(fresh_registrar, item, **ATTACH)
    page = fresh_registrar.get(item).text
    assert "av rut" in page
    assert "/angra" in page
    assert 'name="gor"' not in page


def test_what_was_typed_stands_when_something_forbids_it(
    fresh: World, fresh_registrar: Client
) -> None:
    item = uncoded(fresh)
    typed = ATTACH | {"kommun": "annan", "annan_kommun": "Umeo", "kontakt_namn": "Märta Ö"}
    refused = decide(fresh_registrar, item, **typed)
    assert refused.status == 422
    assert OBJECTIONS[Objection.UNKNOWN_MUNICIPALITY] in refused.text
    assert "Menade du Umeå kommun (2480)" in refused.text
    assert 'value="Umeo"' in refused.text
    assert 'value="Märta Ö"' in refused.text
    assert 'value="kompetens-2024:ja" checked' in refused.text
    assert rows(fresh, Answer) == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Habo", HABO), ("Håbo", HÅBO), ("Håbo kommun (0305)", HÅBO), ("0643", HABO), ("umeå", UMEA)],
)
def test_a_municipality_can_be_typed_by_its_exact_name_or_code(
    fresh: World, fresh_registrar: Client, typed: str, code: str
) -> None:
    item = uncoded(fresh)
    done = decide(fresh_registrar, item, **ATTACH | {"kommun": "annan", "annan_kommun": typed})
    assert done.status == 303
    assert rows(fresh, Answer)[0].municipality == code


def test_candidates_are_ranked_with_what_speaks_for_them_and_a_warning(
    fresh: World, fresh_registrar: Client
) -> None:
    page = fresh_registrar.get(
        uncoded(
            fresh,
            Witness(kind=WitnessKind.NAME, text="Habo kommun", names=(HABO,)),
            sender="reg@habo.se",
        )
    ).text
    offered = re.findall(r'name="kommun" value="(\d{4})"', page)
    assert offered == [HABO, HÅBO]
    assert "namnet på sidan" in page
    assert "avsändarens adress" in page
    assert "förväxla inte med Håbo kommun" in page
    assert f'value="{HABO}" checked' in page


@pytest.mark.parametrize("reason", [Reason.MARK_DOUBTFUL, Reason.MAIL_SAYS_MORE])
def test_the_mails_text_is_beside_the_scan_and_open_if_it_says_more(
    fresh: World, fresh_registrar: Client, reason: Reason
) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    reading = answered("ja", "kompetens-2024", UMEA, scan).model_copy(
        update={"outcome": Outcome.REVIEW, "reasons": (reason,)}
    )
    fresh.record(arrived(reading, name="said", text="Ja, men <b>först</b> 2027."), "said")
    page = fresh_registrar.get(item_of(fresh, "said-document")).html
    before, _, shown = page.partition("Mejlets text</summary>")
    assert "Ja, men &lt;b&gt;först&lt;/b&gt; 2027." in shown
    opened = before.rpartition("<details")[2].startswith(' class="more" open')
    assert opened == (reason is Reason.MAIL_SAYS_MORE)


def test_nobody_is_proposed_by_the_senders_address_or_a_likeness_alone(
    fresh: World, fresh_registrar: Client
) -> None:
    alike = Witness(kind=WitnessKind.NAME, text="Habbo kommun", names=None)
    page = fresh_registrar.get(uncoded(fresh, alike, sender="reg@habo.se")).text
    assert {HABO, HÅBO} <= set(re.findall(r'name="kommun" value="(\d{4})"', page))
    assert "liknar namnet på sidan" in page
    assert not re.search(r'name="kommun" value="\d{4}" checked', page)


def test_an_answer_that_stands_is_shown_and_replaced_only_knowingly(
    fresh: World, fresh_registrar: Client
) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    fresh.record(arrived(answered("ja", "kompetens-2024", UMEA, scan), name="first"), "first")
    item = uncoded(fresh, name="second")
    refused = decide(fresh_registrar, item, **ATTACH | {"svar": "kompetens-2024:nej"})
    assert refused.status == 409
    assert OBJECTIONS[Objection.ANSWER_STANDS] in refused.text
    assert "Registrerat svar från Umeå kommun" in refused.text
    assert "Ersätt med nyare svar" in refused.text
    standing = re.search(r'name="ersatter" value="([^"]+)"', refused.html)
    assert standing
    done = decide(
        fresh_registrar,
        item,
        **ATTACH | {"gor": "ersatt", "svar": "kompetens-2024:nej", "ersatter": standing[1]},
    )
    assert done.status == 303
    answers = {one.status: one.answer for one in rows(fresh, Answer)}
    assert answers == {AnswerStatus.CURRENT: "nej", AnswerStatus.REPLACED: "ja"}


def test_a_duplicate(fresh: World, fresh_registrar: Client) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    fresh.record(arrived(answered("ja", "kompetens-2024", UMEA, scan), name="first"), "first")
    item = doubtful(fresh, "second")
    assert "Dubblett" in fresh_registrar.get(item).text
    assert decide(fresh_registrar, item, gor="dubblett").status == 303
    assert Fate.DUPLICATE in {one.fate for one in rows(fresh, Document)}


def test_a_new_answer_is_asked_for_with_every_fault_that_was_ticked(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    assert 'name="fel.mark_doubtful" checked' in fresh_registrar.get(item).text
    none = decide(fresh_registrar, item, gor="begar")
    assert none.status == 422
    assert OBJECTIONS[Objection.NO_REASON] in none.text
    fields = {"gor": "begar", "fel.mark_doubtful": "on", "fel.signature_missing": "on"}
    done = decide(fresh_registrar, item, meddelande="Hej,\r\nsidan 2.", **fields)
    assert done.status == 303
    with fresh.database.read() as session:
        (row,) = session.exec(
            select(OutboxRow).where(OutboxRow.subject == DocumentResolved.subject)
        ).all()
    told = DocumentResolved.model_validate_json(row.body)
    assert told.document.reasons == (Reason.SIGNATURE_MISSING, Reason.MARK_DOUBTFUL)
    assert told.message == "Hej,\nsidan 2."
    assert "Väntar på nytt svar" in fresh_registrar.get("/vantar").text


def test_the_mail_that_asks_again_is_seen_before_it_is_decided_on(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    typed = {"sedd": "1", "fel.signature_missing": "on", "meddelande": "<b>Sidan 2</b>\nsaknas."}
    page = fresh_registrar.submit(item, f"{item}/forhandsvisa", **typed)
    assert page.status == 200
    assert "Så blir mejlet" in page.text
    assert "En underskrift saknas på blanketten." in page.text
    assert "&lt;b&gt;Sidan 2&lt;/b&gt;" in page.html
    assert 'name="fel.signature_missing" checked' in page.text
    assert "registratur@skr.se" in page.text
    assert rows(fresh, Document)[0].fate is Fate.REVIEW
    none = fresh_registrar.submit(item, f"{item}/forhandsvisa", sedd="1")
    assert none.status == 422


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"gor": "behov"}, Fate.NEED),
        ({"gor": "fraga"}, Fate.QUESTION),
        ({"gor": "inte", "varfor": "Reklam"}, Fate.NOT_REGISTERED),
    ],
)
def test_what_is_no_answer(
    fresh: World, fresh_registrar: Client, fields: dict[str, str], fate: Fate
) -> None:
    item = uncoded(fresh)
    assert decide(fresh_registrar, item, **fields).status == 303
    (document,) = rows(fresh, Document)
    assert document.fate is fate
    assert fresh_registrar.get(f"/handlingar/{document.document_id}").status == 200


def test_a_mail_that_is_the_matter_is_done_with(fresh: World, fresh_registrar: Client) -> None:
    fresh.record(
        arrived(name="q", disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,)), "q"
    )
    item = item_of(fresh, "q")
    assert decide(fresh_registrar, item, gor="inte").status == 422
    assert decide(fresh_registrar, item, gor="hanterad").status == 303
    assert rows(fresh, Mail)[0].state is MailState.HANDLED


def test_the_second_of_two_registrars_is_told(fresh: World, fresh_registrar: Client) -> None:
    item = doubtful(fresh)
    token = fresh_registrar.token(item)
    assert decide(fresh_registrar, item, **ATTACH).status == 303
    late = fresh_registrar.post(
        f"{item}/hantera", {"_csrf": token, "sedd": "1"} | ATTACH | {"svar": "kompetens-2024:nej"}
    )
    assert late.status == 409
    assert OBJECTIONS[Objection.NOT_OPEN] in late.text
    assert [one.answer for one in rows(fresh, Answer)] == ["ja"]


def test_a_stale_form_is_refused_and_keeps_what_was_typed(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    resolution = decide(fresh_registrar, item, **ATTACH).location.partition("avgjort=")[2]
    fresh_registrar.submit(item, f"/avgoranden/{resolution}/angra")
    stale = fresh_registrar.submit(
        item, f"{item}/hantera", **{"sedd": "1"} | ATTACH | {"kontakt_namn": "Nils Ö"}
    )
    assert stale.status == 409
    assert OBJECTIONS[Objection.STALE] in stale.text
    assert 'value="Nils Ö"' in stale.text
    assert 'name="sedd" value="3"' in stale.text


@pytest.mark.parametrize("field", ["gor", "sedd", "svar", "underskrift", "kommun"])
def test_a_form_that_no_page_of_ours_made_does_nothing(
    fresh: World, fresh_registrar: Client, field: str
) -> None:
    item = doubtful(fresh)
    broken = {"sedd": "1"} | ATTACH | {field: "\x00'; DROP TABLE answer --"}
    assert fresh_registrar.submit(item, f"{item}/hantera", **broken).status in (409, 422)
    assert rows(fresh, Answer) == []
    assert len(rows(fresh, ReviewItem)) == 1


def test_what_was_typed_survives_a_session_that_ended(
    fresh: World, fresh_registrar: Client
) -> None:
    item = doubtful(fresh)
    fresh_registrar.cookies.clear()
    asked = fresh_registrar.post(
        f"{item}/hantera", {"sedd": "1"} | ATTACH | {"kontakt_namn": "Märta Ö"}
    )
    assert asked.status == 401
    kept = unescape(asked.html.split('name="kept" value="')[1].split('"')[0])
    again = fresh_registrar.submit(
        "/logga-in", "/logga-in", name="rut", password=PASSWORD, kept=kept
    )
    assert "Märta Ö" in again.text
    assert f'action="{item}/hantera"' in again.html


def test_the_office_sees_the_item_but_no_form(world: World, office: Client) -> None:
    page = office.get(item_of(world, "doubtful-document")).text
    assert REASONS[Reason.MARK_DOUBTFUL].short in page
    assert 'name="gor"' not in page
    assert "Ta hand om" not in page
