"""The table of answers: 290 rows an initiative, in three formats, harmless in a spreadsheet."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from services.registry.exports.table import (
    COLUMNS,
    NoSuchInitiative,
    TableFormat,
    export_answers,
)
from services.registry.store.answers import AnswerState, answer_lines, summaries
from services.registry.tables import Answer, AnswerStatus
from shared.database import Database
from shared.events import Contact
from tests.unit.registry.builders import (
    KOMPETENS,
    LUND,
    MOLN,
    STOCKHOLM,
    UMEA,
    UPPLANDS_VASBY,
    Register,
    form,
    mail,
    open_register,
    typed,
    value,
)


@pytest.fixture
def register(registry_url: str) -> Iterator[Register]:
    database = Database(registry_url, schema="registry")
    register = open_register(database)
    register.record(
        mail(form("ja", **typed()), name="a"),
        mail(
            form("nej", municipality=UPPLANDS_VASBY),
            name="b",
            received_at=datetime(2024, 10, 1, 8, 0, tzinfo=UTC),
        ),
        mail(form(None, municipality=LUND), name="c"),
    )
    yield register
    database.close()


def rows_of(register: Register, initiative: str | None = None) -> list[dict[str, Any]]:
    data = export_answers(register.database, TableFormat.JSON, STOCKHOLM, initiative)
    rows: list[dict[str, Any]] = json.loads(data)
    return rows


def test_there_is_one_row_for_each_initiative_and_municipality(register: Register) -> None:
    rows = rows_of(register)
    assert len(rows) == 580
    assert len({(row["initiative"], row["municipality"]) for row in rows}) == 580
    assert Counter(row["status"] for row in rows) == {"missing": 577, "recorded": 2, "review": 1}
    assert len(rows_of(register, MOLN)) == 290


def test_a_recorded_row_says_all_and_a_missing_one_nothing_more_than_that(
    register: Register,
) -> None:
    rows = {row["municipality"]: row for row in rows_of(register, KOMPETENS)}
    assert rows[UMEA] == {
        "initiative": KOMPETENS,
        "municipality": "2480",
        "municipality_name": "Umeå kommun",
        "answer": "ja",
        "status": "recorded",
        "received_at": "2024-09-12T11:00:00+02:00",
        "registered_at": "2024-09-12T11:00:00+02:00",
        "dnr": "SKR 2024/00001",
        "handling": 1,
        "signature": "handwritten",
        "contact_name": "Anna Ek",
        "contact_email": "anna.ek@umea.se",
        "contact_phone": "+46 90 16 10 00",
        "late": False,
    }
    assert rows[UPPLANDS_VASBY]["late"] is True
    assert rows[LUND]["status"] == "review"
    assert rows[LUND]["answer"] is None
    missing = rows["0115"]
    assert {name for name, cell in missing.items() if cell is not None} == {
        "initiative",
        "municipality",
        "municipality_name",
        "status",
    }


def test_the_csv_opens_in_a_swedish_excel_and_keeps_leading_zeros(register: Register) -> None:
    data = export_answers(register.database, TableFormat.CSV, STOCKHOLM, KOMPETENS)
    assert data.startswith(
        b"\xef\xbb\xbfinitiative;municipality;municipality_name;answer;status;received_at;"
        b"registered_at;dnr;handling;signature;contact_name;contact_email;contact_phone;late\r\n"
    )
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 290
    assert rows[0]["municipality"] == "0114"
    assert rows[0]["late"] == "true"
    umea = next(row for row in rows if row["municipality"] == UMEA)
    assert umea["contact_phone"] == "+46 90 16 10 00"


HOSTILE = {
    "0114": '=HYPERLINK("http://example.com";"x")',
    "0115": "+cmd|' /C calc'!A0",
    "0117": "-2+3+cmd|' /C calc'!A0",
    "0120": "@SUM(1+9)*cmd|' /C calc'!A0",
    "0123": "\t=1+1",
    "0125": "  =1+1",
    "0126": "\r=1+1",
}


def test_a_cell_from_outside_cannot_become_a_formula(register: Register) -> None:
    forms = [
        form("ja", initiative=MOLN, municipality=code, contact=Contact(name=value(text)))
        for code, text in HOSTILE.items()
    ]
    register.record(mail(*forms, name="evil"))
    data = export_answers(register.database, TableFormat.CSV, STOCKHOLM, MOLN)
    table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    cells = {row["municipality"]: row["contact_name"] for row in table if row["contact_name"]}
    assert cells == {code: "'" + text for code, text in HOSTILE.items()}
    book = openpyxl.load_workbook(
        io.BytesIO(export_answers(register.database, TableFormat.XLSX, STOCKHOLM, MOLN))
    )
    found = [cell for row in book["svar"].iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in found} <= {"s", "n", "b"}
    assert all(cell.hyperlink is None for cell in found)


def test_the_workbook_has_the_same_cells(register: Register) -> None:
    data = export_answers(register.database, TableFormat.XLSX, STOCKHOLM)
    lines = list(openpyxl.load_workbook(io.BytesIO(data))["svar"].iter_rows(values_only=True))
    assert lines[0] == COLUMNS
    assert [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]] == rows_of(register)


def test_an_unknown_initiative_is_an_error_and_not_an_empty_table(register: Register) -> None:
    with pytest.raises(NoSuchInitiative, match="okant-2024"):
        export_answers(register.database, TableFormat.CSV, STOCKHOLM, "okant-2024")


def test_replaced_voided_and_current_answers_are_told_apart(register: Register) -> None:
    statuses = {UMEA: AnswerStatus.REPLACED, UPPLANDS_VASBY: AnswerStatus.VOIDED}
    with register.database.write() as session:
        for answer in register.all(Answer):
            answer.status = statuses[answer.municipality]
            session.merge(answer)
    states = {
        line.municipality: line.state
        for line in register.ask(lambda session: answer_lines(session, KOMPETENS))
    }
    assert states[UMEA] is AnswerState.REPLACED
    assert states[UPPLANDS_VASBY] is AnswerState.MISSING


def test_a_summary_counts_every_municipality_once(register: Register) -> None:
    kompetens, moln = register.ask(summaries)
    assert kompetens.answers == {"ja": 1, "nej": 1}
    assert (kompetens.late, kompetens.review, kompetens.missing) == (1, 1, 287)
    assert (sum(moln.answers.values()), moln.missing) == (0, 290)
