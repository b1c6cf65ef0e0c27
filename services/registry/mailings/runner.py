"""Orders the letters of mailings that run, a few in each transaction.

Between two batches anything may happen: a pause, a stop, a power cut. What is ordered is marked in
the transaction of its order, so the next batch begins where the last one ended, and a recipient
who has answered, unsubscribed or bounced since the list was made is left out after all.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from sqlmodel import Session, col, select

from services.registry.domain.recipients import (
    TO_MUNICIPALITIES,
    Known,
    objection,
    unanswered,
)
from services.registry.eventlog import MACHINE
from services.registry.forms.page import DoesNotFit
from services.registry.mailings.draft import log as note_mailing
from services.registry.mailings.flow import set_running
from services.registry.mailings.known import known_now
from services.registry.mailings.letters import Office, forms_of, letter_ordered
from services.registry.tables import (
    Initiative,
    Mailing,
    MailingRecipient,
    MailingStage,
    RecipientState,
)
from shared.archive import Archive
from shared.database import Database
from shared.errors import Transient
from shared.events import LetterKind, LetterOrdered
from shared.failpoint import failpoint
from shared.letters.template import ValueMissing
from shared.outbox import emit

POLL_S: Final = 1.0
AWAY_S: Final = 5.0
PROPOSE_S: Final = 300.0
LETTERS_AT_ONCE: Final = 200
MUNICIPALITIES_AT_ONCE: Final = 10
"""Their forms are printed for it: a second's work."""
NO_ROOM: Final = "form_does_not_fit"
VALUE_MISSING: Final = "value_missing"

log = structlog.get_logger()


@dataclass(frozen=True)
class _Composed:
    """What became of one recipient's row: an order, or why there is none."""

    number: int
    order: LetterOrdered | None
    initiatives: tuple[str, ...]
    state: RecipientState
    reason: str = ""


