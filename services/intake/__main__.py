"""`python -m services.intake`: the only place that builds intake's objects."""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from services.intake import forms, lease
from services.intake.blanks import BlankReader
from services.intake.fetcher import FaultyMailbox, MailboxFetcher, fetcher_for
from services.intake.mail.smtp import open_door
from services.intake.read import Reader, ReaderSettings
from services.intake.rearrange import Rearranger
from services.intake.receive import Receiver
from services.intake.report import mailbox_reports
from services.intake.roots import trusted_roots
from services.intake.sandbox.client import Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.search import Searcher
from services.intake.settings import MIB, IntakeSection, IntakeSettings
from shared.archive import open_archive
from shared.bus import Bus
from shared.consumers import (
    ARRANGED,
    DRAFT,
    EXAMINE,
    FORMS,
    LEARNED,
    READ,
    RETRY,
    SEARCH,
    SEARCH_AGAIN,
    WITHDRAWN,
)
from shared.database import Database, open_database
from shared.events import (
    BlankUploaded,
    DeadLetterRetryOrdered,
    FieldsPointed,
    FormLearned,
    FormWithdrawn,
    InitiativeDefined,
    MailArchived,
    MailRead,
    PagesArranged,
    PagesRead,
)
from shared.form_key import form_key
from shared.migrate import upgrade_when_reachable
from shared.reporting import Reporter, retry_ordered
from shared.service import run_service
from shared.telemetry import HealthCheck, health_app, serve

NAME: Final = "intake"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
STOP_TIMEOUT_S: Final = 20.0
log = structlog.get_logger()

Fetchers = list[MailboxFetcher | FaultyMailbox]


async def run(settings: IntakeSettings) -> None:
    """Run intake until cancelled. NATS may be away: mail is received all the same."""
    section = settings.intake
    database = open_database(settings, NAME, section.database_url)
    await upgrade_when_reachable(database, MIGRATIONS)
    archive = open_archive(settings)
    bus = Bus(settings, NAME, database)
    receiver = Receiver(archive, database, bus.stir)
    sandbox = _sandbox(section)
    reader = Reader(archive, database, sandbox, _reader_settings(settings))
    rearranger = Rearranger(archive, database, sandbox, _reader_settings(settings))
    blanks = BlankReader(archive, database, sandbox, section.reader)
    searcher = Searcher(archive, database, sandbox, section.reader, section.search)

    async def on_mail_archived(event: MailArchived) -> None:
        await reader.read(event)
        bus.stir()

    async def on_pages_arranged(event: PagesArranged) -> None:
        await rearranger.rearrange(event)
        bus.stir()

    async def on_mail_read(event: MailRead) -> None:
        await searcher.search(event)
        bus.stir()

    async def on_blank_uploaded(event: BlankUploaded) -> None:
        await blanks.examine(event)
        bus.stir()

    async def on_fields_pointed(event: FieldsPointed) -> None:
        await blanks.draft(event)
        bus.stir()

    async def on_pages_read(event: PagesRead) -> None:
        await searcher.search_again(event)
        bus.stir()

    async def on_initiative_defined(event: InitiativeDefined) -> None:
        await asyncio.to_thread(_define, database, event)

    async def on_form_learned(event: FormLearned) -> None:
        await asyncio.to_thread(_learn, database, event)

    async def on_form_withdrawn(event: FormWithdrawn) -> None:
        await asyncio.to_thread(_withdraw, database, event)

    bus.consume(READ, on_mail_archived, workers=section.workers)
    if section.search.enabled:
        bus.consume(SEARCH, on_mail_read)
        bus.consume(SEARCH_AGAIN, on_pages_read)
    bus.consume(ARRANGED, on_pages_arranged)
    bus.consume(FORMS, on_initiative_defined)
    bus.consume(LEARNED, on_form_learned)
    bus.consume(WITHDRAWN, on_form_withdrawn)
    bus.consume(EXAMINE, on_blank_uploaded)
    bus.consume(DRAFT, on_fields_pointed)
    fetchers = _fetchers(section, receiver, database)

    async def on_retry_ordered(event: DeadLetterRetryOrdered) -> None:
        await asyncio.to_thread(retry_ordered, database, RETRY, event)
        bus.stir()

    bus.consume(RETRY, on_retry_ordered)
    checks = _checks(database, bus, sandbox, fetchers)
    reporter = Reporter(
        NAME,
        database,
        archive,
        checks,
        bus.tell,
        lambda session: {
            "mailboxes": mailbox_reports(
                session,
                section.mailboxes,
                {one.mailbox.address: one.state() for one in fetchers},
            )
        },
    )
    doors = await _doors(section, receiver)
    try:
        await asyncio.to_thread(sandbox.warm_up)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_fetch(fetchers))
            for door in doors:
                tasks.create_task(_serve(door))
            tasks.create_task(searcher.run())
            tasks.create_task(bus.run())
            tasks.create_task(reporter.run())
            app = health_app(checks)
            tasks.create_task(serve(app, section.listen, "HANDSLAG_INTAKE__LISTEN"))
    finally:
        sandbox.close()
        database.close()


