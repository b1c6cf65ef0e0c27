"""Tells the registry how a service fares: every half minute, and soon after something changed."""

import asyncio
import shutil
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from sqlmodel import Session, col, func, select

from shared import outbox
from shared.archive import Archive, FolderArchive
from shared.consumers import Consumer
from shared.database import Database, DatabaseUnavailable
from shared.events import DeadLetterRetryOrdered
from shared.outbox import DeadLetterRow, OutboxRow
from shared.reports import DeadLetterReport, DiskReport, ServiceReported
from shared.stopping import end_if_cancelled
from shared.telemetry import HealthCheck, check_health, one_line

EVERY_S: Final = 30.0
LOOK_S: Final = 5.0
NEWEST: Final = 50
MESSAGE_MAX: Final = 500

log = structlog.get_logger()


class Reporter:
    """Looks every few seconds at how the service fares, and tells it.

    `more` gives what only this service knows, as fields of `ServiceReported`; it is called in a
    thread, with a session that reads.
    """

    def __init__(
        self,
        service: str,
        database: Database,
        archive: Archive,
        checks: Mapping[str, HealthCheck],
        tell: Callable[[ServiceReported], Awaitable[None]],
        more: Callable[[Session], dict[str, Any]] = lambda session: {},
    ) -> None:
        self._service = service
        self._database = database
        self._archive = archive
        self._checks = checks
        self._tell = tell
        self._more = more
        self._host = socket.gethostname()

    async def run(self) -> None:
        """Tell until cancelled."""
        told: tuple[object, ...] | None = None
        told_at = 0.0
        while True:
            end_if_cancelled()
            try:
                report = await self.report()
                told_now = _of_weight(report)
                if told_now != told or time.monotonic() - told_at >= EVERY_S:
                    await self._tell(report)
                    told, told_at = told_now, time.monotonic()
            except Exception as error:
                # How the service fares must never keep it from faring.
                log.warning("not_reported", error=one_line(error))
            await asyncio.sleep(LOOK_S)

    async def report(self) -> ServiceReported:
        """Return how the service fares just now."""
        _, shown = await check_health(self._checks)
        faults = shown["faults"]
        assert isinstance(faults, dict)
        known = await asyncio.to_thread(self._known)
        return ServiceReported(
            occurred_at=outbox.now(),
            service=self._service,
            host=self._host,
            checks={name: faults.get(name, "") for name in self._checks},
            disk=await asyncio.to_thread(disk_of, self._archive),
            **known,
        )

    def _known(self) -> dict[str, Any]:
        try:
            with self._database.read() as session:
                return {
                    "outbox": session.exec(
                        select(func.count())
                        .select_from(OutboxRow)
                        .where(col(OutboxRow.published_at).is_(None))
                    ).one(),
                    "dead": len(outbox.dead_letters(session)),
                    "dead_letters": tuple(map(_letter, outbox.dead_letters(session)[-NEWEST:])),
                    **self._more(session),
                }
        except DatabaseUnavailable:
            # The database's own check tells of it.
            return {}


def retry_ordered(database: Database, consumer: Consumer, event: DeadLetterRetryOrdered) -> None:
    """Have dead letters of this service handled again, as somebody ordered in the pages."""
    if event.service != consumer.service:
        return
    with database.write() as session:
        if not outbox.claim(session, event.event_id, consumer.name):
            return
        for letter in outbox.dead_letters(session):
            if letter.number in event.numbers:
                outbox.retry(session, letter)


def disk_of(archive: Archive) -> DiskReport | None:
    """Return the archive's disk; None if the archive is no folder, or its folder is not there."""
    if not isinstance(archive, FolderArchive):
        return None
    try:
        usage = shutil.disk_usage(archive.root)
    except OSError:
        return None
    return DiskReport(folder=str(archive.root), total=usage.total, free=usage.free)


def _letter(row: DeadLetterRow) -> DeadLetterReport:
    assert row.number is not None
    return DeadLetterReport(
        number=row.number,
        about=row.subject,
        mail_id=row.mail_id,
        code=row.code,
        message=row.message[:MESSAGE_MAX],
        remedy=row.remedy,
        tries=row.tries,
        died_at=row.died_at,
    )


def _of_weight(report: ServiceReported) -> tuple[object, ...]:
    """What is told at once when it changes."""
    return (
        report.checks,
        [(one.address, one.fault, one.standby) for one in report.mailboxes],
        [one.number for one in report.dead_letters],
    )
