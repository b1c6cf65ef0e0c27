"""The answers as a table, those missing included: JSON, CSV, XLSX."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter

from services.registry.store.answers import AnswerLine, answer_lines
from services.registry.tables import Initiative
from shared.database import Database
from shared.errors import UsageError

COLUMNS: Final = (
    "initiative",
    "municipality",
    "municipality_name",
    "answer",
    "status",
    "received_at",
    "registered_at",
    "dnr",
    "handling",
    "signature",
    "contact_name",
    "contact_email",
    "contact_phone",
    "late",
)
BOM: Final = "\ufeff"
_FORMULA_START: Final = ("=", "+", "-", "@")
_NUMBER_LIKE: Final = re.compile(r"\s*[+-]?[0-9][0-9 ()/.,\u00a0-]*")
_WIDTHS: Final = (18, 12, 26, 10, 10, 26, 26, 16, 9, 12, 26, 32, 18, 7)

Cell = str | int | bool | None
Row = dict[str, Cell]


class TableFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class NoSuchInitiative(UsageError):
    """The initiative is not in the register."""

    code = "no_such_initiative"
    remedy = "See `handslag initiative list`."


def export_answers(
    database: Database, format: TableFormat, zone: ZoneInfo, initiative: str | None = None
) -> bytes:
    """Return the table as a file's bytes, of all initiatives or one. Raises NoSuchInitiative."""
    rows = answer_rows(database, zone, initiative)
    match format:
        case TableFormat.JSON:
            return to_json(rows)
        case TableFormat.CSV:
            return to_csv(rows)
        case TableFormat.XLSX:
            return to_xlsx(rows)


def answer_rows(database: Database, zone: ZoneInfo, initiative: str | None = None) -> list[Row]:
    """One row per initiative and municipality, with the columns of `COLUMNS` as keys.

    Times are ISO 8601 in the office's zone; what there is none of is None.
    """
    with database.read() as session:
        if initiative is not None and session.get(Initiative, initiative) is None:
            raise NoSuchInitiative(f"there is no initiative {initiative!r}")
        return [_row(line, zone) for line in answer_lines(session, initiative)]


def to_json(rows: Sequence[Row]) -> bytes:
    """A JSON list of objects."""
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def to_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with BOM, semicolons, one header row: what Excel in Swedish opens by itself."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_csv_cell(row[column]) for column in COLUMNS])
    return (BOM + out.getvalue()).encode()


def to_xlsx(rows: Sequence[Row]) -> bytes:
    """A workbook of one sheet; every text is a text cell, so none can be a formula or a link."""
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet: Any = workbook.add_worksheet("svar")
    heading = workbook.add_format({"bold": True})
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, _WIDTHS[place])
        sheet.write_string(0, place, column, heading)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(COLUMNS):
            _write_cell(sheet, number, place, row[column])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    workbook.close()
    return out.getvalue()


def _row(line: AnswerLine, zone: ZoneInfo) -> Row:
    return {
        "initiative": line.initiative,
        "municipality": line.municipality,
        "municipality_name": line.municipality_name,
        "answer": line.answer,
        "status": line.state.value,
        "received_at": _local(line.received_at, zone),
        "registered_at": _local(line.registered_at, zone),
        "dnr": line.dnr,
        "handling": line.handling,
        "signature": line.signature.value if line.signature else None,
        "contact_name": line.contact_name or None,
        "contact_email": line.contact_email or None,
        "contact_phone": line.contact_phone or None,
        "late": line.late if line.received_at else None,
    }


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else None


def _csv_cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return defused(value)


def defused(text: str) -> str:
    """Return the text so that a spreadsheet takes it as text (OWASP, CSV injection).

    An apostrophe is put before what would be a formula. A telephone number starts with + and is
    none: it is left as it is.
    """
    if text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA_START):
        return text if _NUMBER_LIKE.fullmatch(text) else "'" + text
    return text


def _write_cell(sheet: Any, number: int, place: int, value: Cell) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(number, place, value)
        case int():
            sheet.write_number(number, place, value)
        case str():
            sheet.write_string(number, place, value)
