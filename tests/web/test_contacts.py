"""Kontaktpersoner: the list, one contact with its history, changes by hand, and the files."""

import re
from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from services.registry.domain.contact import ContactFault
from services.registry.tables import ContactPerson, EventLog
from services.registry.web.words import CONTACT_FAULTS
from shared.archive import Area as ArchiveArea
from tests.web.client import Answer as Page
from tests.web.client import Client
from tests.web.test_amend import correct, void
from tests.web.test_matter import rows
from tests.web.world import World, answered, arrived, scan_png

UMEA = "2480"


@pytest.fixture
def contact(fresh: World) -> str:
    """The page of the one contact of a recorded Ja from Umeå."""
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    fresh.record(arrived(answered("ja", "kompetens-2024", UMEA, scan), name="one"), "one")
    (one,) = rows(fresh, ContactPerson)
    return f"/kontaktpersoner/{one.id}"


def shown(client: Client, page: str, action: str) -> dict[str, str]:
    """The fields of one form as they stand on a page."""
    form = client.get(page).text.split(f'action="{action}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="([a-z_]+)"(?: inputmode="[a-z]+")? value="([^"]*)"', form))


def change(client: Client, page: str, **typed: str) -> Page:
    return client.post(f"{page}/andra", shown(client, page, f"{page}/andra") | typed)


def end(client: Client, page: str) -> Page:
    return client.post(f"{page}/avsluta", shown(client, page, f"{page}/avsluta"))


def add(client: Client, document_id: str, **typed: str) -> Page:
    page = f"/kontaktpersoner/ny/{document_id}"
    return client.post(page, shown(client, page, page) | typed)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 116),
        ("initiativ=sakerhet-2024", 5),
        ("lan=24", 1),
        ("kommun=habo", 4),
        ("kommun=habo&initiativ=kompetens-2024", 2),
        ("sok=anna.ek", 115),
        ("sok=ÅSA öBERG", 116),
    ],
)
def test_the_list_holds_the_contacts_that_count(registrar: Client, query: str, number: int) -> None:
    page = registrar.get(f"/kontaktpersoner?{quote(query, safe='=&')}").text
    found = re.search(r"<caption>(\d+) kontaktperson", page)
    assert found, page
    assert int(found[1]) == number


def test_nothing_found_is_explained(registrar: Client) -> None:
    assert "Ingen kontaktperson passar in" in registrar.get("/kontaktpersoner?sok=xyz").text


def test_an_empty_register_says_what_will_stand_here(fresh_registrar: Client) -> None:
    assert "Inga kontaktpersoner ännu" in fresh_registrar.get("/kontaktpersoner").text
    assert "Inga tidigare" in fresh_registrar.get("/kontaktpersoner?visa=tidigare").text
    assert "Inget svar saknar" in fresh_registrar.get("/kontaktpersoner?visa=saknas").text


def test_a_change_is_kept_with_who_when_before_and_after(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    done = change(fresh_registrar, contact, namn="Örjan Ek", epost="orjan@umea.se")
    assert (done.status, done.location) == (303, contact)
    text = fresh_registrar.get(contact).text
    assert "<h1>Örjan Ek</h1>" in text
    history = text.split('id="historik"')[1]
    assert "Angavs i svaret" in history
    assert "ändrades till Örjan Ek" in history
    assert "ändrades till orjan@umea.se" in history
    assert "av rut" in history
    (entry,) = [one for one in rows(fresh, EventLog) if one.what == "contact.changed"]
    assert entry.before
    assert entry.after
    assert entry.before["name"] != entry.after["name"] == "Örjan Ek"
    assert entry.who == "rut"
    found = fresh_registrar.get(f"/kontaktpersoner?sok={quote('öRJAN e')}").text
    assert "Från svaret, ändrad sedan" in found


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"epost": "åsa at umeå"}, ContactFault.BAD_ADDRESS),
        ({"epost": "", "telefon": " "}, ContactFault.UNREACHABLE),
        ({"namn": "x" * 301}, ContactFault.TOO_LONG),
        ({}, ContactFault.UNCHANGED),
    ],
)
def test_what_cannot_be_is_explained_and_stays_typed(
    fresh: World,
    fresh_registrar: Client,
    contact: str,
    typed: dict[str, str],
    fault: ContactFault,
) -> None:
    refused = change(fresh_registrar, contact, **typed)
    assert refused.status == 422
    assert CONTACT_FAULTS[fault] in refused.text
    for value in typed.values():
        assert f'value="{value.strip()}"' in refused.text
    (kept,) = rows(fresh, ContactPerson)
    assert kept.revision == 1


