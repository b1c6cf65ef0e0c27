"""The notifier's process: the only place that builds its objects."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from services.notifier.compose import House
from services.notifier.gate import Caps
from services.notifier.mailings import Pace
from services.notifier.notify import Notifier
from services.notifier.order import order_letter, steer_mailing
from services.notifier.relay import Relay
from services.notifier.report import outgoing
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSection, NotifierSettings
from services.notifier.signing import Signer
from services.notifier.tables import MessageState
from services.notifier.wordings import change_wording
from shared.archive import open_archive
from shared.bus import Bus
from shared.consumers import (
    ORDERED,
    RECEIPT,
    RESOLVED,
    RETRY_MAILS,
    STEERED,
    UNDELIVERED,
    UNDONE,
    WORDED,
)
from shared.database import open_database
from shared.events import (
    DeadLetterRetryOrdered,
    DeliveryFailed,
    DocumentResolved,
    LetterOrdered,
    MailingSteered,
    MailRegistered,
    ResolutionUndone,
    WordingChanged,
)
from shared.garbage import keep_what_is_loaded
from shared.migrate import upgrade_when_reachable
from shared.reporting import Reporter, retry_ordered
from shared.service import run_service
from shared.telemetry import HealthCheck, about_mail, health_app, serve
from shared.tokens import token_source

NAME = "notifier"
MIGRATIONS = Path(__file__).parent / "migrations"
WORKERS = 2
log = structlog.get_logger()


async def run(settings: NotifierSettings) -> None:
    """Run the notifier until cancelled."""
    section = settings.notifier
    database = open_database(settings, NAME, section.database_url)
    await upgrade_when_reachable(database, MIGRATIONS)
    archive = open_archive(settings)
    notifier = Notifier(
        database=database,
        archive=archive,
        house=House.from_settings(settings),
        caps=Caps(section.cap_per_address, section.cap_in_all, section.cap_letters),
        lease=timedelta(seconds=section.lease_s),
        pace=Pace(section.mailing_per_minute, section.mailing_per_minute_per_domain),
        signed=_signed(section),
    )
    relay_settings = section.relay_settings()
    tokens = token_source(relay_settings.oauth2) if relay_settings.oauth2 else None
    bus = Bus(settings, NAME, database)
    sender = Sender(
        notifier,
        lambda: Relay(relay_settings, tokens),
        connections=section.relay_connections,
        paused=section.paused,
        settled=bus.stir,
    )

    def begun(state: MessageState | None) -> None:
        """Wake who has something to do with a mail now: whoever sends it, or tells its end."""
        if state == MessageState.QUEUED:
            sender.stir()
        elif state is not None:
            bus.stir()

    async def on_mail_registered(event: MailRegistered) -> None:
        with about_mail(event.mail_id):
            begun(await asyncio.to_thread(notifier.answer, event))

    async def on_document_resolved(event: DocumentResolved) -> None:
        with about_mail(event.mail_id):
            begun(await asyncio.to_thread(notifier.tell, event))

    async def on_resolution_undone(event: ResolutionUndone) -> None:
        with about_mail(event.mail_id):
            await asyncio.to_thread(notifier.withdraw, event)
        bus.stir()

    async def on_delivery_failed(event: DeliveryFailed) -> None:
        with about_mail(event.mail_id):
            await asyncio.to_thread(notifier.came_back, event)
        bus.stir()

    async def on_letter_ordered(event: LetterOrdered) -> None:
        begun(await asyncio.to_thread(order_letter, notifier, event))

    async def on_mailing_steered(event: MailingSteered) -> None:
        await asyncio.to_thread(steer_mailing, notifier, event)
        sender.stir()
        bus.stir()

    async def on_wording_changed(event: WordingChanged) -> None:
        await asyncio.to_thread(change_wording, database, event)

    async def on_retry_ordered(event: DeadLetterRetryOrdered) -> None:
        await asyncio.to_thread(retry_ordered, database, RETRY_MAILS, event)
        bus.stir()

    bus.consume(RETRY_MAILS, on_retry_ordered)
    bus.consume(WORDED, on_wording_changed)
    bus.consume(STEERED, on_mailing_steered)
    bus.consume(ORDERED, on_letter_ordered)
    bus.consume(UNDELIVERED, on_delivery_failed)
    bus.consume(UNDONE, on_resolution_undone)
    bus.consume(RESOLVED, on_document_resolved)
    bus.consume(RECEIPT, on_mail_registered, workers=WORKERS)
    checks: dict[str, HealthCheck] = {
        "database": database.ping,
        "bus": lambda: None if bus.connected else "not connected; events wait in the outbox",
        "relay": sender.relay_fault,
        "queue": sender.queue_fault,
    }
    reporter = Reporter(
        NAME, database, archive, checks, bus.tell, lambda session: {"outgoing": outgoing(session)}
    )
    keep_what_is_loaded()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.run())
            tasks.create_task(sender.run())
            tasks.create_task(reporter.run())
            tasks.create_task(
                serve(health_app(checks), section.listen, "HANDSLAG_NOTIFIER__LISTEN")
            )
    finally:
        database.close()


def _signed(section: NotifierSection) -> Callable[[bytes], bytes]:
    if not (section.dkim_domain and section.dkim_selector and section.dkim_key_file):
        return bytes
    return Signer.from_file(section.dkim_domain, section.dkim_selector, section.dkim_key_file).sign


def main() -> None:
    """Entry point of `python -m services.notifier`."""
    run_service(NAME, NotifierSettings, run)


if __name__ == "__main__":
    main()