def _sandbox(section: IntakeSection) -> Sandbox:
    limits = section.reader
    bounds = Bounds(
        memory_mib=limits.memory_mib,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        scratch_mib=limits.scratch_mib,
    )
    return Sandbox(bounds, at_once=section.workers, result_bytes=limits.result_mib * MIB)


def _reader_settings(settings: IntakeSettings) -> ReaderSettings:
    section = settings.intake
    return ReaderSettings(
        key=form_key(settings),
        limits=section.reader,
        own_addresses=frozenset(mailbox.address for mailbox in section.mailboxes),
        unsubscribe_address=section.unsubscribe_address,
        authserv_id=section.authserv_id,
        trusted_roots=trusted_roots(section.esign_roots),
    )


def _fetchers(section: IntakeSection, receiver: Receiver, database: Database) -> Fetchers:
    holder = lease.this_process()
    return [
        fetcher_for(number, mailbox, receiver, database, holder)
        for number, mailbox in enumerate(section.mailboxes)
        if mailbox.imap is not None
    ]


async def _fetch(fetchers: Fetchers) -> None:
    """Let the fetchers' threads run until cancelled; then wait for their next safe point."""
    for fetcher in fetchers:
        fetcher.start()
    try:
        await asyncio.Event().wait()
    finally:
        for fetcher in fetchers:
            fetcher.stop()
        for fetcher in fetchers:
            if not await asyncio.to_thread(fetcher.join, STOP_TIMEOUT_S):
                log.warning("fetcher_did_not_stop", mailbox=fetcher.mailbox.address)


async def _doors(section: IntakeSection, receiver: Receiver) -> list[asyncio.Server]:
    """Open the doors that the settings ask for."""
    listens = {"smtp": section.smtp_listen, "lmtp": section.lmtp_listen}
    return [
        await open_door(
            protocol, listen, section.mailboxes, receiver.receive, section.smtp_limit_mib
        )
        for protocol, listen in listens.items()
        if listen is not None
    ]


async def _serve(door: asyncio.Server) -> None:
    async with door:
        await door.serve_forever()


def _checks(
    database: Database, bus: Bus, sandbox: Sandbox, fetchers: Fetchers
) -> dict[str, HealthCheck]:
    return {
        "database": database.ping,
        "bus": lambda: None if bus.connected else "not connected; mail is received and kept",
        "sandbox": sandbox.check,
        **{f"mailbox {fetcher.mailbox.address}": fetcher.check for fetcher in fetchers},
    }


def _define(database: Database, event: InitiativeDefined) -> None:
    with database.write() as session:
        forms.define(session, event)


def _learn(database: Database, event: FormLearned) -> None:
    with database.write() as session:
        forms.learn(session, event)


def _withdraw(database: Database, event: FormWithdrawn) -> None:
    with database.write() as session:
        forms.withdraw(session, event)


def main() -> None:
    """Entry point of `python -m services.intake`."""
    run_service(NAME, IntakeSettings, run)


if __name__ == "__main__":
    main()
