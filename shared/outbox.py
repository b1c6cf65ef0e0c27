"""An event commits with its row; the relay publishes it. A consumer remembers what it has done.

Outbox: the effect and its event are one transaction, so an event is never lost nor invented.
Inbox: the effect and the event's identifier are one transaction, so a repeat changes nothing,
however late it comes. Dead letters: what could not be handled, where staff see and retry it.

Published rows are kept: NATS never holds the only copy, and its streams can be rebuilt from here.
"""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, MetaData, Text, column, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select

from shared.database import UtcDateTime
from shared.events import Event


class BusTable(SQLModel, registry=registry()):
    """The tables that every service has; `add_bus_tables` puts them beside the service's own."""


class OutboxRow(BusTable, table=True):
    """One event of ours, published or waiting to be."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "number",
            sqlite_where=column("published_at").is_(None),
            postgresql_where=column("published_at").is_(None),
        ),
    )

    number: int | None = Field(default=None, primary_key=True)
    event_id: UUID = Field(index=True)
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    attempt: int = 0
    """Raised when a person retries, so that the stream's duplicate window does not swallow it."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InboxRow(BusTable, table=True):
    """One event that one consumer has handled."""

    __tablename__ = "inbox"

    event_id: UUID = Field(primary_key=True)
    consumer: str = Field(primary_key=True)
    handled_at: datetime = Field(sa_type=UtcDateTime)


class DeadLetterRow(BusTable, table=True):
    """One event that one consumer could not handle, after all its tries."""

    __tablename__ = "dead_letter"

    number: int | None = Field(default=None, primary_key=True)
    event_id: UUID = Field(index=True)
    consumer: str
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    mail_id: str | None = Field(default=None, index=True)
    code: str
    message: str = Field(sa_column=Column(Text, nullable=False))
    remedy: str
    tries: int
    died_at: datetime = Field(sa_type=UtcDateTime)
    retried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StreamRow(BusTable, table=True):
    """When the stream that we publish to was created; another moment means that it was wiped."""

    __tablename__ = "stream"

    name: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


def add_bus_tables(metadata: MetaData) -> None:
    """Copy the tables above into a service's metadata, for its migrations."""
    for table in BusTable.metadata.sorted_tables:
        table.to_metadata(metadata)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def emit(session: Session, event: Event) -> None:
    """Put an event in the outbox, in the transaction of its cause."""
    session.add(
        OutboxRow(
            event_id=event.event_id,
            subject=event.subject,
            body=event.model_dump_json(),
            created_at=now(),
        )
    )


def claim(session: Session, event_id: UUID, consumer: str) -> bool:
    """Remember, in the transaction of the effect, that this event is handled.

    Returns False if it was handled before: then there is nothing left to do. Of two that claim
    the same event at once, the second waits for the first's transaction and then gets False.
    """
    connection = session.connection()
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    result = connection.execute(
        insert(InboxRow)
        .values(event_id=event_id, consumer=consumer, handled_at=now())
        .on_conflict_do_nothing()
        .returning(col(InboxRow.event_id))
    )
    return result.first() is not None


def waiting(session: Session, limit: int) -> Sequence[OutboxRow]:
    """The oldest events that are not yet published."""
    return session.exec(
        select(OutboxRow)
        .where(col(OutboxRow.published_at).is_(None))
        .order_by(col(OutboxRow.number))
        .limit(limit)
    ).all()


def stream_birth(session: Session, name: str) -> datetime | None:
    """When the stream was created, as far as we have noted."""
    known = session.get(StreamRow, name)
    return known.created_at if known is not None else None


def mark_published(
    session: Session, numbers: Sequence[int], name: str, birth: datetime | None
) -> bool:
    """Note that these rows are acknowledged by the stream that was created at `birth`.

    If another has taken its place meanwhile, what the old one acknowledged is lost with it: then
    nothing is noted, the rows are published again, and False is returned.
    """
    current = session.exec(
        select(StreamRow).where(StreamRow.name == name).with_for_update()
    ).one_or_none()
    if (current.created_at if current is not None else None) != birth:
        return False
    session.connection().execute(
        update(OutboxRow).where(col(OutboxRow.number).in_(numbers)).values(published_at=now())
    )
    return True


def note_stream(session: Session, name: str, created_at: datetime) -> bool:
    """Compare the stream's birth with what we knew; if it was wiped, publish everything again.

    Returns True if the outbox was rewound. Consumers' inboxes swallow what they have had.
    """
    known = session.get(StreamRow, name)
    if known is not None and known.created_at == created_at:
        return False
    session.merge(StreamRow(name=name, created_at=created_at))
    session.flush()
    if known is None:
        return False
    session.connection().execute(update(OutboxRow).values(published_at=None))
    return True


def bury(
    session: Session,
    *,
    event_id: UUID,
    consumer: str,
    subject: str,
    body: str,
    mail_id: str | None,
    code: str,
    message: str,
    remedy: str,
    tries: int,
) -> None:
    """Keep an event that could not be handled, with the reason; once, however often it comes."""
    buried = session.exec(
        select(DeadLetterRow).where(
            DeadLetterRow.event_id == event_id,
            DeadLetterRow.consumer == consumer,
            col(DeadLetterRow.retried_at).is_(None),
        )
    ).first()
    if buried is not None:
        return
    session.add(
        DeadLetterRow(
            event_id=event_id,
            consumer=consumer,
            subject=subject,
            body=body,
            mail_id=mail_id,
            code=code,
            message=message[:4000],
            remedy=remedy,
            tries=tries,
            died_at=now(),
        )
    )


def dead_letters(session: Session) -> Sequence[DeadLetterRow]:
    """What is dead and not yet retried, oldest first."""
    return session.exec(
        select(DeadLetterRow)
        .where(col(DeadLetterRow.retried_at).is_(None))
        .order_by(col(DeadLetterRow.number))
    ).all()


def retry(session: Session, letter: DeadLetterRow) -> None:
    """Publish a dead letter once more: other consumers have it in their inbox and ignore it."""
    tries = session.exec(select(OutboxRow).where(OutboxRow.event_id == letter.event_id)).all()
    session.add(
        OutboxRow(
            event_id=letter.event_id,
            subject=letter.subject,
            body=letter.body,
            attempt=1 + max((row.attempt for row in tries), default=letter.number or 0),
            created_at=now(),
        )
    )
    letter.retried_at = now()
    session.add(letter)


def event_id_in(body: str, headers: dict[str, str]) -> UUID:
    """The identifier of an event whose body may be damaged; its message id is the fallback."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return UUID(json.loads(body)["event_id"])
    with contextlib.suppress(ValueError):
        return UUID(headers.get("Nats-Msg-Id", "").partition(":")[0])
    return uuid4()


def mail_id_in(body: str) -> str | None:
    """The mail that an event is about, if its body can be read and names one."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        value = json.loads(body).get("mail_id")
        return value if isinstance(value, str) else None
    return None
