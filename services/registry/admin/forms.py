"""Keeps the forms that were learned, and tells the reader of them. No version is ever dropped.

A form is in force, and scans are read by it, unless it was withdrawn or its blank was learned anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, func, select

from services.registry.domain.headings import named_in
from services.registry.eventlog import note
from services.registry.tables import LearnedForm
from shared.archive import Archive, Area
from shared.database import Database
from shared.errors import UsageError
from shared.events import FormLearned, FormWithdrawn
from shared.forms import FormTemplate
from shared.identifiers import InitiativeId
from shared.outbox import emit

_TICK: Final = timedelta(microseconds=1)


class WrongForm(UsageError):
    """There is no such learned form, or it cannot be withdrawn or taken into use again."""

    code = "wrong_form"
    remedy = "See `handslag form list --all`."


@dataclass(frozen=True)
class KeptForm:
    """A learned form, and whether scans are read by it."""

    initiative: InitiativeId
    version: int
    learned_at: datetime
    learned_by: str
    blank_name: str
    picture: str
    withdrawn_at: datetime | None
    replaced_by: int | None
    """The newest version that was learned from the same blank, if this is not it."""

    @property
    def id(self) -> str:
        return f"{self.initiative}:{self.version}"

    @property
    def in_force(self) -> bool:
        return self.withdrawn_at is None and self.replaced_by is None


def next_version(database: Database, initiative: str) -> int:
    """Return the version that the next form learned for an initiative gets."""
    with database.read() as session:
        return version_after(session, initiative)


def version_after(session: Session, initiative: str) -> int:
    """Likewise, in somebody's transaction."""
    last = session.exec(
        select(func.max(LearnedForm.version)).where(LearnedForm.initiative == initiative)
    ).one()
    return (last or 0) + 1


def keep(
    database: Database,
    archive: Archive,
    *,
    initiative: str,
    template: FormTemplate,
    blank: bytes,
    blank_name: str,
    picture: bytes,
    fields: str,
    who: str,
    now: datetime,
) -> None:
    """Keep a learned form of the version that its template says, and tell of it.

    Older versions stay readable: municipalities have them in their drawers. One that was learned
    from the same blank is replaced for new scans.
    """
    assert template.print is not None
    # First the bytes, then the row that names them.
    blank_digest = archive.put(blank, Area.DERIVED)
    archive.put(picture, Area.DERIVED)
    with database.write() as session:
        keep_stored(
            session,
            initiative=initiative,
            template=template,
            blank=blank_digest,
            blank_name=blank_name,
            fields=fields,
            who=who,
            now=now,
        )


def keep_stored(
    session: Session,
    *,
    initiative: str,
    template: FormTemplate,
    blank: str,
    blank_name: str,
    fields: str,
    who: str,
    now: datetime,
) -> None:
    """Keep a learned form whose blank and picture are in the archive, and tell of it."""
    assert template.print is not None
    session.add(
        LearnedForm(
            initiative=initiative,
            version=template.version,
            template=template.model_dump(mode="json"),
            blank=blank,
            blank_name=blank_name,
            picture=template.print.picture,
            fields=fields,
            learned_at=now,
            learned_by=who,
        )
    )
    note(
        session,
        at=now,
        who=who,
        what="form.learned",
        after={
            "initiative": initiative,
            "version": template.version,
            "blank": blank,
            "blank_name": blank_name,
            "options": [box.option for box in template.boxes],
            "fields": [field.name for field in template.fields],
        },
    )
    emit(
        session,
        FormLearned(occurred_at=now, initiative=initiative, template=template, blank=blank),
    )


@dataclass(frozen=True)
class Naming:
    """Which initiatives a blank prints the names of."""

    named: bool
    """Whether it names the one that it is to be learned for."""
    others: tuple[InitiativeId, ...]

    @property
    def another(self) -> bool:
        """Whether it names others only: every answer would be recorded under the wrong one."""
        return bool(self.others) and not self.named


def naming(template: FormTemplate, initiative: str, names: Mapping[InitiativeId, str]) -> Naming:
    """Return which initiatives a learned form's print names; `names` are those of all."""
    assert template.print is not None
    found = named_in([word.text for word in template.print.words], names)
    return Naming(initiative in found, tuple(sorted(found - {initiative})))


