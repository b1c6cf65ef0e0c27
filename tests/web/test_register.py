"""Kommunregister: addresses and domains, imported and changed after one has seen what changes."""

import pytest

from services.registry.admin.municipalities import RowFault, parse
from services.registry.tables import EventLog, MunicipalityContact, MunicipalityDomain, Role
from services.registry.web.register_words import ROW_FAULTS, row_fault
from tests.web.client import Answer, Client
from tests.web.conftest import logged_in
from tests.web.test_initiatives import confirmed
from tests.web.test_matter import rows
from tests.web.world import World

HEADER = "municipality;registrar_address;domains\r\n"
LIST = HEADER + "0305;kommun@habo.se;habo.se\r\n1281;lunds.kommun@lund.se;lund.se edu.lund.se\r\n"
HABO = "/kommunregister/0305"
FILE = "/las-in-kommuner"


@pytest.fixture
def office_worker(fresh: World) -> Client:
    return logged_in(fresh, Role.PROGRAMME_OFFICE)


def load(client: Client, data: str | bytes) -> Answer:
    content = data.encode() if isinstance(data, str) else data
    return client.upload(FILE, {}, {"fil": ("kommuner.csv", content)})


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with BOM"])
def test_a_list_is_shown_imported_and_exported_alike(
    fresh: World, office_worker: Client, mark: str
) -> None:
    seen = load(office_worker, mark + LIST)
    assert "2 kommuner ändras" in seen.text
    assert rows(fresh, MunicipalityContact) == []
    assert confirmed(office_worker, seen, FILE).location == "/kommunregister"
    page = office_worker.get("/kommunregister?namn=habo").text
    assert "kommun@habo.se" in page
    assert "Lätt att förväxla med Habo" in page
    assert office_worker.get("/kommunregister?visa=saknas").text.count("Lunds kommun") == 0
    exported = office_worker.get("/export/kommunregister.csv").body
    assert exported.startswith(b"\xef\xbb\xbfmunicipality;")
    assert {row.municipality: row for row in parse(exported)} == {
        row.municipality: row for row in parse(LIST.encode())
    }
    again = load(office_worker, exported)
    assert "Allt i listan är lika med det som redan gäller" in again.text
    assert rows(fresh, EventLog)[-1].what == "municipalities.imported"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("9999;a@b.se;b.se", "Rad 4, municipality: Ingen kommun har koden ”9999”"),
        ("114;a@b.se;b.se", "Har en inledande nolla fallit bort"),
        ("0305;a@b.se;b.se", "Rad 4, municipality: Kommunen 0305 står två gånger"),
        ("0114;upplands vasby;", "Rad 4, registrar_address: ”upplands vasby” är ingen e-post"),
        ("0114;a@b.se;b.se @c", "Rad 4, domains: ”@c” är ingen domän"),
        ("0114;a@b.se", "Rad 4, kolumn 3: Raden har 2 kolumner"),
        ("0114,a@b.se,b.se", "Rad 4, kolumn 2: Raden har 1 kolumner"),
    ],
)
def test_a_wrong_row_is_named_by_number_and_column_and_nothing_is_imported(
    office: Client, row: str, said: str
) -> None:
    page = load(office, LIST + row)
    assert page.status == 422
    assert said in page.text
    assert "Inget har lästs in" in page.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (LIST.replace("habo.se", "håbo.se").encode("latin-1"), "CSV UTF-8"),
        (LIST.replace(";", ",").encode(), "med semikolon mellan"),
        (b"", "Välj en fil först"),
        (HEADER.encode(), "Filen har inga rader"),
    ],
)
def test_a_file_of_another_kind_is_told_clearly(office: Client, data: bytes, said: str) -> None:
    assert said in load(office, data).text


def test_one_municipality_is_changed_with_a_domain_in_its_own_letters(
    fresh: World, office_worker: Client
) -> None:
    assert '<a href="/kommunregister/0643">Habo kommun</a>' in office_worker.get(HABO).html
    typed = {"adress": "kommun@habo.se", "domaner": "Håbo.se habo.se"}
    seen = office_worker.submit(HABO, HABO, **typed)
    assert seen.status == 200
    assert confirmed(office_worker, seen, HABO).status == 303
    assert {one.domain for one in rows(fresh, MunicipalityDomain)} == {"xn--hbo-ula.se", "habo.se"}
    assert 'value="habo.se håbo.se"' in office_worker.get(HABO).html
    assert "lika med det som redan" in office_worker.submit(HABO, HABO, **typed).text
    noted = rows(fresh, EventLog)[-1]
    assert noted.after == {"0305": ["kommun@habo.se", "habo.se xn--hbo-ula.se"]}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"adress": "kommun", "domaner": ""}, "”kommun” är ingen e-postadress"),
        ({"adress": "", "domaner": "habo.se"}, "”” är ingen e-postadress"),
        ({"adress": "a@habo.se", "domaner": "habo"}, "”habo” är ingen domän"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    office: Client, typed: dict[str, str], said: str
) -> None:
    page = office.submit(HABO, HABO, **typed)
    assert page.status == 422
    assert said in page.text
    assert f'value="{typed["adress"]}"' in page.html


def test_a_domain_that_another_has_too_is_told_before_it_is_shared(
    fresh: World, office_worker: Client
) -> None:
    confirmed(office_worker, load(office_worker, LIST), FILE)
    seen = load(office_worker, HEADER + "0643;kommun@habokommun.se;habo.se")
    assert "habo.se är också domän för Håbo kommun" in seen.text
    assert "Lätt att förväxla med Håbo kommun" in seen.text


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    fresh: World, office_worker: Client
) -> None:
    seen = office_worker.submit(HABO, HABO, adress="a@habo.se", domaner="")
    other = logged_in(fresh, Role.ADMINISTRATOR)
    confirmed(other, load(other, LIST), FILE)
    late = confirmed(office_worker, seen, HABO)
    assert late.status == 409
    assert "Någon annan har ändrat registret" in late.text
    kept = {one.municipality: one.registrar_address for one in rows(fresh, MunicipalityContact)}
    assert kept["0305"] == "kommun@habo.se"


def test_a_municipality_that_there_is_not_is_not_found(office: Client, reader: Client) -> None:
    assert office.get("/kommunregister/9999").status == 404
    assert "Ändra" not in reader.get("/kommunregister").text


def test_every_fault_has_words() -> None:
    for kind, said in ROW_FAULTS.items():
        assert said.endswith((".", "?"))
        assert row_fault(RowFault(kind, "x", 4, "column 3"))[0] == "Rad 4, kolumn 3"
