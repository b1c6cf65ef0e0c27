"""Mails that answer ours: kept beside what they answer, and tasks where an address must change.

Whoever knows a mail of ours can claim to answer it. So no reply changes anything by itself: staff
give a contact another address, or find that nothing needs to be done. No answer ever changes.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import func
from sqlmodel import Session, col, select

from services.registry.answers import plain
from services.registry.contact_letters import Confirming
from services.registry.contacts import ChangeRefused, Unchanged, write_changes
from services.registry.domain.contact import ADDRESS_MAX, ContactFault, Named
from services.registry.domain.reply import TASKS
from services.registry.eventlog import MACHINE, note
from services.registry.tables import ContactPerson, Reply, ReplyState, ReplyTo
from shared.consumers import REPLIED
from shared.database import Database
from shared.events import ReplyKind, ReplyReceived
from shared.failpoint import failpoint
from shared.outbox import claim
from shared.telemetry import about_mail

MOST_ANSWERED: Final = 40
MESSAGE_ID_MAX: Final = 400

log = structlog.get_logger()


class NoSuchReply(Exception):
    """There is no such task."""


class AlreadyHandled(Exception):
    """Somebody else was first."""


class ReplyKeeper:
    """Keeps what intake tells of replies."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def on_reply_received(self, event: ReplyReceived) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.keep, event)

    def keep(self, event: ReplyReceived) -> None:
        """Keep a reply, and make a task of it if it says that an address must be seen to."""
        with self._database.write() as session:
            if not claim(session, event.event_id, REPLIED.name):
                return
            if session.get(Reply, event.mail_id) is not None:
                return
            reply = Reply(
                mail_id=event.mail_id,
                kind=event.kind,
                sender=plain(event.sender)[:ADDRESS_MAX].lower(),
                token=plain(event.token),
                suggested=[plain(one)[:ADDRESS_MAX] for one in event.suggested],
                received_at=event.received_at,
                state=ReplyState.NOTED,
            )
            if event.kind in TASKS and not _is_known(session, reply):
                reply.state = ReplyState.OPEN
            session.add(reply)
            session.flush()
            session.add_all(
                ReplyTo(mail_id=event.mail_id, message_id=plain(one)[:MESSAGE_ID_MAX])
                for one in dict.fromkeys(event.answers[-MOST_ANSWERED:])
            )
            note(
                session,
                at=self._now(),
                who=MACHINE,
                what=f"reply.{event.kind}",
                mail_id=event.mail_id,
                after={"state": reply.state.value, "suggested": reply.suggested},
            )
            failpoint("registry.reply.saved")
        log.info("reply_kept", kind=event.kind, state=reply.state)


def _is_known(session: Session, reply: Reply) -> bool:
    """Whether a task about the same address says as much, or the address was replaced already.

    An answering machine says the same to every letter.
    """
    earlier = session.exec(
        select(Reply).where(Reply.sender == reply.sender, Reply.kind == reply.kind)
    ).all()
    if any(
        one.state is ReplyState.OPEN and set(reply.suggested) <= set(one.suggested)
        for one in earlier
    ):
        return True
    return reply.kind is ReplyKind.LEFT and any(
        one.state is ReplyState.ACCEPTED for one in earlier
    ) and not _has_contact(session, reply.sender)  # fmt: skip


def _has_contact(session: Session, address: str) -> bool:
    found = session.exec(
        select(ContactPerson.id)
        .where(
            func.lower(ContactPerson.email) == address,
            col(ContactPerson.ended_at).is_(None),
        )
        .limit(1)
    )
    return found.first() is not None


def accept_suggestion(
    database: Database,
    mail_id: str,
    contacts: Mapping[int, int],
    named: Named,
    *,
    who: str,
    at: datetime,
    confirming: Confirming | None = None,
) -> Unchanged | None:
    """Let contacts be whom a reply says to write to instead, and be done with the task.

    `contacts` are their ids, each with the revision that was seen; all change, or none. Returns
    what forbids it, or None when it is done. Raises NoSuchReply, AlreadyHandled, NoSuchContact.
    """
    if not named.email:
        return Unchanged((ContactFault.BAD_ADDRESS,))
    try:
        with database.write() as session:
            task = _open_task(session, mail_id)
            write_changes(session, contacts, lambda _: named, who=who, at=at, confirming=confirming)
            for one in _open_tasks_of(session, task):
                _resolve(session, one, ReplyState.ACCEPTED, who=who, at=at, address=named.email)
    except ChangeRefused as refused:
        return refused.why
    return None


def dismiss(database: Database, mail_id: str, *, who: str, at: datetime) -> None:
    """Be done with a task; nothing else changes. Raises NoSuchReply and AlreadyHandled."""
    with database.write() as session:
        _resolve(session, _open_task(session, mail_id), ReplyState.DISMISSED, who=who, at=at)


def _open_task(session: Session, mail_id: str) -> Reply:
    task = session.get(Reply, mail_id, with_for_update=True)
    if task is None or task.state is ReplyState.NOTED:
        raise NoSuchReply
    if task.state is not ReplyState.OPEN:
        raise AlreadyHandled
    return task


def _open_tasks_of(session: Session, task: Reply) -> list[Reply]:
    """The task, and all others that the same sender has made."""
    return list(
        session.exec(
            select(Reply)
            .where(
                col(Reply.state) == ReplyState.OPEN,
                (col(Reply.mail_id) == task.mail_id)
                | ((col(Reply.sender) == task.sender) & (col(Reply.sender) != "")),
            )
            .order_by(col(Reply.mail_id))
        )
    )


def _resolve(
    session: Session, task: Reply, state: ReplyState, *, who: str, at: datetime, address: str = ""
) -> None:
    task.state, task.resolved_at, task.resolved_by = state, at, who
    session.add(task)
    note(
        session,
        at=at,
        who=who,
        what=f"reply.{state}",
        mail_id=task.mail_id,
        before={"sender": task.sender, "state": ReplyState.OPEN.value},
        after={"state": state.value} | ({"new_address": address} if address else {}),
    )