class MailingRunner:
    """Sees to the mailings of this register; several processes may do so at once."""

    def __init__(
        self,
        database: Database,
        archive: Archive,
        office: Callable[[], Office],
        now: Callable[[], datetime],
        stir: Callable[[], None],
        propose: Callable[[], object] = lambda: None,
    ) -> None:
        """`office` is asked when letters are written; `stir` wakes the outbox's relay.

        `propose` is called now and then, to begin what is due by itself.
        """
        self._database = database
        self._archive = archive
        self._office = office
        self._now = now
        self._stir = stir
        self._propose = propose
        self._proposed_at = -math.inf

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            pause_s = POLL_S
            try:
                if monotonic() - self._proposed_at >= PROPOSE_S:
                    await asyncio.to_thread(self._propose)
                    self._proposed_at = monotonic()
                while await asyncio.to_thread(self.step):
                    self._stir()
            except Transient as error:
                log.warning("mailings_wait", reason=str(error))
                pause_s = AWAY_S
            except Exception:
                # What is wrong here must not end the register.
                log.exception("mailings_failed")
                pause_s = AWAY_S
            await asyncio.sleep(pause_s)

    def step(self) -> bool:
        """Do the next thing that is to be done; False if there is nothing."""
        if self._begin_scheduled():
            return True
        # One batch of each, so that a small mailing does not wait for a large one.
        done = [self._order_some_of(one) for one in self._running()]
        return any(done)

    def _order_some_of(self, mailing_id: str) -> bool:
        try:
            return self._order_some(mailing_id)
        except Transient:
            raise
        except Exception:
            # One that cannot be handled must not hold up the others.
            log.exception("mailing_failed", mailing_id=mailing_id)
            return False

    def _begin_scheduled(self) -> bool:
        due = (Mailing.stage == MailingStage.SCHEDULED, col(Mailing.send_at) <= self._now())
        with self._database.read() as session:
            if session.exec(select(Mailing.id).where(*due).limit(1)).first() is None:
                return False
        with self._database.write() as session:
            for mailing in session.exec(select(Mailing).where(*due).with_for_update()):
                set_running(session, mailing, "mailing.sent", who=MACHINE, at=self._now())
        return True

    def _running(self) -> Sequence[str]:
        with self._database.read() as session:
            return session.exec(
                select(Mailing.id)
                .where(Mailing.stage == MailingStage.RUNNING)
                .order_by(col(Mailing.begun_at), col(Mailing.id))
            ).all()

    def _order_some(self, mailing_id: str) -> bool:
        with self._database.read() as session:
            mailing = session.get_one(Mailing, mailing_id)
            rows = _waiting(session, mailing)
            if not rows:
                undecided = _open(session, mailing_id)
            known = known_now(session) if rows else Known()
            initiatives = {one.id: one for one in session.exec(select(Initiative))}
            offers = _offers(session, rows) if mailing.kind is LetterKind.REMINDER else {}
        if not rows:
            return not undecided and self._end(mailing_id)
        composed = [self._compose(mailing, row, initiatives, known, offers) for row in rows]
        failpoint("registry.mailing.composed")
        with self._database.write() as session:
            if not self._write(session, mailing_id, composed):
                return False
        failpoint("registry.mailing.ordered")
        return True

    def _compose(
        self,
        mailing: Mailing,
        row: MailingRecipient,
        initiatives: Mapping[str, Initiative],
        known: Known,
        offers: Mapping[str, str],
    ) -> _Composed:
        about = tuple(row.initiatives)
        against = objection(mailing.kind, row.address, row.municipality, about, known)
        if against is not None:
            return _Composed(row.number, None, about, RecipientState.LEFT_OUT, against.value)
        if mailing.kind in TO_MUNICIPALITIES:
            about = unanswered(about, row.municipality, known)
        row.initiatives = list(about)
        office = self._office()
        try:
            order = letter_ordered(
                mailing,
                row,
                initiatives,
                office,
                at=self._now(),
                letter_id=UUID(row.letter_id),
                files=forms_of(mailing, row, initiatives, office, self._archive),
                follows=offers.get(row.municipality, ""),
            )
        except DoesNotFit:
            return _Composed(row.number, None, about, RecipientState.FAILED, NO_ROOM)
        except ValueMissing:
            return _Composed(row.number, None, about, RecipientState.FAILED, VALUE_MISSING)
        return _Composed(row.number, order, about, RecipientState.ORDERED)

    def _write(self, session: Session, mailing_id: str, composed: Sequence[_Composed]) -> bool:
        """Order what was composed, unless the mailing was halted, or another was first."""
        mailing = session.get_one(Mailing, mailing_id, with_for_update=True)
        if mailing.stage is not MailingStage.RUNNING:
            return False
        by_number = {
            row.number: row
            for row in session.exec(
                select(MailingRecipient).where(
                    MailingRecipient.mailing_id == mailing_id,
                    MailingRecipient.state == RecipientState.WAITING,
                    col(MailingRecipient.number).in_([one.number for one in composed]),
                )
            )
        }
        at = self._now()
        for one in composed:
            row = by_number.get(one.number)
            if row is None:
                continue
            row.state, row.reason = one.state, one.reason
            row.initiatives = list(one.initiatives)
            if one.order is not None:
                row.ordered_at = at
                emit(session, one.order)
            else:
                row.settled_at = at
            session.add(row)
        return True

    def _end(self, mailing_id: str) -> bool:
        """A mailing is done when it is known of every letter what became of it."""
        with self._database.write() as session:
            mailing = session.get_one(Mailing, mailing_id, with_for_update=True)
            if mailing.stage is not MailingStage.RUNNING or _open(session, mailing_id):
                return False
            mailing.stage, mailing.ended_at = MailingStage.DONE, self._now()
            mailing.revision += 1
            session.add(mailing)
            note_mailing(session, mailing, "mailing.done", who=MACHINE, at=self._now())
        return True


def _waiting(session: Session, mailing: Mailing) -> Sequence[MailingRecipient]:
    at_once = MUNICIPALITIES_AT_ONCE if mailing.with_forms else LETTERS_AT_ONCE
    return session.exec(
        select(MailingRecipient)
        .where(
            MailingRecipient.mailing_id == mailing.id,
            MailingRecipient.state == RecipientState.WAITING,
        )
        .order_by(col(MailingRecipient.number))
        .limit(at_once)
    ).all()


def _offers(session: Session, rows: Sequence[MailingRecipient]) -> dict[str, str]:
    """The Message-ID of the last offer that each municipality was sent."""
    return dict(
        session.exec(
            select(MailingRecipient.municipality, MailingRecipient.message_id)
            .join(Mailing, col(Mailing.id) == col(MailingRecipient.mailing_id))
            .where(
                Mailing.kind == LetterKind.OFFER,
                MailingRecipient.state == RecipientState.SENT,
                col(MailingRecipient.municipality).in_([row.municipality for row in rows]),
            )
            .order_by(col(MailingRecipient.settled_at))
        ).all()
    )


def _open(session: Session, mailing_id: str) -> bool:
    """Whether there is a letter of which it is not known what became of it."""
    undecided = (RecipientState.WAITING, RecipientState.ORDERED)
    found = select(MailingRecipient.number).where(
        MailingRecipient.mailing_id == mailing_id, col(MailingRecipient.state).in_(undecided)
    )
    return session.exec(found.limit(1)).first() is not None
