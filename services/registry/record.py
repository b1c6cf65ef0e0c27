"""The flow from a mail that was read to answers, matters for staff, and a receipt.

One transaction holds it all: the claim on the event, the rows, and the events it causes. A repeat
of the event, or another one about the same mail, changes nothing. One exception: a mail that was
set aside, such as one in the junk folder, is registered when a later reading finds more in it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from services.registry.cases import Diary
from services.registry.domain.mail import decide_mail
from services.registry.eventlog import MACHINE, note
from services.registry.knowledge import look_up, weighed
from services.registry.registration import Registered, Registration
from services.registry.settings import RegistrySection
from services.registry.tables import Document, Mail, MailState, Part, ReviewItem
from shared.consumers import RECORD
from shared.database import Database
from shared.events import Disposition, MailRead
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
        self._witness_rule = settings.witness_rule
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
        known_mail = session.get(Mail, event.mail_id, with_for_update=True)
        if known_mail is not None and not _is_taken_up(session, known_mail, event):
            return None
        failpoint("registry.record.claimed")
        event = weighed(session, event, self._witness_rule)
        known, standing = look_up(
            session, event, unknown_sender_is_doubt=self._unknown_sender_is_doubt
        )
        decision = decide_mail(event, known, standing)
        failpoint("registry.record.decided")
        if known_mail is not None:
            self._take_up(session, known_mail)
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

    def _take_up(self, session: Session, mail: Mail) -> None:
        """Make room for the new registration of a mail that was set aside, and say so."""
        note(
            session,
            at=self._now(),
            who=MACHINE,
            what="mail.taken_up",
            mail_id=mail.mail_id,
            before={
                "state": mail.state,
                "disposition": mail.disposition,
                "reason": mail.disposition_reason,
                "registered_at": mail.registered_at.isoformat(),
            },
        )
        session.connection().execute(delete(Part).where(col(Part.mail_id) == mail.mail_id))
        session.delete(mail)
        session.flush()


def _is_taken_up(session: Session, mail: Mail, event: MailRead) -> bool:
    """Tell whether a later reading replaces what is registered: nothing but a mail set aside."""
    if mail.state is not MailState.SET_ASIDE or event.disposition is Disposition.SET_ASIDE:
        return False
    held = (
        session.exec(select(table).where(table.mail_id == mail.mail_id).limit(1)).first()
        for table in (Document, ReviewItem)
    )
    return mail.case_id is None and all(one is None for one in held)
