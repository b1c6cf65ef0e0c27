"""A wording that the notifier could not use: shown where it is written, and in the händelselogg."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from services.registry.eventlog import MACHINE, note
from services.registry.tables import LetterTemplate
from shared.consumers import UNWORDED
from shared.database import Database
from shared.events import WordingRefused
from shared.letters.wordings import FOR_ALL
from shared.outbox import claim

log = structlog.get_logger()


class RefusalKeeper:
    """Keeps what the notifier tells of wordings."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def on_wording_refused(self, event: WordingRefused) -> None:
        """Handle the event; return when its effect is committed."""
        await asyncio.to_thread(self.keep, event)

    def keep(self, event: WordingRefused) -> bool:
        """Mark the wording; False if that is done, or it has been changed since."""
        with self._database.write() as session:
            if not claim(session, event.event_id, UNWORDED.name):
                return False
            key = (event.name, event.initiative or FOR_ALL)
            row = session.get(LetterTemplate, key, with_for_update=True)
            if row is None or row.changed_at != event.changed_at:
                return False
            row.refused_at, row.refused_why = event.occurred_at, event.why
            session.add(row)
            note(
                session,
                at=self._now(),
                who=MACHINE,
                what="template.refused",
                after={
                    "template": event.name,
                    "initiative": event.initiative or FOR_ALL,
                    "why": event.why,
                },
            )
        log.warning("wording_refused", name=event.name, initiative=event.initiative, why=event.why)
        return True
