"""The flow from a mail that was read to answers, matters for staff, and a receipt.

One transaction holds it all: the claim on the event, the rows, and the events it causes. A repeat
of the event, or another one about the same mail, changes nothing.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.registry.cases import Diary
from services.registry.domain.mail import decide_mail
from services.registry.knowledge import look_up
from services.registry.registration import Registered, Registration
from services.registry.settings import RegistrySection
from services.registry.tables import Mail
from shared.consumers import RECORD
from shared.database import Database
from shared.events import MailRead
from shared.failpoint import failpoint
from shared.outbox import claim, emit
from shared.telemetry import Metrics, about_mail

TRIES: Final = 5
"""Each try that fails saw another's answer or case appear; one such meeting is already rare."""

log = structlog.get_logger()
DOCUMENTS = Metrics.counter("handslag_documents", "Documents registered", ["fate"])
MAILS = Metrics.counter("handslag_mails_registered", "Mails registered", ["disposition"])


class Recorder:
    """Registers mails as they are read."""

    def __init__(
        self,
        database: Database,
        settings: RegistrySection,
        now: Callable[[], datetime],
        stir: Callable[[], None],
    ) -> None:
        """`stir` tells the outbox's relay that there is something to publish."""
        self._database = database
        self._zone = ZoneInfo(settings.timezone)
        self._diary = Diary(settings.dnr_format, self._zone)
        self._unknown_sender_is_doubt = settings.unknown_sender == "review"
        self._now = now
        self._stir = stir

    async def on_mail_read(self, event: MailRead) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.record, event)
        self._stir()

    def record(self, event: MailRead) -> None:
        """Register one mail, or find that it is registered already."""
        registered = self._without_races(event)
        failpoint("registry.record.committed")
        if registered is None:
            log.info("mail_already_registered")
            return
        MAILS.labels(event.disposition).inc()
        for fate in registered.fates:
            DOCUMENTS.labels(fate).inc()
        log.info(
            "mail_registered",
            disposition=event.disposition.value,
            fates=[fate.value for fate in registered.fates],
        )

    def _without_races(self, event: MailRead) -> Registered | None:
        """Decide again when another consumer recorded, in between, what we thought was free."""
        for attempt in range(1, TRIES + 1):
            try:
                with self._database.write() as session:
                    return self._register(session, event)
            except IntegrityError as error:
                if attempt == TRIES:
                    raise
                log.info("decided_again", attempt=attempt, met=str(error.orig).splitlines()[0])
        return None

    def _register(self, session: Session, event: MailRead) -> Registered | None:
        if not claim(session, event.event_id, RECORD.name):
            return None
        if session.get(Mail, event.mail_id) is not None:
            return None
        failpoint("registry.record.claimed")
        known, standing = look_up(
            session, event, unknown_sender_is_doubt=self._unknown_sender_is_doubt
        )
        decision = decide_mail(event, known, standing)
        failpoint("registry.record.decided")
        registered = Registration(
            session, event, diary=self._diary, zone=self._zone, now=self._now()
        ).save(decision)
        failpoint("registry.record.saved")
        for answer in registered.answers:
            emit(session, answer)
        if registered.mail is not None:
            emit(session, registered.mail)
        failpoint("registry.record.emitted")
        return registered
