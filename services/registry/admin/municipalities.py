"""The municipalities' official registrar addresses and mail domains: read and written."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, delete, select

from services.registry.domain.match import ascii_domain
from services.registry.eventlog import note
from services.registry.tables import MunicipalityContact, MunicipalityDomain
from shared.database import Database
from shared.errors import UsageError
from shared.identifiers import digest_of
from shared.municipalities import by_code

HEADER: Final = ("municipality", "registrar_address", "domains")
_ADDRESS: Final = re.compile(r"[^\s@;,<>\"]{1,64}@(?P<host>[^\s@]+)")
_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_SHOWN_FAULTS: Final = 20
_ENGLISH: Final = {
    "not_utf8": "the file is not UTF-8 text",
    "not_table": "not a table: {said}",
    "header": f"row 1: the header must be {';'.join(HEADER)}",
    "no_rows": "the file has no rows",
    "twice": "{said} stands twice",
    "columns": "{said} columns, not 3",
    "unknown_code": "no municipality has the code {said!r}",
    "lost_zero": "no municipality has the code {said!r}; did a leading zero fall away?",
    "bad_address": "{said!r} is not an address",
    "bad_domain": "{said!r} is not a domain",
}


@dataclass(frozen=True)
class RowFault:
    """One thing that is wrong with the file, in a stable key; row 1 is the header."""

    kind: str
    said: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        place = f"row {self.row}, {self.column}: " if self.row is not None else ""
        return place + _ENGLISH[self.kind].format(said=self.said)


class WrongMunicipalityFile(UsageError):
    """The file cannot be imported; the message names each wrong row by number and column."""

    code = "wrong_municipality_file"
    remedy = "Correct the file and import it again; nothing was imported."

    def __init__(self, *faults: RowFault) -> None:
        more = len(faults) - _SHOWN_FAULTS
        shown = "; ".join(str(fault) for fault in faults[:_SHOWN_FAULTS])
        super().__init__(shown + (f"; and {more} more" if more > 0 else ""))
        self.faults = faults


class RegisterChanged(UsageError):
    """A municipality was changed by somebody else after the plan was shown."""

    code = "register_changed"
    remedy = "Look at it again; nothing was changed."


@dataclass(frozen=True)
class MunicipalityRow:
    """One municipality's addresses; the domains in Punycode."""

    municipality: str
    registrar_address: str
    domains: tuple[str, ...]


@dataclass(frozen=True)
class RegisterChange:
    """What an import would make of one municipality; `before` is None for one without address."""

    before: MunicipalityRow | None
    after: MunicipalityRow


@dataclass(frozen=True)
class RegisterPlan:
    """What an import would change, how many rows it would leave, and the mark of the rest."""

    changes: tuple[RegisterChange, ...]
    unchanged: int
    mark: str


def import_csv(database: Database, data: bytes, *, who: str, now: datetime) -> int:
    """Import all rows, or none if one is wrong; return their number.

    The file is UTF-8 with the header `municipality;registrar_address;domains`, the domains
    separated by spaces. Municipalities that it does not name keep what they have. Raises
    WrongMunicipalityFile.
    """
    rows = parse(data)
    import_rows(database, rows, who=who, now=now)
    return len(rows)


def import_rows(
    database: Database,
    rows: Sequence[MunicipalityRow],
    seen: str | None = None,
    *,
    who: str,
    now: datetime,
) -> None:
    """Give the municipalities these addresses and domains.

    With `seen`, the mark of the plan that was shown, only if they still are as they were then.
    Raises RegisterChanged.
    """
    codes = [row.municipality for row in rows]
    with database.write() as session:
        known = register_rows(session)
        if seen is not None and seen != _mark(known, codes):
            raise RegisterChanged("a municipality was changed meanwhile")
        session.exec(
            delete(MunicipalityDomain).where(col(MunicipalityDomain.municipality).in_(codes))
        )
        for row in rows:
            session.merge(
                MunicipalityContact(
                    municipality=row.municipality,
                    registrar_address=row.registrar_address,
                    imported_at=now,
                )
            )
            session.add_all(
                MunicipalityDomain(domain=domain, municipality=row.municipality)
                for domain in row.domains
            )
        note(
            session,
            at=now,
            who=who,
            what="municipalities.imported",
            before={code: _noted(known[code]) for code in codes if code in known},
            after={row.municipality: _noted(row) for row in rows},
        )