def kept_forms(database: Database) -> list[KeptForm]:
    """Return every learned form, in force or not, by initiative and version."""
    with database.read() as session:
        return kept_in(session)


def told_in_force(database: Database) -> list[FormLearned]:
    """Return the learned forms in force as they were told."""
    with database.read() as session:
        return [
            _told(session.get_one(LearnedForm, (one.initiative, one.version)))
            for one in kept_in(session)
            if one.in_force
        ]


def withdraw(database: Database, form_id: str, *, who: str, now: datetime) -> KeptForm:
    """Have scans no longer read by a form, and tell of it; nothing is deleted. Raises WrongForm.

    `form_id` is written `initiative:version`.
    """
    with database.write() as session:
        form = _named(session, form_id)
        if form.withdrawn_at is not None:
            raise WrongForm(f"{form.id} is withdrawn already")
        # Later than what it takes back, whatever this host's clock says.
        at = max(now, form.learned_at + _TICK)
        session.get_one(LearnedForm, (form.initiative, form.version)).withdrawn_at = at
        note(session, at=now, who=who, what="form.withdrawn", after=_as_noted(form))
        emit(
            session,
            FormWithdrawn(occurred_at=at, initiative=form.initiative, version=form.version),
        )
    return form


def restore(database: Database, form_id: str, *, who: str, now: datetime) -> KeptForm:
    """Take a withdrawn form into use again, and tell of it. Raises WrongForm."""
    with database.write() as session:
        form = _named(session, form_id)
        if form.withdrawn_at is None:
            raise WrongForm(f"{form.id} is not withdrawn")
        refuse_one_blank_for_two(kept_in(session), form.picture, form.initiative)
        row = session.get_one(LearnedForm, (form.initiative, form.version))
        row.learned_at = max(now, form.withdrawn_at + _TICK)
        row.learned_by = who
        row.withdrawn_at = None
        note(session, at=now, who=who, what="form.restored", after=_as_noted(form))
        emit(session, _told(row))
    return form


def refuse_one_blank_for_two(
    kept: Sequence[KeptForm], picture: str, initiative: InitiativeId
) -> None:
    """Raise WrongForm if scans are read by the same blank for another initiative."""
    for one in kept:
        if one.in_force and one.picture == picture and one.initiative != initiative:
            raise WrongForm(
                f"This very blank was learned for {one.initiative}; its scans could not be told "
                "apart",
                remedy=f"Withdraw that one first: `handslag form withdraw {one.id}`.",
            )


def kept_in(session: Session) -> list[KeptForm]:
    """Likewise, in somebody's transaction."""
    rows = session.exec(
        select(LearnedForm).order_by(col(LearnedForm.initiative), col(LearnedForm.version))
    ).all()
    newest = {_blank(row): row.version for row in rows}
    return [
        KeptForm(
            initiative=row.initiative,
            version=row.version,
            learned_at=row.learned_at,
            learned_by=row.learned_by,
            blank_name=row.blank_name,
            picture=row.picture,
            withdrawn_at=row.withdrawn_at,
            replaced_by=None if row.version == newest[_blank(row)] else newest[_blank(row)],
        )
        for row in rows
    ]


def _blank(row: LearnedForm) -> tuple[str, str]:
    return row.initiative, row.picture


def _named(session: Session, form_id: str) -> KeptForm:
    form = next((one for one in kept_in(session) if one.id == form_id), None)
    if form is None:
        raise WrongForm(f"No learned form is called {form_id}")
    if form.replaced_by is not None:
        raise WrongForm(
            f"{form.id} is not in use: its blank was learned anew as "
            f"{form.initiative}:{form.replaced_by}"
        )
    return form


def _as_noted(form: KeptForm) -> dict[str, object]:
    return {"initiative": form.initiative, "version": form.version, "blank_name": form.blank_name}


def _told(row: LearnedForm) -> FormLearned:
    return FormLearned(
        occurred_at=row.learned_at,
        initiative=row.initiative,
        template=FormTemplate.model_validate(row.template),
        blank=row.blank,
    )
