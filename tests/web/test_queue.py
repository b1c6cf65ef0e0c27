"""Ej kopplade handlingar: the list, and one item."""

import re

import pytest
from sqlmodel import select

from services.registry.tables import EventLog, ReviewItem
from services.registry.web.words import REASONS
from shared.events import Outcome, Reason
from tests.web.client import Client
from tests.web.world import PASSWORD, World, answered, arrived


def item_of(world: World, name: str) -> str:
    """The address of the queue's item about a mail or document that the world remembers."""
    with world.database.read() as session:
        for item in session.exec(select(ReviewItem)):
            if world.ids[name] in (item.document_id, item.mail_id):
                return f"/ej-kopplade/{item.id}"
    raise KeyError(name)


def places(text: str) -> list[str]:
    return re.findall(r'<h2><a href="(/ej-kopplade/\d+)"', text)


def test_the_oldest_comes_first(world: World, registrar: Client) -> None:
    shown = places(registrar.get("/ej-kopplade").text)
    oldest = ("evil-document", "original", "doubtful-document")
    assert shown[:3] == [item_of(world, name) for name in oldest]


def test_the_list_goes_on_over_pages(registrar: Client) -> None:
    first, second = (places(registrar.get(f"/ej-kopplade?sida={n}").text) for n in (1, 2))
    assert len(first) == 25
    assert second
    assert not set(first) & set(second)


def test_every_reason_can_be_filtered_by(registrar: Client) -> None:
    for reason in Reason:
        text = registrar.get(f"/ej-kopplade?anledning={reason}").text
        assert places(text), reason
        assert REASONS[reason].short in text


def test_a_filter_that_nothing_passes_is_explained(registrar: Client) -> None:
    assert "Inget i kön passar in" in registrar.get("/ej-kopplade?brevlada=ingen@skr.se").text


def test_the_queue_is_filtered_by_initiative_municipality_and_age(
    world: World, registrar: Client
) -> None:
    both = "/ej-kopplade?initiativ=kompetens-2024&kommun=2480"
    assert places(registrar.get(both).text) == [item_of(world, "doubtful-document")]
    assert places(registrar.get("/ej-kopplade?kommun=1281&initiativ=kompetens-2024").text) == []
    assert len(places(registrar.get("/ej-kopplade?alder=7").text)) == 25
    assert len(places(registrar.get("/ej-kopplade?alder=tusen").text)) == 25


def test_what_another_has_taken_can_be_left_out(fresh: World, waiting: str) -> None:
    rut, adam = Client(fresh.address), Client(fresh.address)
    rut.log_in("rut", PASSWORD)
    adam.log_in("adam", PASSWORD)
    rut.submit(waiting, f"{waiting}/ta")
    assert places(rut.get("/ej-kopplade?lediga=1").text) == [waiting]
    assert places(adam.get("/ej-kopplade?lediga=1").text) == []
    assert places(adam.get("/ej-kopplade").text) == [waiting]


def test_an_unknown_reason_in_the_address_filters_nothing(registrar: Client) -> None:
    assert len(places(registrar.get("/ej-kopplade?anledning=%3Cscript%3E").text)) == 25


def test_an_item_shows_scan_reading_and_all_reasons(world: World, registrar: Client) -> None:
    text = registrar.get(item_of(world, "doubtful-document")).text
    for reason in (Reason.UNEXPLAINED_INK, Reason.MARK_DOUBTFUL, Reason.LOW_RESOLUTION):
        assert REASONS[reason].short in text
        assert REASONS[reason].long in text
    assert "/sidbilder/" in text
    assert "Umeå kommun" in text


def test_a_page_without_an_image_is_named(world: World, registrar: Client) -> None:
    assert "Ingen bild av sidan" in registrar.get(item_of(world, "uncoded-document")).text


def test_a_mail_that_is_the_matter_itself_is_shown_as_text(world: World, registrar: Client) -> None:
    text = registrar.get(item_of(world, "question")).text
    assert "kan vi svara efter den 30 september?" in text
    assert REASONS[Reason.QUESTION].long in text
    assert "811218-9876" not in text


def test_a_conflict_shows_the_answer_that_stands(
    world: World, registrar: Client, office: Client
) -> None:
    page = item_of(world, "conflict-document")
    assert "Registrerat svar från Upplands Väsby kommun" in registrar.get(page).text
    assert "Kommunens registrerade svar" in office.get(page).text


def test_one_leads_to_the_next(world: World, registrar: Client) -> None:
    text = registrar.get(item_of(world, "evil-document")).text
    assert f'rel="next" href="{item_of(world, "original")}"' in text
    assert 'rel="prev"' not in text


def test_the_office_looks_but_cannot_take(world: World, office: Client) -> None:
    page = item_of(world, "doubtful-document")
    assert "Ta hand om" not in office.get(page).text
    assert office.post(f"{page}/ta", {"_csrf": office.token("/")}).status == 403


@pytest.fixture
def waiting(fresh: World) -> str:
    reading = answered("ja", "kompetens-2024", "2480", "0" * 64)
    doubtful = {"outcome": Outcome.REVIEW, "reasons": (Reason.UNEXPLAINED_INK,)}
    fresh.record(arrived(reading.model_copy(update=doubtful), name="one"), "one")
    return item_of(fresh, "one")


def test_who_takes_an_item_is_seen_by_the_others_and_logged(fresh: World, waiting: str) -> None:
    rut, adam = Client(fresh.address), Client(fresh.address)
    rut.log_in("rut", PASSWORD)
    adam.log_in("adam", PASSWORD)
    assert rut.submit(waiting, f"{waiting}/ta").status == 303
    assert "Tagen av rut" in adam.get("/ej-kopplade").text
    assert "Ta över" in adam.get(waiting).text
    rut.submit(waiting, f"{waiting}/slapp")
    assert "Tagen av" not in adam.get("/ej-kopplade").text
    with fresh.database.read() as session:
        logged = [e for e in session.exec(select(EventLog)) if e.who == "rut"]
    assert [(e.what, e.before, e.after) for e in logged] == [
        ("review.claimed", {"claimed_by": None}, {"claimed_by": "rut"}),
        ("review.released", {"claimed_by": "rut"}, {"claimed_by": None}),
    ]


def test_an_empty_queue_says_so(fresh_registrar: Client) -> None:
    assert "Inget väntar" in fresh_registrar.get("/ej-kopplade").text
