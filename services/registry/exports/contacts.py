"""The contact persons as a table: CSV, XLSX and JSON, under the names of `COLUMNS`."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter

from services.registry.exports.table import BOM, TableFormat, defused
from services.registry.store.contacts import ContactLine
from shared.municipalities import by_code, display_name

COLUMNS: Final = (
    "initiative",
    "municipality",
    "municipality_name",
    "name",
    "email",
    "phone",
    "source",
    "since",
    "dnr",
    "handling",
)
_WIDTHS: Final = (18, 12, 26, 26, 34, 18, 10, 26, 16, 9)

Row = dict[str, str | int]


def contact_rows(lines: Sequence[ContactLine], zone: ZoneInfo) -> list[Row]:
    """One row per contact, with the columns of `COLUMNS` as keys.

    `source` is `answer`, `changed` (by hand or by a correction) or `staff`; `since` is when it
    became what it is, ISO 8601 in the office's zone.
    """
    return [_row(line, zone) for line in lines]


def export_contacts(rows: Sequence[Row], format: TableFormat) -> bytes:
    """Return the table as a file's bytes."""
    match format:
        case TableFormat.CSV:
            return _to_csv(rows)
        case TableFormat.XLSX:
            return _to_xlsx(rows)
        case TableFormat.JSON:
            return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def _row(line: ContactLine, zone: ZoneInfo) -> Row:
    contact = line.contact
    since = contact.changed_at or contact.added_at
    known = by_code(contact.municipality)
    came = "answer" if contact.from_answer else "staff"
    return {
        "initiative": contact.initiative,
        "municipality": contact.municipality,
        "municipality_name": display_name(known) if known else contact.municipality,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "source": "changed" if contact.changed_at and contact.from_answer else came,
        "since": since.astimezone(zone).isoformat(timespec="seconds"),
        "dnr": line.dnr,
        "handling": line.handling,
    }


def _to_csv(rows: Sequence[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([defused(str(row[column])) for column in COLUMNS])
    return (BOM + out.getvalue()).encode()


def _to_xlsx(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet: Any = workbook.add_worksheet("kontaktpersoner")
    heading = workbook.add_format({"bold": True})
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, _WIDTHS[place])
        sheet.write_string(0, place, column, heading)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(COLUMNS):
            value = row[column]
            if isinstance(value, int):
                sheet.write_number(number, place, value)
            else:
                sheet.write_string(number, place, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    workbook.close()
    return out.getvalue()
