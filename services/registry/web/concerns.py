"""What a person should see to, though this service works: what other services told, dead letters,
a proof that does not hold, a disk that fills up."""

import json
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Final

from sqlmodel import Session

from services.registry.reports import OTHERS, Told, last_proof, latest, reports
from services.registry.store.operations import dead_letter_count
from shared.archive import Archive
from shared.database import Database, DatabaseUnavailable
from shared.outbox import now
from shared.reporting import disk_of
from shared.reports import DiskReport
from shared.telemetry import HealthCheck

BYTES_IN_GB: Final = 1_000_000_000
_TIME_TO_START_S: Final = 120.0
_SHOWN: Final = 3


def concerns(
    database: Database, archive: Archive, disk_warn_gb: float
) -> Mapping[str, HealthCheck]:
    """Return the checks, by name."""
    began_at = monotonic()

    def dead_letters() -> str | None:
        with database.read() as session:
            count = dead_letter_count(session) + sum(
                found.report.dead
                for service in OTHERS
                if (found := latest(reports(session, now()), service))
            )
        return f"{count} dead letters" if count else None

    def services() -> str | None:
        with database.read() as session:
            told = reports(session, now())
        return _few(_silent(told, monotonic() - began_at > _TIME_TO_START_S))

    def service_faults() -> str | None:
        with database.read() as session:
            told = reports(session, now())
        return _few(
            f"{one.report.service} on {one.report.host}: {name}: {fault}"
            for one in told
            if not one.silent and one.report.service in OTHERS
            for name, fault in one.faults.items()
        )

    def proof() -> str | None:
        with database.read() as session:
            return _broken(session)

    def disk() -> str | None:
        disks = [found] if (found := disk_of(archive)) else []
        with database.read() as session:
            disks += [
                one.report.disk
                for one in reports(session, now())
                if one.report.disk and not one.silent
            ]
        return _few(dict.fromkeys(_full(one) for one in disks if _is_full(one, disk_warn_gb)))

    return {
        "dead_letters": _if_readable(dead_letters),
        "services": _if_readable(services),
        "service_faults": _if_readable(service_faults),
        "proof": _if_readable(proof),
        "disk": _if_readable(disk),
    }


def _if_readable(check: HealthCheck) -> HealthCheck:
    """The database's own check tells of a database that is away; the others then know nothing."""

    def checked() -> str | None:
        try:
            return check()
        except DatabaseUnavailable:
            return None

    return checked


def _silent(told: Sequence[Told], others_had_time: bool) -> Iterator[str]:
    """Who should have been heard. Where we hear not even ourselves, nobody tells anything."""
    for one in told:
        if one.silent and one.in_use:
            at = f"{one.heard_at:%Y-%m-%d %H:%M} UTC"
            yield f"{one.report.service} on {one.report.host} not heard since {at}"
    own = latest(told, "registry")
    if own is not None and not own.silent and others_had_time:
        for service in OTHERS:
            if latest(told, service) is None:
                yield f"{service} was never heard"


def _broken(session: Session) -> str | None:
    made = last_proof(session)
    if made is None or made.made_at is None or made.complete:
        return None
    faults = json.loads(made.body).get("faults", [])
    return f"{len(faults)} faults; the first: {faults[0]}"[:300] if faults else "it was not made"


def _is_full(disk: DiskReport, warn_gb: float) -> bool:
    return disk.free < warn_gb * BYTES_IN_GB


def _full(disk: DiskReport) -> str:
    return f"{disk.free / BYTES_IN_GB:.1f} GB free at {disk.folder}"


def _few(found: "Iterator[str] | dict[str, None]") -> str | None:
    """The first of them in one line, and how many more there are."""
    every = list(found)
    more = f"; and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return "; ".join(every[:_SHOWN]) + more if every else None
