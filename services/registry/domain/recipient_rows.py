"""Recipients that staff type or load, a row each: address, and if they like name and kommun. Pure.

A row that is broken is named with its number; then none of them counts.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from services.registry.domain.contact import ADDRESS_MAX
from services.registry.domain.resolution import is_address

MOST_ROWS: Final = 20_000
_SEPARATORS: Final = (";", "\t", ",")
_HEADERS: Final = frozenset({"adress", "e-postadress", "e-post", "epost", "mejl", "address"})
_NAME_MAX: Final = 200


@dataclass(frozen=True)
class HandRow:
    """One row; `municipality` is a kommunkod, or empty."""

    number: int
    address: str
    name: str = ""
    municipality: str = ""


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row, in a stable key."""

    number: int
    kind: str
    said: str = ""


def read_rows(
    text: str, code_of: Callable[[str], str | None], *, municipality_needed: bool
) -> tuple[list[HandRow], list[RowFault]]:
    """Return the rows, and what is wrong with those that are broken; rows count from 1.

    `code_of` tells the kommunkod of what stands for a municipality, or None if it is none.
    """
    rows: list[HandRow] = []
    faults: list[RowFault] = []
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > MOST_ROWS:
        return [], [RowFault(MOST_ROWS + 1, "too_many")]
    for number, line in enumerate(lines, 1):
        cells = _cells(line)
        if not any(cells) or (number == 1 and cells[0].lower() in _HEADERS):
            continue
        row, wrong = _row(number, cells, code_of, municipality_needed=municipality_needed)
        faults += wrong
        rows.append(row)
    return rows, faults


def _cells(line: str) -> list[str]:
    separator = next((one for one in _SEPARATORS if one in line), ";")
    cells = next(csv.reader([line], delimiter=separator), [])
    return [cell.strip() for cell in cells] or [""]


def _row(
    number: int,
    cells: list[str],
    code_of: Callable[[str], str | None],
    *,
    municipality_needed: bool,
) -> tuple[HandRow, list[RowFault]]:
    address, name, municipality = (*cells, "", "", "")[:3]
    code = code_of(municipality) if municipality else ""

    def wrong() -> Iterator[RowFault]:
        if len(cells) > 3 and any(cells[3:]):
            yield RowFault(number, "columns", str(len(cells)))
        if len(address) > ADDRESS_MAX or not is_address(address):
            yield RowFault(number, "address", address[:80])
        if len(name) > _NAME_MAX:
            yield RowFault(number, "name")
        if code is None:
            yield RowFault(number, "municipality", municipality[:80])
        if municipality_needed and not municipality:
            yield RowFault(number, "no_municipality")

    return HandRow(number, address, name, code or ""), list(wrong())
