"""A mailing's way from draft to the last letter: submitted, approved, sent, paused, stopped.

What is submitted stands still: its recipients are rows, and whoever approves sees the very letters
that leave. Each step is one transaction with its line in the händelselogg, and with what the
notifier is told; a step from a stage where it does not belong changes nothing.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlmodel import Session, col, delete, update

from services.registry.domain.mailing import Fault, may_approve, needs_approval
from services.registry.domain.recipients import Recipient
from services.registry.mailings.draft import locked, log
from services.registry.mailings.listing import faults_of, listing
from services.registry.tables import (
    Mailing,
    MailingRecipient,
    MailingStage,
    RecipientState,
)
from shared.database import Database
from shared.events import MAILING_STOPPED, LetterKind, MailingState, MailingSteered
from shared.outbox import emit

TOKEN_BYTES: Final = 24
_STATES: Final = {
    MailingStage.RUNNING: MailingState.RUNNING,
    MailingStage.PAUSED: MailingState.PAUSED,
    MailingStage.STOPPED: MailingState.STOPPED,
}


def submit(
    database: Database,
    mailing_id: str,
    seen: int,
    mark: str,
    *,
    who: str,
    at: datetime,
    above: int,
) -> list[Fault]:
    """Let a draft stand as it was seen, for approval, or, if it is small, ready to be sent.

    `mark` is of the recipients that were shown. Returns what forbids it. Raises NoSuchMailing.
    """
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.DRAFT}, seen)
        if faults:
            return faults
        listed = listing(session, mailing)
        if listed.mark != mark:
            return [Fault("recipients_changed")]
        faults = faults_of(session, mailing, listed, max(at, mailing.send_at or at))
        if faults:
            return faults
        rows = [row_of(mailing, number, one) for number, one in enumerate(listed.recipients, 1)]
        # Ten thousand at once: others write to the register, too.
        session.connection().execute(insert(MailingRecipient), [row.model_dump() for row in rows])
        large = needs_approval(len(listed.letters), above)
        mailing.stage = MailingStage.AWAITING_APPROVAL if large else MailingStage.APPROVED
        mailing.submitted_by, mailing.submitted_at = who, at
        _step(
            session,
            mailing,
            "mailing.submitted",
            who=who,
            at=at,
            letters=len(listed.letters),
            left_out=len(listed.left_out),
        )
    return []


def approve(
    database: Database, mailing_id: str, seen: int, *, who: str, at: datetime
) -> list[Fault]:
    """Say yes as a second person. Raises NoSuchMailing."""
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.AWAITING_APPROVAL}, seen)
        if not faults and not may_approve(who, mailing.written_by, mailing.submitted_by):
            faults = [Fault("own")]
        if faults:
            return faults
        mailing.stage = MailingStage.APPROVED
        mailing.approved_by, mailing.approved_at = who, at
        _step(session, mailing, "mailing.approved", who=who, at=at)
    return []


def reopen(
    database: Database, mailing_id: str, seen: int, *, who: str, at: datetime
) -> list[Fault]:
    """Make a draft of what has not been sent: its approval is gone. Raises NoSuchMailing."""
    stages = {MailingStage.AWAITING_APPROVAL, MailingStage.APPROVED, MailingStage.SCHEDULED}
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, stages, seen)
        if faults:
            return faults
        session.exec(delete(MailingRecipient).where(col(MailingRecipient.mailing_id) == mailing.id))
        mailing.stage = MailingStage.DRAFT
        mailing.submitted_by, mailing.submitted_at = "", None
        mailing.approved_by, mailing.approved_at = "", None
        _step(session, mailing, "mailing.reopened", who=who, at=at)
    return []


def send(database: Database, mailing_id: str, seen: int, *, who: str, at: datetime) -> list[Fault]:
    """Let it leave, at once or when its time comes. Raises NoSuchMailing."""
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.APPROVED}, seen)
        if faults:
            return faults
        if mailing.send_at is not None and mailing.send_at > at:
            mailing.stage = MailingStage.SCHEDULED
            _step(
                session,
                mailing,
                "mailing.scheduled",
                who=who,
                at=at,
                send_at=mailing.send_at.isoformat(),
            )
        else:
            set_running(session, mailing, "mailing.sent", who=who, at=at)
    return []


def set_running(session: Session, mailing: Mailing, what: str, *, who: str, at: datetime) -> None:
    """Let a mailing's letters be ordered from now on, and leave at its pace."""
    mailing.stage = MailingStage.RUNNING
    mailing.begun_at = mailing.begun_at or at
    _step(session, mailing, what, who=who, at=at)
    steer(session, mailing, at)


