"""Kommuner: the list, and one municipality's page."""

import re
from datetime import timedelta

import pytest

from services.registry.tables import MunicipalityContact, MunicipalityDomain
from shared.archive import Area as ArchiveArea
from shared.events import MessageFate, MessageSettled
from tests.web.client import Client
from tests.web.world import START, World, answered, arrived, scan_png

HÅBO = "/kommuner/0305"


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 290), ("namn=habo", 2), ("namn=0305", 1), ("lan=01", 26), ("lan=01&namn=solna", 1)],
)
def test_the_list_says_how_many_it_holds(registrar: Client, query: str, number: int) -> None:
    found = re.search(r"<caption>(\d+) kommun", registrar.get(f"/kommuner?{query}").text)
    assert found
    assert int(found[1]) == number


def test_nothing_found_is_explained(registrar: Client) -> None:
    assert "Ingen kommun passar in" in registrar.get("/kommuner?namn=xyz").text


def test_the_page_shows_what_it_has_answered_and_what_is_missing(registrar: Client) -> None:
    text = registrar.get(HÅBO).text
    assert "<h1>Håbo kommun</h1>" in text
    for shown in ("Ja, delar av erbjudandet", "Ej hanterat", "Svar saknas", "Åsa Öberg"):
        assert shown in text
    assert "registrator@kommun26.example" in text


def test_an_easily_confused_name_is_a_note_with_a_link(registrar: Client) -> None:
    note = re.search(r'<p class="notice">(Förväxla inte.*)</p>', registrar.get(HÅBO).html)
    assert note
    assert '<a href="/kommuner/0643">Habo kommun</a> (0643)' in note[1]
    assert "Förväxla" not in registrar.get("/kommuner/2584").text


def test_addresses_and_mails_out_stand_there(fresh: World, fresh_registrar: Client) -> None:
    with fresh.database.write() as session:
        session.add(
            MunicipalityContact(
                municipality="0305", registrar_address="kommun@habo.se", imported_at=START
            )
        )
        session.add(MunicipalityDomain(domain="habo.se", municipality="0305"))
    fresh.settler.settle(
        MessageSettled(
            occurred_at=START,
            message_id="<offer.0305@skr.example>",
            kind="offer",
            recipient="kommun@habo.se",
            fate=MessageFate.SENT,
            settled_at=START + timedelta(minutes=1),
        )
    )
    text = fresh_registrar.get(HÅBO).text
    assert "<div>habo.se</div>" in text
    assert ">Erbjudande</a> till kommun@habo.se" in text
    assert "kommun@habo.se" in fresh_registrar.get("/kommuner?namn=habo").text


def test_a_municipality_that_is_silent_has_an_empty_page(fresh_registrar: Client) -> None:
    text = fresh_registrar.get("/kommuner/2584").text
    assert "Inget har kommit in från kommunen ännu" in text
    assert "Inget svar nämner någon kontaktperson" in text
    assert "Inget har hänt" in text


def test_a_reader_sees_no_mail_and_nothing_that_waits(
    fresh: World, reader: Client, registrar: Client
) -> None:
    assert "Mejlväxling" in registrar.get(HÅBO).text
    assert re.search(r"SKR 2024/\d{5}-1", registrar.get(HÅBO).text)
    text = reader.get(HÅBO).text
    assert "Mejlväxling" not in text
    links = re.findall(r'href="(/handlingar/[^"]+)"', text)
    assert links
    assert all(reader.get(link).status == 200 for link in links)


def test_a_code_nobody_has_is_not_there(registrar: Client) -> None:
    assert registrar.get("/kommuner/9999").status == 404


def test_the_list_counts_the_answers_that_stand(fresh: World, fresh_registrar: Client) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    fresh.record(arrived(answered("ja", "kompetens-2024", "0305", scan), name="one"))
    text = fresh_registrar.get("/kommuner?namn=0305").text
    assert "1 av 4" in text
