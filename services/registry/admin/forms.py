"""Keeps the forms that were learned, and tells the reader of them. No version is ever dropped."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from services.registry.eventlog import note
from services.registry.tables import LearnedForm
from shared.archive import Archive, Area
from shared.database import Database
from shared.events import FormLearned
from shared.forms import FormTemplate
from shared.outbox import emit


def next_version(database: Database, initiative: str) -> int:
    """Return the version that the next form learned for an initiative gets."""
    with database.read() as session:
        return _last_version(session, initiative) + 1


def keep(
    database: Database,
    archive: Archive,
    *,
    initiative: str,
    template: FormTemplate,
    blank: bytes,
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
    picture_digest = archive.put(picture, Area.DERIVED)
    told = FormLearned(
        occurred_at=now, initiative=initiative, template=template, blank=blank_digest
    )
    with database.write() as session:
        session.add(
            LearnedForm(
                initiative=initiative,
                version=template.version,
                template=template.model_dump(mode="json"),
                blank=blank_digest,
                picture=picture_digest,
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
                "blank": blank_digest,
                "options": [box.option for box in template.boxes],
                "fields": [field.name for field in template.fields],
            },
        )
        emit(session, told)


def learned_forms(database: Database) -> list[FormLearned]:
    """Return every learned form as it was told, the oldest first."""
    with database.read() as session:
        rows = session.exec(
            select(LearnedForm).order_by(col(LearnedForm.learned_at), col(LearnedForm.version))
        ).all()
        return [
            FormLearned(
                occurred_at=row.learned_at,
                initiative=row.initiative,
                template=FormTemplate.model_validate(row.template),
                blank=row.blank,
            )
            for row in rows
        ]


def _last_version(session: Session, initiative: str) -> int:
    last = session.exec(
        select(func.max(LearnedForm.version)).where(LearnedForm.initiative == initiative)
    ).one()
    return last or 0
