"""How the services fare, as each told last, and the proof that nothing is lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, delete, select

from services.registry.tables import ProofRow, ServiceReportRow
from shared.database import Database
from shared.outbox import now
from shared.reports import ServiceReported

SILENT_AFTER: Final = timedelta(seconds=90)
"""Three reports that did not come."""
FORGOTTEN_AFTER: Final = timedelta(days=7)
MOVED_AFTER: Final = timedelta(hours=1)
"""A host that has been silent so long, while another does the same work, was taken out of use."""
OTHERS: Final = ("intake", "notifier")
"""Those whose dead letters are not in our own database."""
_PROOF: Final = 1


@dataclass(frozen=True)
class Told:
    """One service on one host, as it told last."""

    report: ServiceReported
    heard_at: datetime
    silent: bool
    in_use: bool
    """False for a host that has been silent long, while another does the same work."""

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong there, by check."""
        return {name: fault for name, fault in self.report.checks.items() if fault}


class ReportKeeper:
    """Keeps the latest report of each service on each host."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_service_reported(self, event: ServiceReported) -> None:
        """Handle the event; return when its effect is committed."""
        await asyncio.to_thread(self.keep, event, now())

    def keep(self, event: ServiceReported, at: datetime) -> None:
        """Keep it in place of the one before; forget who has been silent for long."""
        with self._database.write() as session:
            session.merge(
                ServiceReportRow(
                    service=event.service,
                    host=event.host,
                    heard_at=at,
                    body=event.model_dump_json(),
                )
            )
            session.exec(
                delete(ServiceReportRow).where(
                    col(ServiceReportRow.heard_at) < at - FORGOTTEN_AFTER
                )
            )


def reports(session: Session, at: datetime) -> list[Told]:
    """What each service told last, on each host, by name."""
    rows = session.exec(
        select(ServiceReportRow).order_by(col(ServiceReportRow.service), col(ServiceReportRow.host))
    ).all()
    heard = {row.service: row.heard_at for row in sorted(rows, key=lambda row: row.heard_at)}
    return [
        Told(
            ServiceReported.model_validate_json(row.body),
            row.heard_at,
            silent=at - row.heard_at > SILENT_AFTER,
            in_use=at - row.heard_at < MOVED_AFTER or heard[row.service] == row.heard_at,
        )
        for row in rows
    ]


def latest(told: Sequence[Told], service: str) -> Told | None:
    """The last report of a service, on whichever host; its database is the same on all."""
    found = [one for one in told if one.report.service == service]
    return max(found, key=lambda one: one.heard_at) if found else None


def take_for_ordered(session: Session, service: str, numbers: Sequence[int]) -> None:
    """Show these dead letters no longer; the service's next report tells what became of them."""
    for row in session.exec(
        select(ServiceReportRow).where(ServiceReportRow.service == service)
    ).all():
        report = ServiceReported.model_validate_json(row.body)
        left = tuple(one for one in report.dead_letters if one.number not in numbers)
        gone = len(report.dead_letters) - len(left)
        changed = report.model_copy(
            update={"dead_letters": left, "dead": max(0, report.dead - gone)}
        )
        row.body = changed.model_dump_json()
        session.add(row)


# --- The proof of completeness ----------------------------------------------------------------


def last_proof(session: Session) -> ProofRow | None:
    """The last proof, or that one was asked for; None before any."""
    return session.get(ProofRow, _PROOF)


def ask_for_proof(session: Session, who: str, at: datetime) -> None:
    """Have it made now, by whoever can see all services."""
    row = session.get(ProofRow, _PROOF) or ProofRow(id=_PROOF)
    row.asked_at, row.asked_by = at, who
    session.add(row)


def keep_proof(database: Database, body: str, *, complete: bool, began_at: datetime) -> None:
    """Keep what `handslag verify` found; `body` is its JSON."""
    with database.write() as session:
        row = session.get(ProofRow, _PROOF) or ProofRow(id=_PROOF)
        row.made_at, row.seconds = now(), (now() - began_at).total_seconds()
        row.complete, row.body = complete, body
        if complete:
            row.held_at = row.made_at
        session.add(row)


def proof_due(database: Database, every: timedelta, at: datetime) -> bool:
    """Tell whether it is time, or somebody has asked since the last one was begun."""
    with database.read() as session:
        row = last_proof(session)
    if row is None or row.made_at is None:
        return bool(every) or (row is not None and row.asked_at is not None)
    began_at = row.made_at - timedelta(seconds=row.seconds)
    asked = row.asked_at is not None and row.asked_at > began_at
    return asked or (bool(every) and at - row.made_at >= every)
