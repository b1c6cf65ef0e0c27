"""Imports the municipalities' official registrar addresses and mail domains."""

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, delete

from services.registry.domain.match import ascii_domain
from services.registry.eventlog import note
from services.registry.tables import MunicipalityContact, MunicipalityDomain
from shared.database import Database
from shared.errors import UsageError
from shared.municipalities import by_code

HEADER: Final = ("municipality", "registrar_address", "domains")
_ADDRESS: Final = re.compile(r"[^\s@;,<>\"]{1,64}@(?P<host>[^\s@]+)")
_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_SHOWN_FAULTS: Final = 20


class WrongMunicipalityFile(UsageError):
    """The file cannot be imported; the message names each wrong row by number and column."""

    code = "wrong_municipality_file"
    remedy = "Correct the file and import it again; nothing was imported."


@dataclass(frozen=True)
class MunicipalityRow:
    """One right row."""

    municipality: str
    registrar_address: str
    domains: tuple[str, ...]


def import_csv(database: Database, data: bytes, *, who: str, now: datetime) -> int:
    """Import all rows, or none if one is wrong; return their number.

    The file is UTF-8 with the header `municipality;registrar_address;domains`, the domains
    separated by spaces. Municipalities that it does not name keep what they have. Raises
    WrongMunicipalityFile.
    """
    rows = parse(data)
    with database.write() as session:
        codes = [row.municipality for row in rows]
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
            after={
                row.municipality: [row.registrar_address, " ".join(row.domains)] for row in rows
            },
        )
    return len(rows)


def parse(data: bytes) -> list[MunicipalityRow]:
    """Return the rows of the file, or raise WrongMunicipalityFile. Row 1 is the header."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongMunicipalityFile("the file is not UTF-8 text") from error
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=";"))
    except csv.Error as error:
        raise WrongMunicipalityFile(f"not a table: {error}") from error
    if not lines or tuple(cell.strip() for cell in lines[0]) != HEADER:
        raise WrongMunicipalityFile(f"row 1: the header must be {';'.join(HEADER)}")
    faults: list[str] = []
    rows: dict[str, MunicipalityRow] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        wrong, row = _row([cell.strip() for cell in cells])
        if row.municipality in rows:
            wrong.append(f"municipality: {row.municipality} stands twice")
        rows[row.municipality] = row
        faults += (f"row {number}, {fault}" for fault in wrong)
    if not rows and not faults:
        faults = ["the file has no rows"]
    if faults:
        more = len(faults) - _SHOWN_FAULTS
        shown = "; ".join(faults[:_SHOWN_FAULTS])
        raise WrongMunicipalityFile(shown + (f"; and {more} more" if more > 0 else ""))
    return list(rows.values())


def _row(cells: list[str]) -> tuple[list[str], MunicipalityRow]:
    if len(cells) != len(HEADER):
        fault = f"column {min(len(cells), len(HEADER)) + 1}: {len(cells)} columns, not 3"
        return [fault], MunicipalityRow(cells[0], "", ())
    code, address = cells[0], cells[1]
    domains = tuple(ascii_domain(domain) for domain in cells[2].split())
    faults = []
    if by_code(code) is None:
        hint = "; did a leading zero fall away?" if by_code(code.zfill(4)) else ""
        faults.append(f"municipality: no municipality has the code {code!r}{hint}")
    match = _ADDRESS.fullmatch(address)
    if match is None or not _is_domain(match["host"]):
        faults.append(f"registrar_address: {address!r} is not an address")
    faults += [
        f"domains: {domain!r} is not a domain" for domain in domains if not _is_domain(domain)
    ]
    return faults, MunicipalityRow(code, address, tuple(dict.fromkeys(domains)))


def _is_domain(text: str) -> bool:
    labels = text.split(".")
    return (
        len(text) <= 253
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
