"""Loads a round of initiatives, or one, and tells the other services about them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlmodel import Session, col, select

from services.registry.admin.round_file import read_round
from services.registry.domain.deadline import is_late
from services.registry.domain.initiative import (
    InitiativeEntry,
    RoundChangesOptions,
    RoundFile,
    wrong_round,
)
from services.registry.eventlog import note
from services.registry.store.answers import initiatives
from services.registry.tables import Answer, Document, Initiative
from shared.database import Database
from shared.errors import UsageError
from shared.events import InitiativeDefined
from shared.identifiers import digest_of
from shared.outbox import emit


@dataclass(frozen=True)
class Loaded:
    """What a loading did, initiative by initiative."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What loading would make of one initiative; `before` is None for a new one.

    Both are as the händelselogg tells them. A day that is moved judges anew who is late.
    """

    id: str
    before: dict[str, Any] | None
    after: dict[str, Any]
    becomes_late: int = 0
    """Documents that would be late, and are not; `no_longer_late` is the contrary."""
    no_longer_late: int = 0

    @property
    def unchanged(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True)
class Plan:
    """What loading a round would do, and the mark of what it was reckoned from."""

    changes: tuple[Change, ...]
    mark: str

    @property
    def does_nothing(self) -> bool:
        return all(change.unchanged for change in self.changes)


class RoundChanged(UsageError):
    """An initiative was changed by somebody else after the plan was shown."""

    code = "round_changed"
    remedy = "Look at it again; nothing was changed."


def load_round(
    database: Database, data: bytes, *, who: str, now: datetime, zone: ZoneInfo
) -> Loaded:
    """Define or change the initiatives of a round file (YAML, UTF-8): all of them or none.

    Every initiative is told to the other services again, changed or not. Raises WrongRound and
    RoundChangesOptions.
    """
    return _define(database, read_round(data), who=who, now=now, zone=zone)


def add(
    database: Database, entry: Mapping[str, Any], *, round: str, who: str, now: datetime,
    zone: ZoneInfo,
) -> Loaded:  # fmt: skip
    """Define or change one initiative; `entry` as in a round file. Raises like `load_round`.

    What `entry` leaves out of `options`, `signatories` and `start_when` stays as it was.
    """
    single = as_round(database, entry, round=round)
    return _define(database, single, who=who, now=now, zone=zone)


def as_round(database: Database, entry: Mapping[str, Any], *, round: str) -> RoundFile:
    """Return a round of this one initiative, with what `entry` leaves out as it is kept.

    Raises WrongRound.
    """
    try:
        one = _kept(database, InitiativeEntry.model_validate(dict(entry)))
        return RoundFile(round=round, initiatives=(one,))
    except ValidationError as error:
        raise wrong_round(error) from error


def foresee(database: Database, round_file: RoundFile, zone: ZoneInfo) -> Plan:
    """Return what loading it would do; nothing is changed. Raises RoundChangesOptions."""
    changes = []
    with database.read() as session:
        for entry in round_file.initiatives:
            known = session.get(Initiative, entry.id)
            if known is not None:
                _refuse_other_options(known, entry)
            after = _row(entry, round_file.round, datetime.now(UTC))
            late, in_time = _turned(session, after, zone) if known else (0, 0)
            changes.append(Change(entry.id, _told(known) if known else None, _told(after),
                                  late, in_time))  # fmt: skip
        return Plan(tuple(changes), _mark(session, round_file))


def carry_out(
    database: Database,
    round_file: RoundFile,
    seen: str,
    *,
    who: str,
    now: datetime,
    zone: ZoneInfo,
) -> Loaded:
    """Do what `foresee` showed with the mark `seen`.

    Raises RoundChanged if an initiative is no longer as it was then, and RoundChangesOptions.
    """
    return _define(database, round_file, who=who, now=now, zone=zone, seen=seen)


def list_all(database: Database) -> list[Initiative]:
    """All initiatives, by last answer day."""
    with database.read() as session:
        return list(initiatives(session))


def _define(
    database: Database,
    round_file: RoundFile,
    *,
    who: str,
    now: datetime,
    zone: ZoneInfo,
    seen: str | None = None,
) -> Loaded:
    new: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    with database.write() as session:
        if seen is not None and seen != _mark(session, round_file):
            raise RoundChanged("an initiative was changed meanwhile")
        for entry in round_file.initiatives:
            known = session.get(Initiative, entry.id)
            before = _told(known) if known else None
            after = _row(entry, round_file.round, known.defined_at if known else now)
            if before == _told(after):
                unchanged.append(entry.id)
            else:
                (changed if known else new).append(entry.id)
                if known:
                    _refuse_other_options(known, entry)
                session.merge(after)
                session.flush()
                if known:
                    _judge_lateness_again(session, after, zone)
                note(
                    session,
                    at=now,
                    who=who,
                    what="initiative.changed" if known else "initiative.defined",
                    before=before,
                    after=_told(after),
                )
            emit(session, _event(after, now))
    return Loaded(tuple(new), tuple(changed), tuple(unchanged))


def _kept(database: Database, entry: InitiativeEntry) -> InitiativeEntry:
    with database.read() as session:
        known = session.get(Initiative, entry.id)
        if known is None:
            return entry
        before = {
            "options": known.options,
            "signatories": known.signatories,
            "start_when": known.start_when or None,
        }
    return InitiativeEntry.model_validate(before | entry.model_dump(exclude_unset=True))


def _row(entry: InitiativeEntry, round: str, defined_at: datetime) -> Initiative:
    return Initiative(
        id=entry.id,
        name=entry.name,
        round=round,
        options=dict(entry.options),
        last_answer_day=entry.last_answer_day,
        signatories=entry.signatories,
        start_when={"yes_count": entry.start_when.yes_count} if entry.start_when else {},
        defined_at=defined_at,
    )


def _told(initiative: Initiative) -> dict[str, Any]:
    return {
        "id": initiative.id,
        "name": initiative.name,
        "round": initiative.round,
        # A list of pairs: another order of the same options must be seen as a change.
        "options": [list(option) for option in initiative.options.items()],
        "last_answer_day": initiative.last_answer_day.isoformat(),
        "signatories": initiative.signatories,
        "start_when": initiative.start_when,
    }


def _refuse_other_options(known: Initiative, entry: InitiativeEntry) -> None:
    before, after = list(known.options), list(entry.options)
    if before != after:
        raise RoundChangesOptions(
            f"{entry.id} has the options {', '.join(before)}; "
            f"they cannot become {', '.join(after)}",
            entry.id,
        )


def _judge_lateness_again(session: Session, initiative: Initiative, zone: ZoneInfo) -> None:
    """A day that is moved decides anew who was late."""
    for document, answer, late in _lateness(session, initiative, zone):
        document.late = late
        session.add(document)
        if answer is not None:
            answer.late = late
            session.add(answer)


def _turned(session: Session, initiative: Initiative, zone: ZoneInfo) -> tuple[int, int]:
    """How many documents would become late, and how many would no longer be."""
    late = [(doc.late, late) for doc, _, late in _lateness(session, initiative, zone)]
    return late.count((False, True)), late.count((True, False))


def _lateness(
    session: Session, initiative: Initiative, zone: ZoneInfo
) -> Iterator[tuple[Document, Answer | None, bool]]:
    """Every document of the initiative, its answer, and whether it is late by its day."""
    rows = session.exec(
        select(Document, Answer)
        .outerjoin(Answer, col(Answer.document_id) == col(Document.document_id))
        .where(Document.initiative == initiative.id)
    ).all()
    for document, answer in rows:
        yield document, answer, is_late(document.received_at, initiative.last_answer_day, zone)


def _mark(session: Session, round_file: RoundFile) -> str:
    """A mark of the initiatives as they are: another one means that something was changed."""
    rows = [session.get(Initiative, entry.id) for entry in round_file.initiatives]
    told = [None if row is None else _told(row) for row in rows]
    return digest_of(json.dumps(told, sort_keys=True).encode())[:16]


def _event(initiative: Initiative, now: datetime) -> InitiativeDefined:
    return InitiativeDefined(
        occurred_at=now,
        initiative=initiative.id,
        name=initiative.name,
        round=initiative.round,
        options=initiative.options,
        signatories=initiative.signatories,
        last_answer_day=initiative.last_answer_day,
    )
