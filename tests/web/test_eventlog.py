"""Händelselogg and the files that can be taken away."""

import csv
import io
import json
import re

import pytest
from openpyxl import load_workbook

from tests.web.client import Client
from tests.web.test_matter import ATTACH, decide, doubtful
from tests.web.world import World


def lines(text: str) -> list[str]:
    return re.findall(r"<li><span><time", text)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_last_event_comes_first_and_one_can_go_back_and_forth(
    world: World, registrar: Client
) -> None:
    first = registrar.get("/handelselogg").text
    assert len(lines(first)) == 100
    assert 'rel="prev"' not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = registrar.get(older[1]).text
    assert len(lines(second)) == 100
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer
    assert lines(registrar.get(newer[1]).text) == lines(first)


def test_a_verdict_is_found_with_what_was_before_and_after(
    fresh: World, fresh_registrar: Client
) -> None:
    decide(fresh_registrar, doubtful(fresh), **ATTACH)
    text = fresh_registrar.get("/handelselogg?om=resolved.&vem=rut").text
    assert len(lines(text)) == 1
    assert "Svaret registrerades av en registrator" in text
    assert '"fate": "review"' in text
    assert '"municipality": "2480"' in text
    assert len(lines(fresh_registrar.get("/handelselogg?om=resolved.&vem=adam").text)) == 0


def test_it_is_filtered_by_dnr_and_day(fresh: World, fresh_registrar: Client) -> None:
    doubtful(fresh)
    assert lines(fresh_registrar.get("/handelselogg?dnr=SKR%202024/00001").text)
    assert not lines(fresh_registrar.get("/handelselogg?dnr=SKR%202024/99999").text)
    assert lines(fresh_registrar.get("/handelselogg?fran=2024-09-22&till=2024-09-22").text)
    assert not lines(fresh_registrar.get("/handelselogg?till=2024-09-21&om=mail.").text)


@pytest.mark.parametrize(
    "query",
    ["fran=ig%C3%A5r", "fran=0001-01-01", "fore=-1", "efter=x", "om=%25", "fore=9999999999"],
)
def test_an_odd_address_is_no_fault(registrar: Client, query: str) -> None:
    assert registrar.get(f"/handelselogg?{query}").status == 200


def test_the_log_as_a_file_holds_every_line_and_its_data(world: World, registrar: Client) -> None:
    answer = registrar.get("/export/handelselogg.csv?om=document.")
    assert answer.headers["content-disposition"].startswith('attachment; filename="handelselogg-')
    rows = table(answer.body)
    assert len(rows) > 150
    assert {row["what"].partition(".")[0] for row in rows} == {"document"}
    assert [int(row["number"]) for row in rows] == sorted(int(row["number"]) for row in rows)
    assert json.loads(rows[0]["after"])["handling"] == 1


def test_the_answers_as_files(world: World, reader: Client) -> None:
    rows = table(reader.get("/export/svar.csv?initiativ=kompetens-2024").body)
    assert len(rows) == 290
    named = {row["municipality"]: row for row in rows}
    assert named["0114"]["municipality_name"] == "Upplands Väsby kommun"
    assert json.loads(reader.get("/export/svar.json").body)[0]["municipality"] == "0114"
    book = load_workbook(io.BytesIO(reader.get("/export/svar.xlsx").body))
    assert book.active is not None
    assert book.active.max_row == 1 + 290 * 4


@pytest.mark.parametrize("path", ["/export/svar.pdf", "/export/svar.csv?initiativ=finns-inte"])
def test_what_cannot_be_exported_is_not_found(reader: Client, path: str) -> None:
    assert reader.get(path).status == 404
