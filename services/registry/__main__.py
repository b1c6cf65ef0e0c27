"""The registry's process: the only place that builds its objects."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from services.registry.arranging.reread import Rereader
from services.registry.draft_answers import DraftKeeper
from services.registry.mailings.refusals import RefusalKeeper
from services.registry.mailings.reminders import propose_reminders
from services.registry.mailings.runner import MailingRunner
from services.registry.record import Recorder
from services.registry.replies import ReplyKeeper
from services.registry.reports import ReportKeeper
from services.registry.searchable import TextKeeper
from services.registry.settings import RegistrySection, RegistrySettings
from services.registry.settle import Settler
from services.registry.store.lists import totals
from services.registry.unsubscribe import Unsubscriber
from services.registry.web.app import create_app
from services.registry.web.printing import Printing
from shared.archive import open_archive
from shared.bus import Bus
from shared.consumers import (
    BOUNCE,
    DRAFTED,
    EXAMINED,
    RECORD,
    REPLIED,
    REREAD,
    SEARCHABLE,
    SETTLE,
    UNSUBSCRIBE,
    UNWORDED,
)
from shared.database import Database, DatabaseUnavailable, open_database
from shared.garbage import keep_what_is_loaded
from shared.migrate import upgrade_when_reachable
from shared.outbox import now
from shared.reporting import Reporter
from shared.reports import ServiceReported
from shared.service import run_service
from shared.telemetry import HealthCheck, Metrics, serve

NAME: Final = "registry"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

log = structlog.get_logger()
WAITING = Metrics.gauge("handslag_review_open", "Matters that wait for a person")


async def run(settings: RegistrySettings) -> None:
    """Run the registry until cancelled."""
    database = open_database(settings, NAME, settings.registry.database_url)
    try:
        await upgrade_when_reachable(database, MIGRATIONS)
        bus = Bus(settings, NAME, database)
        archive = open_archive(settings)
        recorder = Recorder(database, settings.registry, now, bus.stir)
        settler = Settler(database, now)
        bus.consume(RECORD, recorder.on_mail_read, workers=settings.registry.workers)
        rereader = Rereader(database, settings.registry, now)
        bus.consume(REREAD, rereader.on_pages_read)
        bus.consume(SEARCHABLE, TextKeeper(database).on_document_searchable)
        bus.consume(SETTLE, settler.on_message_settled)
        bus.consume(BOUNCE, settler.on_delivery_failed)
        bus.consume(REPLIED, ReplyKeeper(database, now).on_reply_received)
        bus.consume(UNSUBSCRIBE, Unsubscriber(database, now).on_unsubscribe_asked)
        bus.consume(UNWORDED, RefusalKeeper(database, now).on_wording_refused)
        draft_keeper = DraftKeeper(database, archive)
        bus.consume(EXAMINED, draft_keeper.on_blank_examined)
        bus.consume(DRAFTED, draft_keeper.on_form_drafted)
        bus.listen(ServiceReported, ReportKeeper(database).on_service_reported)
        checks: dict[str, HealthCheck] = {
            "database": database.ping,
            "bus": lambda: None if bus.connected else "not connected; events wait in the outbox",
        }
        reporter = Reporter(NAME, database, archive, checks, bus.tell)
        WAITING.set_function(lambda: _waiting(database))
        printing = Printing(settings)
        mailings = MailingRunner(
            database,
            archive,
            lambda: printing.office,
            now,
            bus.stir,
            lambda: _propose_reminders(database, settings.registry),
        )
        loop = asyncio.get_running_loop()
        app = create_app(
            settings,
            database,
            archive,
            checks,
            stir=lambda: _on(loop, bus.stir),
        )
        keep_what_is_loaded()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.run())
            tasks.create_task(reporter.run())
            tasks.create_task(mailings.run())
            tasks.create_task(
                serve(app, settings.web.listen, "HANDSLAG_WEB__LISTEN", app.state.site.live.close)
            )
    finally:
        database.close()


def _propose_reminders(database: Database, section: RegistrySection) -> None:
    propose_reminders(
        database,
        section.reminder_days,
        by_themselves=section.send_reminders,
        at=now(),
        today=now().astimezone(ZoneInfo(section.timezone)).date(),
    )


def _on(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Do it on the loop, from whatever thread."""
    loop.call_soon_threadsafe(action)


def _waiting(database: Database) -> float:
    """How many matters are open; not a number while the database is away."""
    try:
        with database.read() as session:
            return totals(session).review
    except DatabaseUnavailable:
        return math.nan


def main() -> None:
    """Entry point of `python -m services.registry`."""
    run_service(NAME, RegistrySettings, run)


if __name__ == "__main__":
    main()
