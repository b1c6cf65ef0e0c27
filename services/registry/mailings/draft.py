"""A mailing as a draft: begun, its recipients chosen, worded, looked through, thrown away.

Each change is one transaction, and refused if somebody else has changed the draft meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from services.registry.domain.mailing import (
    Fault,
    against_choice,
    against_template,
    against_values,
)
from services.registry.domain.recipients import TO_MUNICIPALITIES, Audience, RecipientRole
from services.registry.eventlog import note
from services.registry.mailings.letters import template_of, variables_to_write
from services.registry.mailings.listing import about, chosen_initiatives, row_fault, rows_of
from services.registry.mailings.templates import wording_for
from services.registry.tables import Initiative, Mailing, MailingStage
from shared.database import Database
from shared.events import Appointment, LetterKind
from shared.letters.kinds import kind_of
from shared.letters.template import Template, check

ATTENTION = ("Kommundirektör", "IT-chef eller motsvarande")
"""For whom an offer is, unless staff say otherwise."""


class NoSuchMailing(Exception):
    """There is no mailing of this id."""


@dataclass(frozen=True)
class Chosen:
    """Who gets it, and with what."""

    title: str
    initiatives: tuple[str, ...]
    audience: Audience
    by_hand: str
    attention: tuple[str, ...]
    with_forms: bool


@dataclass(frozen=True)
class Wording:
    """What it says."""

    template: Template
    said: Mapping[str, str]
    appointment: Appointment | None


def begin(
    database: Database,
    kind: LetterKind,
    initiatives: Sequence[str],
    *,
    who: str,
    at: datetime,
    occasion: str | None = None,
) -> Mailing:
    """Begin a draft, worded as letters of the kind are. `occasion`: what the machine did it for."""
    with database.write() as session:
        chosen = list(chosen_initiatives(session, initiatives).values())
        template = wording_for(session, template_of(kind), [one.id for one in chosen])
        mailing = Mailing(
            id=str(uuid4()),
            kind=kind,
            stage=MailingStage.DRAFT,
            title=_title(kind, chosen),
            initiatives=[one.id for one in chosen],
            audience=_usual_audience(kind).kept(),
            attention=list(ATTENTION) if kind in TO_MUNICIPALITIES else [],
            subject=template.subject,
            heading=template.heading,
            text=template.text,
            said={},
            with_forms=kind in TO_MUNICIPALITIES,
            written_by=[who],
            made_by=who,
            made_at=at,
            occasion=occasion,
        )
        session.add(mailing)
        log(session, mailing, "mailing.begun", who=who, at=at)
        return mailing


def choose(
    database: Database, mailing_id: str, seen: int, chosen: Chosen, *, who: str, at: datetime
) -> list[Fault]:
    """Say who gets it; returns what forbids it, and then nothing is changed."""

    def write(session: Session, mailing: Mailing) -> list[Fault]:
        known = chosen_initiatives(session, chosen.initiatives)
        faults = against_choice(mailing.kind, about(known.values()))
        faults += [row_fault(one) for one in rows_of(mailing.kind, chosen.by_hand)[1]]
        if not chosen.title:
            faults.append(Fault("no_title", "title"))
        if not faults:
            mailing.title, mailing.by_hand = chosen.title, chosen.by_hand
            _follow_wording(session, mailing, list(known))
            mailing.initiatives = list(known)
            mailing.audience = chosen.audience.kept()
            mailing.attention = list(chosen.attention)
            mailing.with_forms = chosen.with_forms and mailing.kind in TO_MUNICIPALITIES
        return faults

    return change(database, mailing_id, seen, write, who=who, at=at)


def word(
    database: Database, mailing_id: str, seen: int, wording: Wording, *, who: str, at: datetime
) -> list[Fault]:
    """Say what it says; returns what forbids it, and then nothing is changed."""

    def write(session: Session, mailing: Mailing) -> list[Fault]:
        name = template_of(mailing.kind)
        faults = against_template(check(wording.template, name))
        faults += against_values(variables_to_write(mailing.kind), wording.said)
        if not faults:
            mailing.subject = wording.template.subject
            mailing.heading = wording.template.heading
            mailing.text = wording.template.text
            mailing.said = {key: value for key, value in wording.said.items() if value}
            mailing.appointment = (
                wording.appointment.model_dump(mode="json") if wording.appointment else None
            )
        return faults

    return change(database, mailing_id, seen, write, who=who, at=at)


def discard(
    database: Database, mailing_id: str, seen: int, *, who: str, at: datetime
) -> list[Fault]:
    """Throw a draft away; the händelselogg keeps that it was.

    One that the machine proposed is stopped instead: it would be proposed anew.
    """

    def throw(session: Session, mailing: Mailing) -> list[Fault]:
        log(session, mailing, "mailing.discarded", who=who, at=at)
        if mailing.occasion is None:
            session.delete(mailing)
            return []
        mailing.stage, mailing.ended_at = MailingStage.STOPPED, at
        mailing.revision += 1
        session.add(mailing)
        return []

    return change(database, mailing_id, seen, throw, who=who, at=at, noted=False)


def change(
    database: Database,
    mailing_id: str,
    seen: int,
    write: Callable[[Session, Mailing], list[Fault]],
    *,
    who: str,
    at: datetime,
    noted: bool = True,
) -> list[Fault]:
    """Change a draft as it was at revision `seen`, unless something forbids it.

    Raises NoSuchMailing.
    """
    with database.write() as session:
        mailing = locked(session, mailing_id)
        if mailing.stage is not MailingStage.DRAFT:
            return [Fault("not_draft")]
        if mailing.revision != seen:
            return [Fault("stale")]
        faults = write(session, mailing)
        if faults or not noted:
            return faults
        mailing.revision += 1
        mailing.written_by = sorted({*mailing.written_by, who})
        session.add(mailing)
        log(session, mailing, "mailing.changed", who=who, at=at)
        return []


def locked(session: Session, mailing_id: str) -> Mailing:
    """Return a mailing that nobody else changes meanwhile. Raises NoSuchMailing."""
    mailing = session.get(Mailing, mailing_id, with_for_update=True)
    if mailing is None:
        raise NoSuchMailing
    return mailing


def log(
    session: Session,
    mailing: Mailing,
    what: str,
    *,
    who: str,
    at: datetime,
    **more: Any,
) -> None:
    """Note what was done to a mailing."""
    after = {
        "mailing": mailing.id,
        "title": mailing.title,
        "kind": mailing.kind.value,
        "stage": mailing.stage.value,
        "initiatives": mailing.initiatives,
        "subject": mailing.subject,
    }
    note(session, at=at, who=who, what=what, after=after | more)


def _follow_wording(session: Session, mailing: Mailing, initiatives: Sequence[str]) -> None:
    """Words that nobody has changed here are those of the initiatives that were chosen."""
    name = template_of(mailing.kind)
    before = wording_for(session, name, mailing.initiatives)
    if before == Template(mailing.subject, mailing.heading, mailing.text):
        after = wording_for(session, name, initiatives)
        mailing.subject, mailing.heading, mailing.text = after.subject, after.heading, after.text


def _usual_audience(kind: LetterKind) -> Audience:
    if kind in TO_MUNICIPALITIES:
        return Audience(frozenset({RecipientRole.REGISTRAR}))
    return Audience(frozenset({RecipientRole.NAMED, RecipientRole.ADDED}))


def _title(kind: LetterKind, about: Sequence[Initiative]) -> str:
    title = kind_of(template_of(kind)).title
    if len(about) == 1:
        return f"{title}: {about[0].name}"
    rounds = sorted({one.round for one in about})
    return f"{title}, omgång {', '.join(rounds)}" if rounds else title
