"""The notifier's flow: an event becomes a mail, the gate lets it pass or not, the relay gets it.

answer:    event → gate → compose → archive the bytes → queue, in the transaction of the inbox claim
withdraw:  a decision taken back → its mail, if it still waits, is held back; it is never told again
order:     a letter or a mailing of the registry's, see order.py
send:      take from the queue → relay → settle, in the transaction of the event that tells of it
return:    a bounce → the mail that its token names → failed after all, and the registry is told

A mail gets one receipt, and one mail for each decision about it: (mail_id, kind, decision) is
unique in the database, and the Message-ID follows from them. What the relay said decides what
happens next; what it did not get to say is a doubt, and a mail in doubt is handed over once more
and not again.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never
from uuid import UUID

import structlog
from sqlmodel import Session

from services.notifier import store
from services.notifier.addresses import domain_of
from services.notifier.compose import TOKEN_BYTES, House, Mail
from services.notifier.counting import count_sent, lock_counting
from services.notifier.drafts import Draft, draft_decision, draft_receipt
from services.notifier.gate import (
    Caps,
    address_key,
    cap_objections,
    may_be_addressed,
    objections,
)
from services.notifier.mailings import Pace
from services.notifier.ordered import compose_order
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
from services.notifier.wordings import tell_refused, wordings_now
from shared import outbox
from shared.archive import Archive, Area
from shared.consumers import RECEIPT, RESOLVED, UNDELIVERED, UNDONE, Consumer
from shared.database import Database
from shared.events import (
    WITHDRAWN,
    DeliveryFailed,
    DocumentResolved,
    MailRegistered,
    MessageFate,
    ResolutionUndone,
)
from shared.failpoint import failpoint
from shared.letters.plain import one_line
from shared.letters.receipt import KIND
from shared.letters.wordings import Wordings
from shared.telemetry import Metrics

CAME_BACK: Final = "came_back"
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
    pace: Pace
    deferred_delays: tuple[timedelta, ...] = DEFERRED_DELAYS
    signed: Callable[[bytes], bytes] = bytes
    """Puts our signature on a mail; unless it is told how, as it is."""

    # --- answer --------------------------------------------------------------------------------

    def answer(self, event: MailRegistered) -> MessageState | None:
        """Queue the receipt for a mail, or log why there is none; None if that is done already."""
        return self._queue(
            draft_receipt(event, self.house, self._wordings()), event.event_id, RECEIPT
        )

    def tell(self, event: DocumentResolved) -> MessageState | None:
        """The same for what a person decided; None also if senders are told nothing of it."""
        draft = draft_decision(event, self.house, self._wordings())
        if draft is None:
            log.info("nothing_to_tell", fate=event.document.fate)
            return None
        return self._queue(draft, event.event_id, RESOLVED)

    def _wordings(self) -> Wordings:
        with self.database.read() as session:
            return wordings_now(session)

    def _queue(self, draft: Draft, event_id: UUID, consumer: Consumer) -> MessageState | None:
        refusals = objections(draft.question) or self._over_caps_already(draft)
        mail = None if refusals else draft.compose()
        content = self.archive.put(self.signed(mail.data), Area.DERIVED) if mail else None
        with self.database.write() as session:
            if not outbox.claim(session, event_id, consumer.name):
                return None
            if draft.about:
                store.lock_decision(session, draft.about)
            if store.is_answered(session, draft.mail_id, draft.kind, draft.about):
                log.info("already_answered", kind=draft.kind)
                return None
            tell_refused(session, draft.wordings, outbox.now())
            row = self._row(draft, mail, content)
            if store.is_withdrawn(session, draft.about):
                refusals = (WITHDRAWN,)
            if not refusals:
                lock_counting(session)
                refusals = self._over_caps(session, row.recipient_key)
            if refusals:
                self.hold_back(session, row, ",".join(refusals))
            else:
                session.add(row)
                log.info("message_queued", kind=row.kind, message_id=row.message_id)
        failpoint("notifier.queued")
        return MessageState(row.state)

    def _over_caps_already(self, draft: Draft) -> tuple[str, ...]:
        """A first look, so that a flood costs no composing; the one that binds comes later."""
        with self.database.read() as session:
            return self._over_caps(session, address_key(draft.recipient))

    def _over_caps(self, session: Session, recipient_key: str) -> tuple[str, ...]:
        sent = count_sent(session, recipient_key, outbox.now())
        return cap_objections(self.caps, to_address=sent.to_address, in_all=sent.in_all)

    def hold_back(self, session: Session, row: MessageRow, reason: str) -> None:
        """Settle a mail that never left, and never will."""
        store.hold_back(session, row, reason, outbox.now())
        SETTLED.labels(row.kind, MessageFate.HELD_BACK).inc()
        log.info("message_held_back", kind=row.kind, reason=reason, recipient=row.recipient)

    def keep_from_leaving(self, session: Session, row: MessageRow, reason: str) -> None:
        """Settle a mail that waits, as what it is: never left, or perhaps."""
        store.keep_from_leaving(session, row, reason, outbox.now())
        SETTLED.labels(row.kind, row.state).inc()

    def _row(self, draft: Draft, mail: Mail | None, content: str | None) -> MessageRow:
        now = outbox.now()
        due = max(now, draft.not_before or now)
        token = secrets.token_hex(TOKEN_BYTES)
        sender = self.house.sender_for(draft.question.correspondence.mailbox)
        recipient = draft.recipient
        if not may_be_addressed(recipient):
            recipient = one_line(recipient)
        return MessageRow(
            kind=draft.kind,
            mail_id=draft.mail_id,
            about=draft.about,
            document_id=draft.document_id,
            message_id=draft.message_id,
            token=token,
            envelope_sender=self.house.envelope_sender(sender, token),
            recipient=recipient,
            recipient_key=address_key(recipient),
            domain=domain_of(recipient),
            subject=mail.subject if mail else "",
            content=content,
            state=MessageState.QUEUED,
            received_at=draft.received_at,
            created_at=now,
            due_at=due,
            next_try_at=due,
        )

    # --- withdraw ------------------------------------------------------------------------------

    def withdraw(self, event: ResolutionUndone) -> bool:
        """Let no mail about a decision leave any more; False if none was kept from leaving.

        One that a sender has in hand counts as left, unless the relay does not take it now.
        """
        about = event.resolution.hex
        with self.database.write() as session:
            if not outbox.claim(session, event.event_id, UNDONE.name):
                return False
            store.lock_decision(session, about)
            row = store.withdraw(session, event.mail_id, about, outbox.now())
            if row is None:
                log.info("decision_withdrawn_without_mail", about=about)
                return False
            SETTLED.labels(row.kind, row.state).inc()
            log.info("message_withdrawn", message_id=row.message_id, state=row.state)
        failpoint("notifier.withdrawn")
        return True

    # --- send ----------------------------------------------------------------------------------

    def envelope(self, row: MessageRow) -> Envelope:
        """What SMTP needs of a queued mail; `Permanent` if its bytes, or a file's, are lost."""
        if row.content is None:
            data = compose_order(self, row)
        else:
            data = self.archive.get(row.content, Area.DERIVED)
        return Envelope(row.envelope_sender, row.recipient, data)

    def take(self, sender: str) -> MessageRow | None:
        """Take the next mail that is due."""
        with self.database.write() as session:
            row = store.take(session, sender, now=outbox.now(), lease=self.lease, pace=self.pace)
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
            case Deferred() | Unreachable() if store.is_withdrawn(session, row.about):
                self.hold_back(session, row, WITHDRAWN)
            case Deferred(reply) if now - row.due_at > GIVE_UP_AFTER:
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
            if row.kind == KIND:
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
