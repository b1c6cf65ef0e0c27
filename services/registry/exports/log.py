"""The händelselogg as a file: CSV as a spreadsheet in Swedish opens it by itself, and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Final
from zoneinfo import ZoneInfo

from services.registry.exports.table import BOM, defused
from services.registry.tables import EventLog

COLUMNS: Final = (
    "number", "at", "who", "what", "mail_id", "document_id", "before", "after"
)  # fmt: skip


def log_csv(lines: Iterable[EventLog], zone: ZoneInfo) -> Iterator[bytes]:
    """Yield the file piece by piece: UTF-8 with BOM, semicolons, one header row.

    Times are ISO 8601 in the office's zone, `before` and `after` JSON.
    """
    yield (BOM + _row(COLUMNS)).encode()
    for line in lines:
        yield _row(
            (
                str(line.id),
                line.at.astimezone(zone).isoformat(timespec="seconds"),
                defused(line.who),
                line.what,
                line.mail_id or "",
                line.document_id or "",
                _json(line.before),
                _json(line.after),
            )
        ).encode()


def log_json(lines: Iterable[EventLog], zone: ZoneInfo) -> Iterator[bytes]:
    """Yield the file piece by piece: one JSON object a line, with the same names as in CSV."""
    for line in lines:
        values = (
            line.id,
            line.at.astimezone(zone).isoformat(timespec="seconds"),
            line.who,
            line.what,
            line.mail_id,
            line.document_id,
            line.before,
            line.after,
        )
        row = dict(zip(COLUMNS, values, strict=True))
        yield (json.dumps(row, ensure_ascii=False) + "\n").encode()


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue()