def foresee_import(session: Session, rows: Sequence[MunicipalityRow]) -> RegisterPlan:
    """Return what importing these rows would change; nothing is."""
    known = register_rows(session)
    changes = [RegisterChange(known.get(row.municipality), row) for row in rows]
    changed = tuple(change for change in changes if change.before != change.after)
    mark = _mark(known, [row.municipality for row in rows])
    return RegisterPlan(changed, len(rows) - len(changed), mark)


def register_rows(session: Session) -> dict[str, MunicipalityRow]:
    """Every municipality that has an address, by kommunkod; domains in alphabetical order."""
    domains: dict[str, list[str]] = {}
    for one in session.exec(select(MunicipalityDomain).order_by(col(MunicipalityDomain.domain))):
        domains.setdefault(one.municipality, []).append(one.domain)
    contacts = session.exec(
        select(MunicipalityContact).order_by(col(MunicipalityContact.municipality))
    )
    return {
        one.municipality: MunicipalityRow(
            one.municipality, one.registrar_address, tuple(domains.get(one.municipality, ()))
        )
        for one in contacts
    }


def export_csv(session: Session) -> bytes:
    """Return the register as the file that can be imported: UTF-8 with BOM, for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in register_rows(session).values():
        writer.writerow((row.municipality, row.registrar_address, " ".join(row.domains)))
    return out.getvalue().encode("utf-8-sig")


def parse(data: bytes) -> list[MunicipalityRow]:
    """Return the rows of the file, or raise WrongMunicipalityFile. Row 1 is the header."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongMunicipalityFile(RowFault("not_utf8")) from error
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=";"))
    except csv.Error as error:
        raise WrongMunicipalityFile(RowFault("not_table", str(error))) from error
    if not lines or tuple(cell.strip() for cell in lines[0]) != HEADER:
        raise WrongMunicipalityFile(RowFault("header"))
    faults: list[RowFault] = []
    rows: dict[str, MunicipalityRow] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        wrong, row = _row(number, [cell.strip() for cell in cells])
        if row.municipality in rows:
            wrong.append(RowFault("twice", row.municipality, number, HEADER[0]))
        rows[row.municipality] = row
        faults += wrong
    if not rows and not faults:
        faults = [RowFault("no_rows")]
    if faults:
        raise WrongMunicipalityFile(*faults)
    return list(rows.values())


def checked_row(code: str, address: str, domains: str) -> MunicipalityRow:
    """Return one municipality's row as typed, or raise WrongMunicipalityFile."""
    faults, row = _row(1, [code, address.strip(), domains])
    if faults:
        raise WrongMunicipalityFile(*faults)
    return row


def _row(number: int, cells: list[str]) -> tuple[list[RowFault], MunicipalityRow]:
    if len(cells) != len(HEADER):
        column = f"column {min(len(cells), len(HEADER)) + 1}"
        fault = RowFault("columns", str(len(cells)), number, column)
        return [fault], MunicipalityRow(cells[0], "", ())
    code, address = cells[0], cells[1]
    domains = tuple(ascii_domain(domain) for domain in cells[2].split())
    faults = []
    if by_code(code) is None:
        kind = "lost_zero" if by_code(code.zfill(4)) else "unknown_code"
        faults.append(RowFault(kind, code, number, HEADER[0]))
    match = _ADDRESS.fullmatch(address)
    if match is None or not _is_domain(match["host"]):
        faults.append(RowFault("bad_address", address, number, HEADER[1]))
    faults += [
        RowFault("bad_domain", domain, number, HEADER[2])
        for domain in domains
        if not _is_domain(domain)
    ]
    return faults, MunicipalityRow(code, address, tuple(sorted(set(domains))))


def _is_domain(text: str) -> bool:
    labels = text.split(".")
    return (
        len(text) <= 253
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _noted(row: MunicipalityRow) -> list[str]:
    return [row.registrar_address, " ".join(row.domains)]


def _mark(known: Mapping[str, MunicipalityRow], codes: Sequence[str]) -> str:
    """A mark of these municipalities as they are: another one means that one was changed."""
    kept = {code: _noted(known[code]) for code in codes if code in known}
    return digest_of(json.dumps(kept, sort_keys=True).encode())[:16]