def test_a_stale_form_changes_nothing_and_can_be_sent_once_more(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    seen = shown(fresh_registrar, contact, f"{contact}/andra")
    change(fresh_registrar, contact, namn="Bo Ek")
    late = fresh_registrar.post(f"{contact}/andra", seen | {"namn": "Örjan Ek"})
    assert late.status == 409
    assert CONTACT_FAULTS[ContactFault.STALE] in late.text
    assert 'value="Örjan Ek"' in late.text
    assert "<h1>Bo Ek</h1>" in late.text
    revision = re.search(r'name="sedd" value="(\d+)"', late.text)
    assert revision
    again = fresh_registrar.post(
        f"{contact}/andra", seen | {"namn": "Örjan Ek", "sedd": revision[1]}
    )
    assert again.status == 303
    stale = fresh_registrar.post(f"{contact}/avsluta", seen)
    assert stale.status == 409
    (kept,) = rows(fresh, ContactPerson)
    assert (kept.name, kept.ended_at) == ("Örjan Ek", None)


def test_another_person_is_added_to_an_answer(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    done = add(fresh_registrar, fresh.ids["one-document"], namn="Bo Ek", telefon="090-16 10 00")
    assert done.status == 303
    text = fresh_registrar.get(done.location).text
    assert "Tillagd av rut" in text
    assert "Kontaktperson lades till" in text
    assert "<caption>2 kontaktpersoner" in fresh_registrar.get("/kontaktpersoner").text
    assert "Bo Ek" in fresh_registrar.get(contact).text


def test_nobody_can_be_added_without_a_way_to_reach_them(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    refused = add(fresh_registrar, fresh.ids["one-document"], namn="Bo Ek")
    assert refused.status == 422
    assert CONTACT_FAULTS[ContactFault.UNREACHABLE] in refused.text
    assert 'value="Bo Ek"' in refused.text
    assert len(rows(fresh, ContactPerson)) == 1


def test_one_that_is_ended_no_longer_counts_but_can_be_seen(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    assert end(fresh_registrar, contact).location == contact
    assert "Inga kontaktpersoner ännu" in fresh_registrar.get("/kontaktpersoner").text
    assert contact in fresh_registrar.get("/kontaktpersoner?visa=tidigare").text
    text = fresh_registrar.get(contact).text
    assert "Avslutad" in text
    assert "/andra" not in text
    missing = fresh_registrar.get("/kontaktpersoner?visa=saknas").text
    assert f"/kontaktpersoner/ny/{fresh.ids['one-document']}" in missing
    assert "avslutad" in fresh_registrar.get(f"/kommuner/{UMEA}").text
    token = fresh_registrar.token("/")
    again = fresh_registrar.post(f"{contact}/avsluta", {"_csrf": token, "sedd": "2"})
    assert again.status == 409
    assert CONTACT_FAULTS[ContactFault.ENDED] in again.text


def test_the_contact_of_an_answer_that_counts_no_longer_cannot_be_changed(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    seen = shown(fresh_registrar, contact, f"{contact}/andra")
    document = fresh.ids["one-document"]
    void(fresh_registrar, f"/handlingar/{document}", varfor="Fel papper.")
    assert "Inga kontaktpersoner ännu" in fresh_registrar.get("/kontaktpersoner").text
    text = fresh_registrar.get(contact).text
    assert "räknas personen inte längre" in text
    refused = fresh_registrar.post(f"{contact}/andra", seen | {"namn": "Bo Ek"})
    assert refused.status == 409
    assert CONTACT_FAULTS[ContactFault.ANSWER_ENDED] in refused.text
    page = f"/kontaktpersoner/ny/{document}"
    assert "Svaret gäller inte längre" in fresh_registrar.get(page).text
    late = fresh_registrar.post(page, seen | {"namn": "Bo Ek"})
    assert late.status == 409


def test_a_correction_of_something_else_leaves_what_was_changed_by_hand(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    change(fresh_registrar, contact, epost="ny@umea.se")
    document = f"/handlingar/{fresh.ids['one-document']}"
    correct(fresh_registrar, document, svar="nej", varfor="Fel kryss.")
    assert "ny@umea.se" in fresh_registrar.get(contact).text
    correct(fresh_registrar, document, kontakt_epost="rattad@umea.se", varfor="Fel läst.")
    text = fresh_registrar.get(contact).text
    assert "ny@umea.se ändrades till rattad@umea.se" in text


def test_a_correction_that_names_nobody_ends_the_contact_and_deletes_nothing(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    document = f"/handlingar/{fresh.ids['one-document']}"
    nobody = {"kontakt_namn": "", "kontakt_epost": "", "kontakt_telefon": ""}
    correct(fresh_registrar, document, **nobody, varfor="Ingen är angiven.")
    (kept,) = rows(fresh, ContactPerson)
    assert kept.ended_by == "rut"
    correct(fresh_registrar, document, kontakt_epost="bo@umea.se", varfor="Jo, en.")
    (kept,) = rows(fresh, ContactPerson)
    assert (kept.email, kept.ended_at, kept.revision) == ("bo@umea.se", None, 3)


def test_only_who_may_decide_sees_the_forms(
    world: World, reader: Client, office: Client, registrar: Client
) -> None:
    (first, *_) = rows(world, ContactPerson)
    page = f"/kontaktpersoner/{first.id}"
    assert f"{page}/avsluta" in registrar.get(page).text
    for other in (reader, office):
        assert f"{page}/avsluta" not in other.get(page).text


def test_what_is_typed_is_only_text(fresh: World, fresh_registrar: Client, contact: str) -> None:
    change(fresh_registrar, contact, namn="<b>Bo</b> 19811218-9876", epost="bo@umea.se")
    html = fresh_registrar.get("/kontaktpersoner").html
    assert "&lt;b&gt;Bo" in html
    assert "9876" not in html


def test_the_csv_holds_what_the_page_shows(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    change(fresh_registrar, contact, namn="=Åsa", epost="orjan@umea.se", telefon="+46 90 16 10 00")
    answer = fresh_registrar.get("/export/kontaktpersoner.csv")
    assert answer.status == 200
    assert re.search(r'filename="kontaktpersoner-alla-[0-9-]+\.csv"', answer.headers["content-disposition"])  # fmt: skip  # noqa: E501
    text = answer.body.decode("utf-8-sig")
    heading, line = text.splitlines()
    assert heading.startswith("initiative;municipality;municipality_name;name;email;phone;source")
    assert line.startswith(
        "kompetens-2024;2480;Umeå kommun;'=Åsa;orjan@umea.se;+46 90 16 10 00;changed;"
    )
    empty = fresh_registrar.get("/export/kontaktpersoner.csv?initiativ=moln-2024")
    assert len(empty.body.decode().splitlines()) == 1


def test_the_workbook_opens_and_has_no_formula(
    fresh: World, fresh_registrar: Client, contact: str
) -> None:
    change(fresh_registrar, contact, namn="=1+1", epost="orjan@umea.se")
    answer = fresh_registrar.get("/export/kontaktpersoner.xlsx")
    with ZipFile(BytesIO(answer.body)) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
        assert "=1+1" in book.read("xl/sharedStrings.xml").decode()


def test_an_unknown_kind_of_file_is_not_there(registrar: Client) -> None:
    assert registrar.get("/export/kontaktpersoner.pdf").status == 404
    assert registrar.get("/kontaktpersoner/ny/finns-inte").status == 404
