"""Packages with everything about answers: opened again, every sum checked, the XML in its order."""

import hashlib
import io
import json
import subprocess
import tracemalloc
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from services.registry.exports.package import Office, answer_numbered, answers_of, package
from services.registry.exports.zipped import MANIFEST, Member, safe_name, zipped
from services.registry.tables import Message
from shared.archive import Area
from shared.events import MessageFate
from tests.web.calls import program
from tests.web.client import Client
from tests.web.world import START, World

ERMS = "{https://DILCIS.eu/XML/ERMS}"
IN_ORDER = {
    "erms": ("control", "aggregations"),
    "control": ("identification", "maintenanceInformation"),
    "maintenanceInformation": ("maintenanceStatus", "maintenanceAgency", "maintenanceHistory"),
    "maintenanceEvent": ("eventType", "eventDateTime", "agent"),
    "aggregation": ("objectId", "title", "agents", "dates", "record"),
    "record": (
        "objectId", "identification", "parentAggregationId", "title", "runningNumber", "relation",
        "direction", "agents", "dates", "notes", "additionalInformation",
    ),
    "agent": ("name", "organisation", "role", "addressContactInformation"),
    "addressContactInformation": ("addressLine", "contactLine"),
    "additionalInformation": ("appendix", "ownElement"),
}  # fmt: skip
"""The elements that we write, in the order of the standard's schema (CITS ERMS 2.1.3)."""
NEEDED = {
    "erms": {"control", "aggregations"},
    "control": {"identification", "maintenanceInformation"},
    "aggregation": {"objectId"},
    "record": {"objectId"},
    "agent": {"name"},
    "addressContactInformation": {"addressLine", "contactLine"},
}
DATE_TYPES = {"opened", "received", "captured", "decision", "reviewed", "closed", "sent"}
AGENT_TYPES = {"creator", "counterpart", "sender", "main_signatory", "receiver", "other"}


@pytest.fixture(scope="module")
def world_with_receipt(world: World) -> World:
    """The full register, where one answer's receipt is in the archive."""
    content = world.archive.put(b"Subject: Kvitto\r\n\r\nTack", Area.DERIVED)
    with world.database.write() as session:
        for row in session.exec(select(Message).where(Message.mail_id == world.ids["answer"])):
            row.content = content if row.fate is MessageFate.SENT else None
    return world


def opened(content: bytes) -> dict[str, bytes]:
    """The files of a zip, each checked against the manifest."""
    with ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        files = {name: file.read(name) for name in file.namelist()}
    told = dict(reversed(line.split("  ", 1)) for line in files.pop(MANIFEST).decode().splitlines())
    assert told == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return files


def test_a_package_has_everything_about_an_answer(
    world_with_receipt: World, registrar: Client
) -> None:
    world = world_with_receipt
    document = world.ids["answer-document"]
    answer = registrar.get(f"/export/svar/{document}.zip")
    assert answer.headers["content-type"] == "application/zip"
    files = opened(answer.body)
    (folder,) = {name.split("/")[0] for name in files if "/" in name}
    inside = {name.partition("/")[2] for name in files if "/" in name}
    mail = world.ids["answer"]
    assert inside == {
        "mejl/01 svar.pdf", "kopia/sida-01.png", "utskick/01 receipt.eml",
        "metadata.json", "erms.xml",
    }  # fmt: skip
    assert f"{mail}.eml" in files["saknas.txt"].decode()  # the world's mails have no original
    assert folder.endswith("Upplands Väsby kommun")
    assert files[f"{folder}/mejl/01 svar.pdf"] == b"%PDF-1.7 hostile"
    assert files[f"{folder}/utskick/01 receipt.eml"].startswith(b"Subject: Kvitto")
    told = json.loads(files[f"{folder}/metadata.json"])
    assert told["document"]["answer"]["answer"] == "ja"
    assert told["document"] == program(world).read(f"/documents/{document}")
    assert told["log"]
    by_key = program(world).get(f"/answers/{document}/package")
    assert opened(by_key.body).keys() == files.keys()


