"""Sökbar PDF: a link where there is a copy, for those who may see the scan."""

import pytest

from services.registry.searchable import TextKeeper
from shared.archive import Area
from shared.events import DocumentSearchable, Outcome, Reason
from tests.web.client import Client
from tests.web.world import PASSWORD, REGISTERED, World, answered, arrived

COPY = b"%PDF-1.7 a searchable copy"


@pytest.fixture
def page(fresh: World) -> str:
    """The page of a recorded answer without a copy."""
    fresh.record(arrived(answered("ja", "kompetens-2024", "2480", "0" * 64), name="one"), "one")
    return f"/handlingar/{fresh.ids['one-document']}"


@pytest.fixture
def hidden(fresh: World) -> str:
    """The page of a document that waits in the queue, without a copy."""
    reading = answered("ja", "moln-2024", "2480", "1" * 64)
    doubtful = {"outcome": Outcome.REVIEW, "reasons": (Reason.UNEXPLAINED_INK,)}
    fresh.record(arrived(reading.model_copy(update=doubtful), name="two"), "two")
    return f"/handlingar/{fresh.ids['two-document']}"


def make_searchable(world: World, page: str) -> None:
    document_id = page.rpartition("/")[2]
    event = DocumentSearchable(
        occurred_at=REGISTERED,
        mail_id=document_id.rpartition("-")[0],
        document_id=document_id,
        text="Umeå kommun",
        pdf=world.archive.put(COPY, Area.DERIVED),
        pages=1,
    )
    TextKeeper(world.database).keep(event)


def client_of(world: World, name: str) -> Client:
    client = Client(world.address)
    client.log_in(name, PASSWORD)
    return client


def test_the_page_links_to_the_copy_once_there_is_one(fresh: World, page: str) -> None:
    registrar = client_of(fresh, "rut")
    assert "Sökbar PDF" not in registrar.get(page).text
    assert registrar.get(f"{page}/sokbar-pdf").status == 404
    make_searchable(fresh, page)
    assert f'href="{page}/sokbar-pdf"' in registrar.get(page).html
    copy = registrar.get(f"{page}/sokbar-pdf")
    assert copy.body == COPY
    assert copy.headers["content-type"] == "application/octet-stream"
    assert "attachment" in copy.headers["content-disposition"]


def test_a_reader_has_the_copy_of_an_answer_and_not_of_what_is_in_the_queue(
    fresh: World, page: str, hidden: str
) -> None:
    reader = client_of(fresh, "lars")
    for each in (page, hidden):
        make_searchable(fresh, each)
    assert reader.get(f"{page}/sokbar-pdf").status == 200
    assert reader.get(f"{hidden}/sokbar-pdf").status == 403
