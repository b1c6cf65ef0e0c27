"""Svar, per initiative."""

import re

import pytest

from tests.web.client import Client

PAGE = "/svar/kompetens-2024"


def rows(text: str) -> int:
    return text.count('<tr role="row">') - 1


def test_the_bare_address_leads_to_the_first_initiative(registrar: Client) -> None:
    assert registrar.get("/svar").location == PAGE


def test_all_290_are_there_over_three_pages(registrar: Client) -> None:
    assert [rows(registrar.get(f"{PAGE}?sida={page}").text) for page in (1, 2, 3)] == [100, 100, 90]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("svar=ja", 88),
        ("svar=nej", 22),
        ("svar=saknas", 179),
        ("svar=ej-hanterat", 1),
        ("svar=sent", 0),
        ("lan=01", 26),
        ("lan=01&svar=nej", 5),
        ("kommun=habo", 2),
        ("kommun=0305", 1),
        ("kommun=stockholms+stad", 1),
    ],
)
def test_the_filters_say_how_many(registrar: Client, query: str, number: int) -> None:
    text = registrar.get(f"{PAGE}?{query}").text
    found = re.search(r"<caption>(\d+) kommun", text)
    assert (int(found[1]) if found else 0) == number


def test_a_search_without_rings_and_dots_shows_both_neighbours(registrar: Client) -> None:
    text = registrar.get(f"{PAGE}?kommun=habo").text
    assert "Habo kommun" in text
    assert "Håbo kommun" in text


def test_an_answer_leads_to_its_document(registrar: Client) -> None:
    text = registrar.get(f"{PAGE}?kommun=vallentuna").text
    link = re.search(r'href="(/handlingar/[^"]+)"', text)
    assert link
    assert registrar.get(link[1]).status == 200


def test_what_waits_beside_an_answer_is_marked(registrar: Client) -> None:
    assert "Nytt att granska" in registrar.get(f"{PAGE}?kommun=0114").text


def test_nothing_found_is_explained(registrar: Client) -> None:
    assert "Ingen kommun passar in" in registrar.get(f"{PAGE}?kommun=xyz").text


def test_an_unknown_initiative_is_not_there(registrar: Client) -> None:
    assert registrar.get("/svar/finns-inte").status == 404


def test_a_reader_may_look(reader: Client) -> None:
    assert reader.get(PAGE).status == 200