def pause(database: Database, mailing_id: str, *, who: str, at: datetime) -> list[Fault]:
    """Let nothing more leave until it is resumed. Raises NoSuchMailing."""
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.RUNNING})
        if faults:
            return faults
        mailing.stage = MailingStage.PAUSED
        _step(session, mailing, "mailing.paused", who=who, at=at)
        steer(session, mailing, at)
    return []


def resume(database: Database, mailing_id: str, *, who: str, at: datetime) -> list[Fault]:
    """Let it go on. Raises NoSuchMailing."""
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.PAUSED})
        if not faults:
            set_running(session, mailing, "mailing.resumed", who=who, at=at)
        return faults


def stop(database: Database, mailing_id: str, *, who: str, at: datetime) -> list[Fault]:
    """End it for good: what has not left never does. Raises NoSuchMailing."""
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {MailingStage.RUNNING, MailingStage.PAUSED})
        if faults:
            return faults
        session.exec(
            update(MailingRecipient)
            .where(
                col(MailingRecipient.mailing_id) == mailing.id,
                col(MailingRecipient.state) == RecipientState.WAITING,
            )
            .values(state=RecipientState.HELD_BACK, reason=MAILING_STOPPED, settled_at=at)
        )
        mailing.stage, mailing.ended_at = MailingStage.STOPPED, at
        _step(session, mailing, "mailing.stopped", who=who, at=at)
        steer(session, mailing, at)
    return []


def set_pace(
    database: Database,
    mailing_id: str,
    *,
    send_at: datetime | None,
    per_minute: float | None,
    per_domain: float | None,
    who: str,
    at: datetime,
) -> list[Fault]:
    """Say when it leaves and how fast; of what has begun to leave, only how fast.

    Raises NoSuchMailing.
    """
    begun = {MailingStage.RUNNING, MailingStage.PAUSED}
    with database.write() as session:
        mailing = locked(session, mailing_id)
        faults = _against(mailing, {*begun, MailingStage.DRAFT})
        if faults:
            return faults
        mailing.per_minute, mailing.per_minute_per_domain = per_minute, per_domain
        if mailing.stage is MailingStage.DRAFT:
            mailing.send_at = send_at
        _step(
            session,
            mailing,
            "mailing.paced",
            who=who,
            at=at,
            send_at=mailing.send_at.isoformat() if mailing.send_at else "",
            per_minute=per_minute,
            per_minute_per_domain=per_domain,
        )
        if mailing.stage in begun:
            steer(session, mailing, at)
    return []


def steer(session: Session, mailing: Mailing, at: datetime) -> None:
    """Tell the notifier how the mailing is to go from now on."""
    emit(
        session,
        MailingSteered(
            occurred_at=at,
            mailing_id=UUID(mailing.id),
            state=_STATES[mailing.stage],
            per_minute=mailing.per_minute,
            per_minute_per_domain=mailing.per_minute_per_domain,
        ),
    )


def letter_id_of(mailing_id: str, one: Recipient) -> UUID:
    """The same letter for the same recipient, however often it is ordered."""
    return uuid5(UUID(mailing_id), f"{one.municipality}|{one.address.lower()}")


def row_of(mailing: Mailing, number: int, one: Recipient) -> MailingRecipient:
    """The row of a recipient, with a letter of its own unless it is left out."""
    newsletter = mailing.kind is LetterKind.NEWSLETTER and one.left_out is None
    return MailingRecipient(
        mailing_id=mailing.id,
        number=number,
        letter_id=None if one.left_out else str(letter_id_of(mailing.id, one)),
        state=RecipientState.LEFT_OUT if one.left_out else RecipientState.WAITING,
        reason=one.left_out.value if one.left_out else "",
        address=one.address,
        name=one.name,
        municipality=one.municipality,
        contact_id=one.contact_id,
        initiatives=list(one.initiatives),
        unsubscribe=secrets.token_urlsafe(TOKEN_BYTES) if newsletter else "",
    )


def _against(
    mailing: Mailing, stages: Collection[MailingStage], seen: int | None = None
) -> list[Fault]:
    if mailing.stage not in stages:
        return [Fault("wrong_stage", said=mailing.stage.value)]
    return [Fault("stale")] if seen is not None and mailing.revision != seen else []


def _step(
    session: Session, mailing: Mailing, what: str, *, who: str, at: datetime, **more: object
) -> None:
    mailing.revision += 1
    session.add(mailing)
    log(session, mailing, what, who=who, at=at, **more)
