"""What became of our outgoing mails: sent, held back, failed, or come back. No answer changes.

A document that was to be sent in again comes before a person if its sender could not be told.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from sqlmodel import Session, select

from services.registry.answers import plain
from services.registry.domain.contact import ADDRESS_MAX
from services.registry.eventlog import MACHINE, note
from services.registry.mailings.settled import letter_settled
from services.registry.tables import (
    Bounce,
    BounceState,
    Document,
    Message,
    ReviewItem,
    ReviewState,
)
from shared.consumers import BOUNCE, SETTLE
from shared.database import Database
from shared.events import (
    WITHDRAWN,
    DeliveryFailed,
    Fate,
    MessageFate,
    MessageSettled,
    Reason,
)
from shared.failpoint import failpoint
from shared.outbox import claim
from shared.telemetry import about_mail

DIAGNOSTIC_MAX: Final = 4000

log = structlog.get_logger()


class Settler:
    """Keeps the register's view of what was sent."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def on_message_settled(self, event: MessageSettled) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id or ""):
            await asyncio.to_thread(self.settle, event)

    async def on_delivery_failed(self, event: DeliveryFailed) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.bounce, event)

    def settle(self, event: MessageSettled) -> None:
        """Note what became of a message; what happened last counts, not what was told last."""
        with self._database.write() as session:
            if not claim(session, event.event_id, SETTLE.name):
                return
            self._settle(session, event)
            failpoint("registry.settle.saved")

    def _settle(self, session: Session, event: MessageSettled) -> None:
        known = session.get(Message, event.message_id)
        if known is not None and known.settled_at > event.settled_at:
            return
        session.merge(
            Message(
                message_id=plain(event.message_id),
                mail_id=event.mail_id,
                kind=event.kind,
                recipient=plain(event.recipient)[:ADDRESS_MAX],
                fate=event.fate,
                reason=plain(event.reason),
                content=event.content,
                settled_at=event.settled_at,
                document_id=event.document_id,
                letter_id=str(event.letter_id) if event.letter_id else None,
                mailing_id=str(event.mailing_id) if event.mailing_id else None,
            )
        )
        if event.mailing_id is None:
            self._log(session, event, known)
        letter_settled(session, event)
        if (
            event.mail_id is not None
            and event.letter_id is None
            and event.fate is not MessageFate.SENT
            and event.reason != WITHDRAWN
        ):
            self._queue_what_was_returned(session, event.mail_id, event.document_id)

    def _log(self, session: Session, event: MessageSettled, known: Message | None) -> None:
        note(
            session,
            at=self._now(),
            who=MACHINE,
            what=f"message.{event.fate}",
            mail_id=event.mail_id,
            document_id=event.document_id if event.letter_id else None,
            before={"fate": known.fate.value} if known else None,
            after={"message_id": event.message_id, "kind": event.kind, "reason": event.reason},
        )

    def _queue_what_was_returned(
        self, session: Session, mail_id: str, document_id: str | None
    ) -> None:
        """A document is returned only if its sender learns of it; else a person must see to it."""
        query = select(Document).where(Document.mail_id == mail_id, Document.fate == Fate.RETURNED)
        if document_id is not None:
            query = query.where(Document.document_id == document_id)
        returned = session.exec(query).all()
        for document in returned:
            document.fate = Fate.REVIEW
            document.reasons = [*document.reasons, Reason.SENDER_NOT_TOLD.value]
            document.handled_at = None
            session.add(document)
            self._open_matter(session, document)
            note(
                session,
                at=self._now(),
                who=MACHINE,
                what=f"document.{Fate.REVIEW}",
                mail_id=mail_id,
                document_id=document.document_id,
                case_id=document.case_id,
                before={"fate": Fate.RETURNED.value},
                after={"fate": Fate.REVIEW.value, "reasons": document.reasons},
            )

    def _open_matter(self, session: Session, document: Document) -> None:
        """Put the document into the queue, or back into it, if a registrar had returned it."""
        item = session.exec(
            select(ReviewItem).where(ReviewItem.document_id == document.document_id)
        ).one_or_none()
        if item is None:
            item = ReviewItem(
                mail_id=document.mail_id,
                document_id=document.document_id,
                reasons=document.reasons,
                state=ReviewState.OPEN,
                created_at=self._now(),
            )
        else:
            item.reasons, item.state = document.reasons, ReviewState.OPEN
            item.resolved_at, item.resolved_by = None, ""
            item.claimed_by, item.claimed_at = None, None
            item.revision += 1
        session.add(item)

    def bounce(self, event: DeliveryFailed) -> None:
        """Make a task of an address that a mail came back from; a bounce told twice is one task."""
        with self._database.write() as session:
            if not claim(session, event.event_id, BOUNCE.name):
                return
            recipient = plain(event.recipient)[:ADDRESS_MAX]
            if session.get(Bounce, (event.mail_id, recipient)) is not None:
                return
            session.add(
                Bounce(
                    mail_id=event.mail_id,
                    recipient=recipient,
                    token=plain(event.token),
                    status=plain(event.status),
                    diagnostic=plain(event.diagnostic)[:DIAGNOSTIC_MAX],
                    state=BounceState.OPEN,
                    came_at=event.occurred_at,
                )
            )
            note(
                session,
                at=self._now(),
                who=MACHINE,
                what="delivery.failed",
                mail_id=event.mail_id,
                after={"status": event.status},
            )
            failpoint("registry.bounce.saved")
