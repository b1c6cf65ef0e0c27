"""Ordna sidorna: the form without JavaScript, what it does and refuses.

On SQLite alone; what the register does of it is tried on both databases in `tests/flow`.
"""

import re
from datetime import timedelta

import pytest

from services.registry.arranging.reread import Rereader
from services.registry.domain.arrangement import MOST_PAGES, Hindrance
from services.registry.settings import RegistrySection
from services.registry.tables import Arrangement, ArrangementState, Document
from services.registry.web.arrange_words import FAULTS, HINDRANCES
from shared.archive import Area as ArchiveArea
from shared.events import (
    DocumentKind,
    DocumentReading,
    Fate,
    Outcome,
    PagesArranged,
    PagesRead,
    Reason,
    RereadFault,
    Turn,
)
from shared.outbox import OutboxRow
from tests.unit.registry.builders import form
from tests.web.client import Answer as Page
from tests.web.client import Client
from tests.web.test_matter import UMEA, decide, rows
from tests.web.test_queue import item_of
from tests.web.world import REGISTERED, World, answered, arrived, scan_png

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def page_image(world: World, number: int) -> DocumentReading:
    """A paper without a code, on one page."""
    scan = world.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    made = answered("ja", "kompetens-2024", UMEA, scan).pages[0]
    other = {"outcome": Outcome.REVIEW, "reasons": (Reason.NO_CODE,), "signature": None}
    found = form(None, initiative=None, municipality=None, kind=DocumentKind.OTHER, **other)
    page = made.model_copy(update={"source_page": number})
    return found.model_copy(update={"pages": (page,)})


def arranged_item(world: World) -> str:
    """Put three pages into the queue, two taken for one paper; return where that is handled."""
    first, second, other = (page_image(world, number) for number in (1, 2, 3))
    pages = tuple(
        page.model_copy(update={"number": number})
        for number, page in enumerate((*first.pages, *second.pages), start=1)
    )
    both = first.model_copy(update={"pages": pages})
    world.record(arrived(both, other, name="one"), "one")
    return item_of(world, "one-document")


@pytest.fixture
def item(fresh: World) -> str:
    return arranged_item(fresh)


def fields_of(page: str) -> dict[str, str]:
    """The form as it stands on the page."""
    chosen = {
        name: (re.search(r'value="([^"]*)" selected', options) or ["", ""])[1]
        for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', page, re.S)
    }
    return chosen | dict(re.findall(r'name="((?:plats|sedda)[^"]*)" value="([^"]*)"', page))


def send(client: Client, item: str, **changed: str) -> Page:
    kept = fields_of(client.get(f"{item}/sidor").html)
    named = {name.replace("_", ".", 1).replace("_", "-"): text for name, text in changed.items()}
    return client.submit(f"{item}/sidor", f"{item}/sidor", **{"gor": "las", **kept, **named})


def asked(world: World) -> PagesArranged:
    [row] = [one for one in rows(world, OutboxRow) if one.subject == PagesArranged.subject]
    return PagesArranged.model_validate_json(row.body)


def read(world: World, *readings: DocumentReading, fault: RereadFault | None = None) -> None:
    event = asked(world)
    rereader = Rereader(world.database, RegistrySection(), lambda: REGISTERED + timedelta(hours=1))
    documents = tuple(
        one.model_copy(update={"document_id": wanted.document_id})
        for one, wanted in zip(readings, event.documents, strict=fault is None)
    )
    rereader.take_up(
        PagesRead(
            occurred_at=REGISTERED, arrangement=event.arrangement, mail_id=event.mail_id,
            documents=() if fault else documents, fault=fault,
        )
    )  # fmt: skip


def test_enter_in_a_field_shows_the_result_and_carries_nothing_out(
    fresh: World, fresh_registrar: Client
) -> None:
    page = fresh_registrar.get(f"{arranged_item(fresh)}/sidor").html
    first = re.search(r"<button[^>]*>", page.partition("data-arrange")[2])
    assert first
    assert 'value="visa"' in first[0]


def test_the_page_shows_every_page_that_waits_where_it_belongs_now(
    fresh_registrar: Client, item: str
) -> None:
    page = fresh_registrar.get(item).text
    assert f'href="{item}/sidor" data-key="o"' in page
    page = fresh_registrar.get(f"{item}/sidor").html
    fields = fields_of(page)
    assert {name: fields[f"till.{name}"] for name in ("1-1", "1-2", "1-3")} == {
        "1-1": "1", "1-2": "1", "1-3": "2",
    }  # fmt: skip
    assert page.count("Oförändrad") == 2
    assert page.count(">Tom<") == 1


