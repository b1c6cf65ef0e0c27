"""The import of addresses and domains: all rows right, or nothing."""

import pytest

from services.registry.admin.municipalities import WrongMunicipalityFile, import_csv, parse
from services.registry.tables import MunicipalityContact, MunicipalityDomain
from shared.events import Fate, Reason
from tests.unit.registry.builders import LUND, NOW, UMEA, Register, form, mail

HEADER = "municipality;registrar_address;domains\n"
GOOD = HEADER + "1281;lunds.kommun@lund.se;lund.se\n2480;umea.kommun@umea.se;umea.se ext.umea.se\n"


def load(register: Register, text: str) -> int:
    return import_csv(register.database, text.encode(), who="anna", now=NOW)


def test_all_rows_are_imported_and_known_senders_recognised(register: Register) -> None:
    assert load(register, "\ufeff" + GOOD.replace("\n", "\r\n")) == 2
    assert {
        one.municipality: one.registrar_address for one in register.all(MunicipalityContact)
    } == {
        LUND: "lunds.kommun@lund.se",
        UMEA: "umea.kommun@umea.se",
    }
    register.record(
        mail(form("ja"), name="a", sender="x@lund.se"),
        mail(form("ja"), name="b", sender="x@mail.umea.se"),
    )
    assert {(one.fate, *one.reasons) for one in register.documents()} == {
        (Fate.REVIEW, Reason.SENDER_OTHER_MUNICIPALITY),
        (Fate.RECORDED,),
    }


def test_a_later_import_replaces_what_it_names_and_leaves_the_rest(register: Register) -> None:
    load(register, GOOD)
    load(register, HEADER + "2480;registrator@umea.se;umea.se\n")
    assert {(one.municipality, one.domain) for one in register.all(MunicipalityDomain)} == {
        (LUND, "lund.se"),
        (UMEA, "umea.se"),
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("9999;a@b.se;b.se", "row 4, municipality: no municipality has the code '9999'$"),
        ("114;a@b.se;b.se", "row 4, municipality: .*'114'; did a leading zero fall away"),
        ("1281;a@b.se;b.se", "row 4, municipality: 1281 stands twice"),
        ("0114;upplands.vasby;b.se", "row 4, registrar_address: 'upplands.vasby' is not"),
        ("0114;;b.se", "row 4, registrar_address: "),
        ("0114;a@b.se;b.se;c.se", "row 4, column 4: 4 columns, not 3"),
        ("0114;a@b.se", "row 4, column 3: 2 columns, not 3"),
        ("0114;a@b.se;b.se @c.se", "row 4, domains: '@c.se' is not a domain"),
        ("0114;a@b.se;se", "row 4, domains: 'se' is not a domain"),
    ],
)
def test_a_wrong_row_is_named_by_number_and_column(row: str, message: str) -> None:
    with pytest.raises(WrongMunicipalityFile, match=message):
        parse((GOOD + row + "\n").encode())


def test_one_wrong_row_stops_the_whole_import(register: Register) -> None:
    with pytest.raises(WrongMunicipalityFile):
        load(register, GOOD + "9999;a@b.se;b.se\n")
    assert register.all(MunicipalityContact) == []


def test_all_wrong_rows_are_named_at_once() -> None:
    with pytest.raises(WrongMunicipalityFile, match=r"row 2, .*row 3, .*and \d+ more"):
        parse((HEADER + "9999;a@b.se;\n" * 11).encode())


@pytest.mark.parametrize(
    "data", [b"", b"kod;adress\n", HEADER.encode(), GOOD.encode("utf-16"), b"\xff\xfe"]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(WrongMunicipalityFile):
        parse(data)
