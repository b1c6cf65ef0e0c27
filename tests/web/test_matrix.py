"""Alla svar: the matrix of municipalities and initiatives."""

import re

import pytest

from tests.web.client import Client


@pytest.mark.parametrize(("query", "number"), [("", 290), ("lan=01", 26), ("lan=99", 0)])
def test_the_county_filter_says_how_many(registrar: Client, query: str, number: int) -> None:
    text = registrar.get(f"/alla-svar?{query}").text
    found = re.search(r"<caption>(\d+) kommun", text)
    assert (int(found[1]) if found else 0) == number
    assert ("Ingen kommun passar in" in text) is (number == 0)


def test_a_municipality_has_one_cell_for_each_initiative(registrar: Client) -> None:
    text = registrar.get("/alla-svar?lan=03").text
    row = re.search(r'<tr><th scope="row"><a href="/kommuner/0305">.*?</tr>', text, re.DOTALL)
    assert row
    shapes = re.findall(r'<span class="state ([a-z0-9-]+)">', row[0])
    assert shapes == ["option-1", "missing", "review", "option-2"]


def test_what_is_late_is_marked(registrar: Client) -> None:
    row = registrar.get("/alla-svar?lan=01").text.split('href="/kommuner/0180"')[1]
    assert '<span class="tag late">För sent</span>' in row.split("</tr>")[0]


def test_a_reader_is_led_to_nothing_that_is_closed_to_them(reader: Client) -> None:
    links = re.findall(r'href="(/handlingar/[^"]+)"', reader.get("/alla-svar?lan=03").text)
    assert links
    assert all(reader.get(link).status == 200 for link in links)


def test_the_list_too_leads_a_reader_to_nothing_that_is_closed(reader: Client) -> None:
    text = reader.get("/svar/kompetens-2024?svar=ej-hanterat").text
    assert "Umeå kommun" in text
    assert "/handlingar/" not in text