def test_a_page_moved_and_another_turned_are_read_again_and_then_proposed(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    done = send(fresh_registrar, item, till_1_2="3", vrid_1_2="90")
    assert done.status == 303
    first, second = asked(fresh).documents
    assert [(page.source_page, page.turn) for page in second.pages] == [(2, Turn.QUARTER)]
    assert first.pages[0].turn is Turn.NONE

    waiting = fresh_registrar.get(done.location).text
    assert "Sidorna läses på nytt" in waiting
    assert "Koppla och registrera" not in waiting
    assert "Läses på nytt" in fresh_registrar.get("/ej-kopplade").text

    answer = page_image(fresh, 1).model_copy(update={"kind": DocumentKind.ANSWER, "reasons": ()})
    read(fresh, answer, page_image(fresh, 2))
    onwards = fresh_registrar.get(done.location)
    assert onwards.status == 303
    new = fresh_registrar.get(onwards.location).text
    assert "rut satte samman handlingen" in new
    assert "Sidorna är ordnade för hand" in new
    old = fresh_registrar.get(item).text
    assert "Sidorna är omordnade" in old
    [arrangement] = rows(fresh, Arrangement)
    undo = f"/omordningar/{arrangement.id}/angra"
    assert undo in new
    assert undo in old
    back = fresh_registrar.submit(item, undo)
    assert (back.status, back.location) == (303, item)
    assert "Koppla och registrera" in fresh_registrar.get(item).text
    assert "ångrade omordningen" in fresh_registrar.get(onwards.location).text


def test_what_is_being_read_can_be_taken_back_once(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    send(fresh_registrar, item, till_1_2="0")
    [arrangement] = rows(fresh, Arrangement)
    take_back = f"/omordningar/{arrangement.id}/ta-tillbaka"
    assert fresh_registrar.submit(item, take_back).location == item
    assert "Koppla och registrera" in fresh_registrar.get(item).text
    late = fresh_registrar.submit(item, take_back)
    assert HINDRANCES[Hindrance.TOO_LATE] in fresh_registrar.get(late.location).text
    assert rows(fresh, Arrangement)[0].state is ArrangementState.TAKEN_BACK


def test_why_pages_could_not_be_read_is_told(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    send(fresh_registrar, item)
    read(fresh, fault=RereadFault.FILE_GONE)
    page = fresh_registrar.get(item).text
    assert "Sidorna kunde inte läsas på nytt." in page
    assert FAULTS[RereadFault.FILE_GONE] in page
    assert "Koppla och registrera" in page


def test_what_forbids_it_is_told_and_nothing_is_lost(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    for changed, hindrance in (
        ({"till_1_2": ""}, Hindrance.PAGE_UNPLACED),
        ({"till_1_2": "9999"}, Hindrance.PAGE_UNPLACED),
        ({"till_1_1": "0", "till_1_2": "0", "vrid_1_1": "180"}, Hindrance.NOTHING_LEFT),
        ({"las_3": "need"}, Hindrance.EMPTY_DOCUMENT),
        ({"las_1": "learned_form:kompetens-2024:101"}, Hindrance.UNKNOWN_FORM),
    ):
        done = send(fresh_registrar, item, **{"vrid_1_1": "90", **changed})
        assert done.status == 422
        assert HINDRANCES[hindrance] in done.text
        again = fields_of(done.html)
        assert again["vrid.1-1"] == changed.get("vrid_1_1", "90")
        assert {"till.1-1", "till.1-2", "till.1-3"} <= set(again)
    assert rows(fresh, Arrangement) == []


def test_what_others_did_meanwhile_is_told_and_the_rest_is_kept(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    kept = fields_of(fresh_registrar.get(f"{item}/sidor").html)
    [other] = [one for one in rows(fresh, Document) if one.document_id != fresh.ids["one-document"]]
    fresh.ids["other"] = other.document_id
    left = decide(fresh_registrar, item_of(fresh, "other"), gor="inte", varfor="fel")
    assert left.status == 303
    assert [one.fate for one in rows(fresh, Document)].count(Fate.NOT_REGISTERED) == 1
    done = fresh_registrar.submit(
        f"{item}/sidor", f"{item}/sidor", **{**kept, "gor": "las", "vrid.1-1": "270"}
    )
    assert done.status == 409
    assert HINDRANCES[Hindrance.STALE] in done.text
    again = fields_of(done.html)
    assert again["vrid.1-1"] == "270"
    assert "till.1-3" not in again


def test_what_was_chosen_is_shown_without_being_done(
    fresh: World, fresh_registrar: Client, item: str
) -> None:
    shown = send(fresh_registrar, item, gor="visa", till_1_2="2", plats_1_2="1", plats_1_3="2")
    assert shown.status == 200
    assert fields_of(shown.html)["till.1-2"] == "2"
    assert shown.html.index('data-page="1-2"') < shown.html.index('data-page="1-3"')
    assert shown.html.count("Läses på nytt") == 2
    assert rows(fresh, Arrangement) == []


def test_a_mail_without_pages_says_so(fresh: World, fresh_registrar: Client) -> None:
    bare = page_image(fresh, 1).model_copy(update={"pages": ()})
    fresh.record(arrived(bare, name="bare"), "bare")
    page = fresh_registrar.get(f"{item_of(fresh, 'bare-document')}/sidor")
    assert page.status == 422
    assert HINDRANCES[Hindrance.NO_PAGES] in page.text


def test_of_a_mail_with_more_pages_than_one_keeps_in_sight_only_the_document_shown(
    fresh: World, fresh_registrar: Client
) -> None:
    one = page_image(fresh, 1)
    many = one.model_copy(
        update={
            "pages": tuple(
                one.pages[0].model_copy(update={"number": number, "source_page": number + 1})
                for number in range(1, MOST_PAGES + 1)
            )
        }
    )
    fresh.record(arrived(one, many, name="one"), "one")
    item = item_of(fresh, "one-document")
    assert fresh_registrar.get(f"{item}/sidor").html.count("data-page=") == 1
    assert send(fresh_registrar, item).status == 303
