"""What the registry orders: a letter is queued, a mailing is paced, paused, resumed or stopped.

order:   event → gate → queue, in the transaction of the inbox claim
steer:   event → the mailing's row, in the same; of a stopped one, all that waits is held back

One letter for each identifier; `ordered.py` composes it when it leaves.
"""

import secrets
from datetime import datetime
from typing import Final

import structlog
from sqlmodel import Session

from services.notifier import mailings, store
from services.notifier.addresses import deliverable, domain_of
from services.notifier.compose import TOKEN_BYTES, House
from services.notifier.counting import count_sent, lock_counting
from services.notifier.gate import Question, address_key
from services.notifier.letter_gate import (
    LetterQuestion,
    letter_cap_objections,
    letter_objections,
)
from services.notifier.notify import Notifier
from services.notifier.tables import MessageRow, MessageState, OrderRow, Priority
from shared import outbox
from shared.consumers import ORDERED, STEERED
from shared.events import (
    MAILING_STOPPED,
    WITHDRAWN,
    LetterKind,
    LetterOrdered,
    MailingState,
    MailingSteered,
)
from shared.failpoint import failpoint
from shared.letters.plain import one_line

HELD_BACK_AT_ONCE: Final = 200
log = structlog.get_logger()


def order_letter(office: Notifier, event: LetterOrdered) -> MessageState | None:
    """Queue a letter, or log why it may not leave; None if that is done already."""
    refusals = letter_objections(_question(event, office.house))
    with office.database.write() as session:
        if not outbox.claim(session, event.event_id, ORDERED.name):
            return None
        store.lock_decision(session, event.letter_id.hex)
        if store.is_ordered(session, event.letter_id):
            log.info("already_ordered", letter_id=event.letter_id.hex)
            return None
        now = outbox.now()
        row = _row(event, office.house, now)
        if event.mailing_id is not None:
            mailing = mailings.known(session, event.mailing_id, now)
            if mailing.state == MailingState.STOPPED:
                refusals = (MAILING_STOPPED,)
        if store.is_withdrawn(session, row.about):
            refusals = (WITHDRAWN,)
        refusals = refusals or _over_caps(office, session, row, now)
        if refusals:
            office.hold_back(session, row, ",".join(refusals))
        else:
            session.add(row)
            session.add(OrderRow(letter_id=event.letter_id, body=event.model_dump_json()))
            log.info("letter_queued", kind=row.kind, message_id=row.message_id)
    failpoint("notifier.ordered")
    return MessageState(row.state)


def steer_mailing(office: Notifier, event: MailingSteered) -> bool:
    """Do with a mailing as told; False if that is done already, or no longer what is wanted."""
    with office.database.write() as session:
        if not outbox.claim(session, event.event_id, STEERED.name):
            return False
        done = mailings.steer(session, event)
    log.info("mailing_steered", mailing_id=event.mailing_id.hex, state=event.state, newest=done)
    failpoint("notifier.steered")
    hold_back_stopped(office)
    return done


def hold_back_stopped(office: Notifier) -> int:
    """Hold back what waits of stopped mailings, a few in each transaction; how many there were."""
    held = 0
    while True:
        with office.database.write() as session:
            rows = mailings.waiting_of_stopped(session, HELD_BACK_AT_ONCE)
            for row in rows:
                office.keep_from_leaving(session, row, MAILING_STOPPED)
        held += len(rows)
        if len(rows) < HELD_BACK_AT_ONCE:
            return held


def _question(event: LetterOrdered, house: House) -> LetterQuestion:
    answers = event.answers
    return LetterQuestion(
        recipient=deliverable(event.recipient),
        own_addresses=house.own_addresses,
        answered=Question(
            answers.correspondence, answers.disposition, house.own_addresses, answers.mail_reasons
        )
        if answers
        else None,
        can_unsubscribe=event.kind is not LetterKind.NEWSLETTER
        or house.can_unsubscribe(event.unsubscribe),
    )


def _over_caps(
    office: Notifier, session: Session, row: MessageRow, now: datetime
) -> tuple[str, ...]:
    lock_counting(session)
    sent = count_sent(session, row.recipient_key, now, letters=True)
    return letter_cap_objections(office.caps, to_address=sent.to_address, letters=sent.in_all)


def _row(event: LetterOrdered, house: House, now: datetime) -> MessageRow:
    due = max(now, event.send_after or now)
    token = secrets.token_hex(TOKEN_BYTES)
    recipient = deliverable(event.recipient) or one_line(event.recipient)
    sender = house.sender_for(event.mailbox or house.address)
    return MessageRow(
        kind=event.kind,
        mail_id=event.answers.mail_id if event.answers else None,
        about=event.letter_id.hex,
        document_id=event.document_id,
        letter_id=event.letter_id,
        mailing_id=event.mailing_id,
        priority=_priority(event),
        message_id=house.message_id(event.kind, event.letter_id.hex),
        token=token,
        envelope_sender=house.envelope_sender(sender, token),
        recipient=recipient,
        recipient_key=address_key(recipient),
        domain=domain_of(recipient),
        subject=one_line(event.subject_line, limit=250),
        state=MessageState.QUEUED,
        received_at=event.occurred_at,
        created_at=now,
        due_at=due,
        next_try_at=due,
    )


def _priority(event: LetterOrdered) -> Priority:
    if event.mailing_id is not None:
        return Priority.MAILING
    return Priority.ANSWER if event.answers is not None else Priority.LETTER
