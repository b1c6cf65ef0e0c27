"""Översikt."""

from services.registry.store import answers
from services.registry.web import queries
from tests.web.client import Client
from tests.web.world import World


def test_the_database_counts_as_the_list_of_answers_does(world: World) -> None:
    with world.database.read() as session:
        assert queries.summaries(session) == answers.summaries(session)


def test_each_initiative_shows_its_counts(registrar: Client) -> None:
    text = registrar.get("/").text
    assert "Kompetensgemenskaper" in text
    for shown in (
        "Ja: 88, Kompetensgemenskaper",
        "Nej: 22, Kompetensgemenskaper",
        "Ej hanterat: 1, Kompetensgemenskaper",
        "Svar saknas: 179, Kompetensgemenskaper",
        "För sent: 1, Välfärdsteknik som tjänst",
        "Ja, delar av erbjudandet: 2, Informationssäkerhet",
    ):
        assert shown in text


def test_the_last_answer_day_is_told_in_words(registrar: Client) -> None:
    assert "30 september 2024" in registrar.get("/").text


def test_the_latest_arrivals_lead_to_their_documents(registrar: Client) -> None:
    text = registrar.get("/").text
    assert "Senast inkommet" in text
    assert "Dubblett" in text


def test_a_reader_sees_answers_but_not_what_is_in_the_queue(reader: Client) -> None:
    text = reader.get("/").text
    assert "Kompetensgemenskaper" in text
    assert "Ej kopplade handlingar" not in text
    assert "Lunds kommun" in text


def test_an_empty_register_says_so(fresh_registrar: Client) -> None:
    assert "Inget har kommit in ännu" in fresh_registrar.get("/").text
