"""Open data: numbers only, closed unless the settings say otherwise; and the page of exports."""

import csv
import io
import json
from pathlib import Path

import pytest
from sqlmodel import select

from services.registry.tables import Answer, CaseFile, Role
from shared.database import Database
from shared.municipalities import all_municipalities
from tests.web.client import Client
from tests.web.world import World, open_world, served

PLACES = ("/oppna-data/svar.json", "/oppna-data/svar.csv", "/oppna-data/katalog.jsonld")


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_open_unless_the_settings_say_so(stranger: Client, path: str) -> None:
    assert stranger.get(path).status == 404


def test_the_numbers_are_those_of_the_register_and_name_nobody(
    world: World, reader: Client
) -> None:
    told = json.loads(reader.get("/export/oppna-data.json").body)
    by_initiative: dict[str, dict[str, int]] = {}
    late = 0
    for line in told["lines"]:
        counts = by_initiative.setdefault(line["initiative"], {})
        counts[line["outcome"]] = counts.get(line["outcome"], 0) + line["municipalities"]
        late += line["late"]
    for counts in by_initiative.values():
        assert sum(counts.values()) == len(all_municipalities())
    assert by_initiative["kompetens-2024"]["ja"] == 88
    assert by_initiative["kompetens-2024"]["nej"] == 22
    assert by_initiative["kompetens-2024"]["review"] > 0
    assert by_initiative["sakerhet-2024"] | {"missing": 0} == {
        "hela": 3, "delar": 2, "nej": 0, "review": 1, "missing": 0,
    }  # fmt: skip
    assert late == 1
    whole = reader.get("/export/oppna-data.json").text + reader.get("/export/oppna-data.csv").text
    with world.database.read() as session:
        for number in session.exec(select(CaseFile.dnr)):
            assert number not in whole
        for answer in session.exec(select(Answer)):
            assert answer.contact_email == "" or answer.contact_email not in whole
            assert answer.contact_name == "" or answer.contact_name not in whole


def test_csv_and_json_say_the_same(reader: Client) -> None:
    table = reader.get("/export/oppna-data.csv").body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    lines = json.loads(reader.get("/export/oppna-data.json").body)["lines"]
    assert rows == [{key: str(value) for key, value in line.items()} for line in lines]
    assert reader.get("/export/oppna-data.xml").status == 404


def test_opened_anybody_may_have_them_and_portals_find_them(
    empty_database: Database, tmp_path: Path
) -> None:
    licence = "http://creativecommons.org/publicdomain/zero/1.0/"
    with served(
        open_world(tmp_path, empty_database, open_data=True, open_data_licence=licence)
    ) as world:
        client = Client(world.address)
        for path in PLACES:
            answer = client.get(path)
            assert answer.status == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cache-control"] == "public, max-age=300"
            assert not answer.set_cookies
        told = json.loads(client.get("/oppna-data/katalog.jsonld").body)
        assert told["@type"] == "dcat:Catalog"
        for one in told["dcat:dataset"]["dcat:distribution"]:
            address = one["dcat:downloadURL"]["@id"]
            assert address.startswith(world.address)
            assert client.get(address.removeprefix(world.address)).status == 200
            assert one["dcterms:license"] == {"@id": licence}


def test_the_page_of_exports_leads_only_where_the_person_may_go(
    people: dict[Role, Client],
) -> None:
    for role, client in people.items():
        page = client.get("/export").html
        assert ("/export/initiativ/" in page) is (role is not Role.READER)
        for path in {part.split('"')[0] for part in page.split('href="/export/')[1:]}:
            if ".zip" not in path:
                assert client.get(f"/export/{path}").status == 200, path


def test_contacts_and_log_come_as_json_too(registrar: Client) -> None:
    contacts = json.loads(registrar.get("/export/kontaktpersoner.json").body)
    table = registrar.get("/export/kontaktpersoner.csv").body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    assert [str(one["email"]) for one in contacts] == [row["email"] for row in rows]
    lines = registrar.get("/export/handelselogg.jsonl?om=user.").body.decode().splitlines()
    assert lines
    for line in lines:
        assert json.loads(line)["what"].startswith("user.")