def test_the_xml_follows_the_standard(world_with_receipt: World, registrar: Client) -> None:
    document = world_with_receipt.ids["answer-document"]
    files = opened(registrar.get(f"/export/svar/{document}.zip").body)
    (xml,) = (data for name, data in files.items() if name.endswith("erms.xml"))
    root = ET.fromstring(xml)  # noqa: S314 - written by us
    assert root.tag == f"{ERMS}erms"
    for element in root.iter():
        name = element.tag.removeprefix(ERMS)
        children = [child.tag.removeprefix(ERMS) for child in element]
        order = IN_ORDER.get(name)
        if order is not None:
            assert set(children) <= set(order), name
            assert [order.index(one) for one in children] == sorted(map(order.index, children))
        assert NEEDED.get(name, set()) <= set(children), name
    assert {one.get("dateType") for one in root.iter(f"{ERMS}date")} <= DATE_TYPES
    assert {one.get("agentType") for one in root.iter(f"{ERMS}agent")} <= AGENT_TYPES
    for date in root.iter(f"{ERMS}date"):
        assert datetime.fromisoformat(date.text or "").tzinfo is not None
    answer, receipt = root.iter(f"{ERMS}record")
    (title,) = answer.findall(f"{ERMS}title")
    assert title.text == "Svar från Upplands Väsby kommun"
    assert [one.get("path") for one in answer.iter(f"{ERMS}appendix")] == [
        "file:///mejl/01%20svar.pdf",
        "file:///kopia/sida-01.png",
    ]
    (direction,) = receipt.findall(f"{ERMS}direction")
    assert direction.get("directionDefinition") == "outgoing"
    assert {one.get("systemIdentifier") for one in (answer, receipt)} - {None, ""}


def test_all_answers_of_an_initiative_are_in_one_package(world: World, registrar: Client) -> None:
    answer = registrar.get("/export/initiativ/sakerhet-2024.zip")
    files = opened(answer.body)
    folders = {name.split("/")[0] for name in files if "/" in name}
    assert len(folders) == 5
    assert any(folder.endswith("Håbo kommun") for folder in folders)
    assert registrar.get("/export/initiativ/nej.zip").status == 404
    assert registrar.get("/export/svar/nej.zip").status == 404


def test_an_answer_is_found_by_its_number(world: World) -> None:
    with world.database.read() as session:
        whole = [
            document
            for document in answers_of(session, "kompetens-2024")
            if document == world.ids["answer-document"]
        ]
    found = program(world).read(f"/documents/{whole[0]}")
    with world.database.read() as session:
        assert answer_numbered(session, found["dnr"]) == whole[0]
        assert answer_numbered(session, f"{found['dnr']}-{found['handling']}") == whole[0]
        assert answer_numbered(session, f"{found['dnr']}-99") is None
        assert answer_numbered(session, "nej") is None


def test_a_large_package_is_streamed_and_needs_no_more_memory_than_its_largest_file(
    tmp_path: Path,
) -> None:
    size = 2_000_000
    members = (Member(f"fil {n}.bin", n.to_bytes(1, "big") * size) for n in range(60))
    tracemalloc.start()
    with (tmp_path / "stor.zip").open("wb") as file:
        for piece in zipped(members, datetime(2026, 1, 1)):  # noqa: DTZ001 - a clock on a wall
            file.write(piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * size
    with ZipFile(tmp_path / "stor.zip") as opened_again:
        assert len(opened_again.namelist()) == 61


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\svar.pdf", "C__svar.pdf"),
        ("år & kommun?.pdf", "år _ kommun_.pdf"),
        ("a\u0308rende.pdf", "ärende.pdf"),
        ("fdp\u202efdp.exe", "fdp_fdp.exe"),
        ("con.txt", "_con.txt"),
        ("...", "fil"),
        ("", "fil"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
        ("rad\nbrytning\x00.pdf", "rad_brytning_.pdf"),
    ],
)
def test_a_files_name_is_safe_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_the_sums_are_as_other_programs_check_them(tmp_path: Path) -> None:
    members = [Member("mapp/å ä ö.txt", b"hej"), Member("b.txt", b"")]
    path = tmp_path / "p.zip"
    path.write_bytes(b"".join(zipped(members, datetime(2026, 1, 1))))  # noqa: DTZ001
    with ZipFile(path) as file:
        file.extractall(tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", MANIFEST], cwd=tmp_path, check=True)


def test_the_office_knows_afterwards_what_was_missing(world: World) -> None:
    office = Office(world.database, world.archive, ZoneInfo("Europe/Stockholm"), "SKR")
    for _ in package(office, [world.ids["answer-document"]], START):
        pass
    (line,) = office.missing
    assert line.endswith(f"mejl/{world.ids['answer']}.eml (not_in_archive)")
