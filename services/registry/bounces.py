"""Mails of ours that came back, as tasks: the contact's address is corrected, or a person is done.

A bounce never changes an answer. Nothing is deleted: a task that is done stays, with who and when.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.registry.contact_letters import Confirming
from services.registry.contacts import ChangeRefused, Unchanged, write_changes
from services.registry.domain.contact import ContactFault
from services.registry.eventlog import note
from services.registry.tables import Bounce, BounceState
from shared.database import Database


class NoSuchBounce(Exception):
    """No such mail came back from that address."""


class AlreadyHandled(Exception):
    """Somebody else was first."""


def handle_bounce(
    database: Database, mail_id: str, recipient: str, *, who: str, at: datetime
) -> None:
    """Mark a task as done. Raises NoSuchBounce and AlreadyHandled."""
    with database.write() as session:
        _resolve(session, _open_task(session, mail_id, recipient), "", who=who, at=at)


def correct_address(
    database: Database,
    mail_id: str,
    recipient: str,
    contacts: Mapping[int, int],
    address: str,
    *,
    who: str,
    at: datetime,
    confirming: Confirming | None = None,
) -> Unchanged | None:
    """Give contacts another address, and be done with every task about the one they had.

    `contacts` are their ids, each with the revision that was seen. Nothing is told to the address
    that mails come back from. Returns what forbids it, or
    None when it is done. Raises NoSuchBounce, AlreadyHandled and NoSuchContact.
    """
    if not address:
        return Unchanged((ContactFault.BAD_ADDRESS,))
    try:
        with database.write() as session:
            _open_task(session, mail_id, recipient)
            write_changes(
                session,
                contacts,
                lambda named: replace(named, email=address),
                who=who,
                at=at,
                confirming=confirming,
                tell_former=False,
            )
            for task in _open_tasks_about(session, recipient):
                _resolve(session, task, address, who=who, at=at)
    except ChangeRefused as refused:
        return refused.why
    return None


def _open_task(session: Session, mail_id: str, recipient: str) -> Bounce:
    task = session.get(Bounce, (mail_id, recipient), with_for_update=True)
    if task is None:
        raise NoSuchBounce
    if task.state is not BounceState.OPEN:
        raise AlreadyHandled
    return task


def _open_tasks_about(session: Session, recipient: str) -> list[Bounce]:
    return list(
        session.exec(
            select(Bounce).where(
                col(Bounce.state) == BounceState.OPEN,
                func.lower(Bounce.recipient) == recipient.lower(),
            )
        )
    )


def _resolve(session: Session, task: Bounce, address: str, *, who: str, at: datetime) -> None:
    task.state, task.resolved_at, task.resolved_by = BounceState.RESOLVED, at, who
    note(
        session,
        at=at,
        who=who,
        what="bounce.handled",
        mail_id=task.mail_id,
        before={"recipient": task.recipient, "state": BounceState.OPEN.value},
        after={"recipient": task.recipient, "state": BounceState.RESOLVED.value}
        | ({"new_address": address} if address else {}),
    )
