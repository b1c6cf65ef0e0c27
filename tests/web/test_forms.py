"""Blanketter: ours as files, the needs template, and learned forms in and out of force."""

import io
from http.client import HTTPConnection
from zipfile import ZipFile

import pypdfium2
import pytest
from sqlmodel import select

from services.registry.admin.forms import kept_forms
from services.registry.forms.packed import zip_of
from services.registry.tables import EventLog, Initiative, Role
from shared.events import FormWithdrawn
from shared.outbox import OutboxRow
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.taught import teach
from tests.web.test_matter import rows
from tests.web.world import World

LEARNED = "/blanketter/larda/kompetens-2024/1"


def words_of(pdf: bytes) -> str:
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded())


def test_our_form_for_one_municipality_is_fetched(registrar: Client) -> None:
    answer = registrar.get("/blanketter/egna/sakerhet-2024?kommun=0305")
    assert answer.headers["content-type"] == "application/pdf"
    assert (
        "filename*=UTF-8''sakerhet-2024%200305%20H%C3%A5bo.pdf"
        in (answer.headers["content-disposition"])
    )
    said = words_of(answer.body)
    assert "Håbo kommun" in said
    assert "Ja, delar av erbjudandet" in said
    assert "registratur@skr.se" in said


def test_our_forms_for_all_come_as_one_zip_while_they_are_printed(registrar: Client) -> None:
    connection = HTTPConnection(registrar.host, timeout=20)
    cookies = "; ".join(f"{name}={value}" for name, value in registrar.cookies.items())
    connection.request("GET", "/blanketter/egna/moln-2024", headers={"Cookie": cookies})
    response = connection.getresponse()
    assert response.headers["content-type"] == "application/zip"
    assert 'filename="moln-2024.zip"' in response.headers["content-disposition"]
    # All 290 take long; the first is on its way at once.
    begun = response.read(300)
    assert begun.startswith(b"PK")
    assert "moln-2024/0114 Upplands Väsby.pdf".encode() in begun
    connection.close()


def test_a_zip_is_whole_and_its_names_keep_their_letters() -> None:
    files = [("a/0305 Håbo.pdf", b"%PDF-1"), ("a/1785 Säffle.pdf", b"x" * 100_000)]
    pieces = list(zip_of(files))
    assert len(pieces) == 3
    with ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == files


@pytest.mark.parametrize("path", ["finns-inte", "moln-2024?kommun=9999", "moln-2024?kommun=305"])
def test_a_form_that_cannot_be_is_not_found(registrar: Client, path: str) -> None:
    assert registrar.get(f"/blanketter/egna/{path}").status == 404


def test_a_form_that_has_no_room_for_its_text_is_told(
    fresh: World, fresh_registrar: Client
) -> None:
    with fresh.database.write() as session:
        one = session.exec(select(Initiative).where(Initiative.id == "moln-2024")).one()
        one.options = {"ja": "Ja 🙂", "nej": "Nej"}
    answer = fresh_registrar.get("/blanketter/egna/moln-2024")
    assert answer.status == 422
    assert "Formuläret kan inte skrivas ut" in answer.text


@pytest.mark.parametrize(("format", "start"), [("docx", b"PK"), ("pdf", b"%PDF-")])
def test_the_needs_template_is_fetched(registrar: Client, format: str, start: bytes) -> None:
    answer = registrar.get(f"/behovsmall.{format}")
    assert answer.body.startswith(start)
    assert f'filename="behovsmall.{format}"' in answer.headers["content-disposition"]
    assert registrar.get("/behovsmall.exe").status == 404


def test_a_learned_form_is_withdrawn_and_taken_into_use_again(fresh: World) -> None:
    teach(fresh.database, fresh.archive)
    office = logged_in(fresh, Role.PROGRAMME_OFFICE)
    assert "svarsblankett från länet.pdf" in office.get("/blanketter").text
    page = office.get(LEARNED).text
    assert "Inskannade svar på blanketten läses" in page
    assert "Ruta: Ja, kommunen ansluter sig" in page
    assert office.get(f"{LEARNED}/bild").body.startswith(b"\x89PNG")
    assert office.submit(LEARNED, f"{LEARNED}/dra-tillbaka").location == LEARNED
    assert not kept_forms(fresh.database)[0].in_force
    assert rows(fresh, OutboxRow)[-1].subject == FormWithdrawn.subject
    assert rows(fresh, EventLog)[-1].what == "form.withdrawn"
    # The page was open elsewhere.
    again = office.submit(LEARNED, f"{LEARNED}/dra-tillbaka")
    assert again.status == 409
    assert "redan draget tillbaka" in again.text
    assert office.submit(LEARNED, f"{LEARNED}/ta-i-bruk").location == LEARNED
    assert kept_forms(fresh.database)[0].in_force


def test_a_registrar_sees_learned_forms_but_does_not_change_them(
    fresh: World, fresh_registrar: Client
) -> None:
    teach(fresh.database, fresh.archive)
    page = fresh_registrar.get(LEARNED).text
    assert "Dra tillbaka" not in page
    assert "Lär in en blankett" not in fresh_registrar.get("/blanketter").text


def test_a_learned_form_that_there_is_not_is_not_found(office: Client) -> None:
    for path in ("finns-inte/1", "kompetens-2024/77", "kompetens-2024/77/bild"):
        assert office.get(f"/blanketter/larda/{path}").status == 404
