"""Loads a round of initiatives, or one, and tells the other services about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError
from sqlmodel import Session, col, select

from services.registry.domain.deadline import is_late
from services.registry.domain.initiative import (
    InitiativeEntry,
    RoundChangesOptions,
    RoundFile,
    WrongRound,
    faults_in,
    parse_round,
)
from services.registry.eventlog import note
from services.registry.store.answers import initiatives
from services.registry.tables import Answer, Document, Initiative
from shared.database import Database
from shared.events import InitiativeDefined
from shared.outbox import emit


@dataclass(frozen=True)
class Loaded:
    """What a loading did, initiative by initiative."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def load_round(
    database: Database, data: bytes, *, who: str, now: datetime, zone: ZoneInfo
) -> Loaded:
    """Define or change the initiatives of a round file (YAML, UTF-8): all of them or none.

    Every initiative is told to the other services again, changed or not. Raises WrongRound and
    RoundChangesOptions.
    """
    return _define(database, read_round(data), who=who, now=now, zone=zone)


def read_round(data: bytes) -> RoundFile:
    """Return what a round file (YAML, UTF-8) says, or raise WrongRound naming every fault."""
    return parse_round(_yaml(data))


def add(
    database: Database, entry: Mapping[str, Any], *, round: str, who: str, now: datetime,
    zone: ZoneInfo,
) -> Loaded:  # fmt: skip
    """Define or change one initiative; `entry` as in a round file. Raises like `load_round`.

    What `entry` leaves out of `options`, `signatories` and `start_when` stays as it was.
    """
    try:
        one = _kept(database, InitiativeEntry.model_validate(dict(entry)))
        single = RoundFile(round=round, initiatives=(one,))
    except ValidationError as error:
        raise WrongRound(faults_in(error)) from error
    return _define(database, single, who=who, now=now, zone=zone)


def list_all(database: Database) -> list[Initiative]:
    """All initiatives, by last answer day."""
    with database.read() as session:
        return list(initiatives(session))


def _define(
    database: Database, round_file: RoundFile, *, who: str, now: datetime, zone: ZoneInfo
) -> Loaded:
    new: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    with database.write() as session:
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
            f"{entry.id} has the options {', '.join(before)}; they cannot become {', '.join(after)}"
        )


def _judge_lateness_again(session: Session, initiative: Initiative, zone: ZoneInfo) -> None:
    """A day that is moved decides anew who was late."""
    rows = session.exec(
        select(Document, Answer)
        .outerjoin(Answer, col(Answer.document_id) == col(Document.document_id))
        .where(Document.initiative == initiative.id)
    ).all()
    for document, answer in rows:
        document.late = is_late(document.received_at, initiative.last_answer_day, zone)
        session.add(document)
        if answer is not None:
            answer.late = document.late
            session.add(answer)


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


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys: the last would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                line = node.value[number][0].start_mark.line + 1
                raise WrongRound(f"line {line}: `{key}` stands twice")
        return super().construct_mapping(node, deep)


def _yaml(data: bytes) -> object:
    try:
        return yaml.load(data.decode("utf-8-sig"), Loader=_StrictLoader)  # noqa: S506
    except UnicodeDecodeError as error:
        raise WrongRound("the file is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise WrongRound(f"not YAML: {_where(error)}") from error
    except ValueError as error:
        raise WrongRound(f"a value that cannot be: {error}") from error


def _where(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error)
