"""The notifier's flow: an event becomes a mail, the gate lets it pass or not, the relay gets it.

answer:  event → gate → compose → archive the bytes → queue, in the transaction of the inbox claim
send:    take from the queue → relay → settle, in the transaction of the event that tells of it
return:  a bounce → the mail that its token names → failed after all, and the registry is told

A mail is answered once: its (mail_id, kind) is unique in the database, its Message-ID follows from
them. What the relay said decides what happens next; what it did not get to say is a doubt, and a
mail in doubt is handed over once more and not again.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never

import structlog
from sqlmodel import Session

from services.notifier import store
from services.notifier.compose import House, Mail, compose_receipt
from services.notifier.gate import (
    Caps,
    Question,
    address_key,
    cap_objections,
    may_be_addressed,
    objections,
)
from services.notifier.messages.plain import one_line
from services.notifier.messages.receipt import KIND
from services.notifier.relay import (
    Accepted,
    Deferred,
    Envelope,
    Outcome,
    Refused,
    Unconfirmed,
    Unreachable,
)
from services.notifier.tables import MessageRow, MessageState
from shared import outbox
from shared.archive import Archive, Area
from shared.consumers import RECEIPT, UNDELIVERED
from shared.database import Database
from shared.events import DeliveryFailed, MailRegistered, MessageFate
from shared.failpoint import failpoint
from shared.telemetry import Metrics

CAME_BACK: Final = "came_back"
TOKEN_BYTES: Final = 10
DEFERRED_DELAYS: Final = tuple(timedelta(minutes=m) for m in (0.5, 2, 5, 15, 30, 60, 120))
GIVE_UP_AFTER: Final = timedelta(days=4)
"""As long as RFC 5321, 4.5.4.1 asks of one who sends."""
EXPIRED: Final = "expired"

SETTLED = Metrics.counter(
    "handslag_messages_settled", "Mails that came to an end", ["kind", "fate"]
)
DEFERRED = Metrics.counter("handslag_messages_deferred", "Times the relay said: later")
SECONDS = Metrics.histogram(
    "handslag_receipt_seconds", "From a mail's arrival to its receipt at the relay"
)
log = structlog.get_logger()


@dataclass(frozen=True)
class Notifier:
    """The flows, with what they need."""

    database: Database
    archive: Archive
    house: House
    caps: Caps
    lease: timedelta
    deferred_delays: tuple[timedelta, ...] = DEFERRED_DELAYS

    # --- answer --------------------------------------------------------------------------------

    def answer(self, event: MailRegistered) -> MessageState | None:
        """Queue the receipt for a mail, or log why there is none; None if that is done already."""
        refusals = objections(self._question(event)) or self._over_caps_already(event)
        mail = None if refusals else compose_receipt(event, self.house)
        content = self.archive.put(mail.data, Area.DERIVED) if mail else None
        with self.database.write() as session:
            if not outbox.claim(session, event.event_id, RECEIPT.name):
                return None
            if store.is_answered(session, event.mail_id, KIND):
                log.info("already_answered", kind=KIND)
                return None
            row = self._row(event, mail, content)
            if not refusals:
                store.lock_counting(session)
                refusals = self._over_caps(session, row.recipient_key)
            if refusals:
                self._hold_back(session, row, refusals)
            else:
                session.add(row)
                log.info("message_queued", kind=KIND, message_id=row.message_id)
        failpoint("notifier.queued")
        return MessageState(row.state)

    def _question(self, event: MailRegistered) -> Question:
        return Question(
            event.correspondence,
            event.disposition,
            self.house.own_addresses,
            event.mail_reasons,
        )

    def _over_caps_already(self, event: MailRegistered) -> tuple[str, ...]:
        """A first look, so that a flood costs no composing; the one that binds comes later."""
        with self.database.read() as session:
            return self._over_caps(session, address_key(event.correspondence.return_path))

    def _over_caps(self, session: Session, recipient_key: str) -> tuple[str, ...]:
        sent = store.count_sent(session, recipient_key, outbox.now())
        return cap_objections(self.caps, to_address=sent.to_address, in_all=sent.in_all)

    def _hold_back(self, session: Session, row: MessageRow, refusals: tuple[str, ...]) -> None:
        reason = ",".join(refusals)
        row.content = None
        store.settle_row(session, row, MessageFate.HELD_BACK, reason, row.created_at)
        SETTLED.labels(row.kind, MessageFate.HELD_BACK).inc()
        log.info("message_held_back", kind=row.kind, reason=reason, recipient=row.recipient)

    def _row(self, event: MailRegistered, mail: Mail | None, content: str | None) -> MessageRow:
        now = outbox.now()
        token = secrets.token_hex(TOKEN_BYTES)
        sender = self.house.sender_for(event.correspondence.mailbox)
        recipient = event.correspondence.return_path
        if not may_be_addressed(recipient):
            recipient = one_line(recipient)
        return MessageRow(
            kind=KIND,
            mail_id=event.mail_id,
            message_id=self.house.message_id(KIND, event.mail_id),
            token=token,
            envelope_sender=self.house.envelope_sender(sender, token),
            recipient=recipient,
            recipient_key=address_key(recipient),
            subject=mail.subject if mail else "",
            content=content,
            state=MessageState.QUEUED,
            received_at=event.received_at,
            created_at=now,
            next_try_at=now,
        )

    # --- send ----------------------------------------------------------------------------------

    def envelope(self, row: MessageRow) -> Envelope:
        """What SMTP needs of a queued mail; `Permanent` if its bytes are lost."""
        assert row.content is not None, "a queued mail has its bytes"
        data = self.archive.get(row.content, Area.DERIVED)
        return Envelope(row.envelope_sender, row.recipient, data)

    def take(self, sender: str) -> MessageRow | None:
        """Take the next mail that is due."""
        with self.database.write() as session:
            row = store.take(session, sender, now=outbox.now(), lease=self.lease)
        failpoint("notifier.taken")
        return row

    def conclude(self, taken: MessageRow, sender: str, outcome: Outcome) -> None:
        """Write down what the relay said, and what follows from it."""
        assert taken.number is not None
        with self.database.write() as session:
            row = store.in_hand(session, taken.number, sender)
            if row is None:
                log.warning("message_was_taken_over", message_id=taken.message_id)
                return
            self._conclude(session, row, outcome)

    def _conclude(self, session: Session, row: MessageRow, outcome: Outcome) -> None:
        now = outbox.now()
        match outcome:
            case Accepted():
                self._settle(session, row, MessageFate.SENT, "")
            case Refused(reply):
                row.last_error = reply
                self._settle(session, row, MessageFate.FAILED, reply)
            case Deferred(reply) if now - row.created_at > GIVE_UP_AFTER:
                row.last_error = reply
                self._settle(session, row, MessageFate.FAILED, EXPIRED)
            case Deferred(reply):
                delay = self.deferred_delays[min(row.attempts, len(self.deferred_delays) - 1)]
                DEFERRED.inc()
                log.warning("message_deferred", reply=reply, delay_s=delay.total_seconds())
                store.put_back(session, row, at=now + delay, error=reply, deferred=True)
            case Unreachable(reason):
                # Not first in the queue again: it may be this mail that the relay dies of.
                store.put_back(session, row, at=now + self.deferred_delays[0], error=reason)
            case Unconfirmed(reason):
                again = store.doubt(
                    session, row, at=now + self.deferred_delays[0], now=now, error=reason
                )
                log.warning("message_unconfirmed", reason=reason, sent_again=again)
                if not again:
                    SETTLED.labels(row.kind, MessageFate.FAILED).inc()
            case _:
                assert_never(outcome)

    def _settle(self, session: Session, row: MessageRow, fate: MessageFate, reason: str) -> None:
        now = outbox.now()
        store.settle_row(session, row, fate, reason, now)
        SETTLED.labels(row.kind, fate).inc()
        if fate is MessageFate.SENT:
            SECONDS.observe((now - row.received_at).total_seconds())
            log.info("message_sent", kind=row.kind, message_id=row.message_id)
        else:
            log.error("message_failed", kind=row.kind, reason=reason, error=row.last_error)

    # --- return --------------------------------------------------------------------------------

    def came_back(self, event: DeliveryFailed) -> bool:
        """Mark a sent mail as failed; False if the bounce is not of one of ours.

        The token is what tells: whoever forges a bounce does not know it.
        """
        with self.database.write() as session:
            if not outbox.claim(session, event.event_id, UNDELIVERED.name):
                return False
            row = store.sent_with_token(session, event.token.lower())
            if row is None:
                log.info("bounce_of_no_mail_of_ours", token=one_line(event.token))
                return False
            row.last_error = one_line(f"{event.status} {event.diagnostic}", limit=500)
            reason = f"{CAME_BACK} {one_line(event.status, limit=40)}".strip()
            self._settle(session, row, MessageFate.FAILED, reason)
        return True
