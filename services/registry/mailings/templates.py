"""How letters are worded here: as delivered, or as staff have worded them for all or for one.

What leaves by itself is composed by the notifier, which is told of every wording of its parts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from services.registry.eventlog import note
from services.registry.tables import EventLog, LetterTemplate
from shared.database import Database
from shared.events import WordingChanged
from shared.identifiers import digest_of
from shared.letters.kinds import TemplateName, source_of
from shared.letters.parts import PartName, part_of
from shared.letters.template import Template, TemplateFault, check, parse
from shared.letters.wordings import FOR_ALL, Wordings, check_part, delivered_part
from shared.outbox import emit

AnyName = TemplateName | PartName
_CHANGED: Final = "template.changed"
_RESET: Final = "template.reset"
_LINES_LOOKED_THROUGH: Final = 300
_SHOWN: Final = 8


class ChangedMeanwhile(Exception):
    """Somebody else has changed a wording since it was looked at."""


def delivered(name: AnyName) -> Template:
    """The template as it is delivered."""
    return delivered_part(name) if isinstance(name, PartName) else parse(source_of(name))


def faults_in(template: Template, name: AnyName) -> tuple[TemplateFault, ...]:
    """Everything that keeps a template from being used."""
    return check_part(template, name) if isinstance(name, PartName) else check(template, name)


def own_wording(session: Session, name: AnyName, initiative: str) -> LetterTemplate | None:
    """What staff have made of a template, for one initiative or for all, if anything."""
    return session.get(LetterTemplate, (name.value, initiative))


def own_wordings(session: Session) -> Sequence[LetterTemplate]:
    """Everything that staff have worded otherwise."""
    return session.exec(
        select(LetterTemplate).order_by(LetterTemplate.name, LetterTemplate.initiative)
    ).all()


def wording_for(session: Session, name: AnyName, initiatives: Sequence[str]) -> Template:
    """How a letter about these is worded; an initiative that is alone may have its own words."""
    asked = [*initiatives, FOR_ALL] if len(initiatives) == 1 else [FOR_ALL]
    for initiative in asked:
        found = own_wording(session, name, initiative)
        if found is not None:
            return template_in(found)
    return delivered(name)


def part_wordings(session: Session) -> Wordings:
    """How the mails that leave by themselves are worded now, as far as the register knows."""
    known = set(PartName)
    return Wordings(
        {
            (PartName(row.name), row.initiative): template_in(row)
            for row in own_wordings(session)
            if row.name in known
        }
    )


def template_in(row: LetterTemplate) -> Template:
    """What staff have written."""
    return Template(row.subject, row.heading, row.text)


def mark_of(row: LetterTemplate | None) -> str:
    """Changes with every change of the wording."""
    said = f"{row.subject}\n{row.heading}\n{row.text}" if row is not None else ""
    return digest_of(said.encode())[:16]


def reword(
    database: Database,
    name: AnyName,
    initiative: str,
    template: Template,
    seen: str | None = None,
    *,
    who: str,
    at: datetime,
) -> tuple[TemplateFault, ...]:
    """Word letters otherwise from now on; returns what is wrong with it, and changes nothing then.

    What is begun or sent already keeps its words. With `seen`, the mark of the wording that was
    looked at, only if it is still that. Raises ChangedMeanwhile.
    """
    faults = faults_in(template, name)
    if faults:
        return faults
    if isinstance(name, PartName) and not part_of(name).titled:
        template = Template("", "", template.text)
    with _changing(database) as session:
        before = _to_change(session, name, initiative, seen)
        was = _as_logged(name, initiative, before)
        at = _later(session, name, initiative, at)
        row = session.merge(
            LetterTemplate(
                name=name.value,
                initiative=initiative,
                subject=template.subject,
                heading=template.heading,
                text=template.text,
                changed_at=at,
                changed_by=who,
                refused_at=None,
                refused_why="",
            )
        )
        after = _as_logged(name, initiative, row)
        note(session, at=at, who=who, what=_CHANGED, before=was, after=after)
        _tell(session, name, initiative, template, at)
    return ()


def reset(
    database: Database,
    name: AnyName,
    initiative: str,
    seen: str | None = None,
    *,
    who: str,
    at: datetime,
) -> None:
    """Word letters as delivered again, or as for all; the händelselogg keeps what it was.

    `seen` as when they are worded otherwise. Raises ChangedMeanwhile.
    """
    with _changing(database) as session:
        row = _to_change(session, name, initiative, seen)
        if row is None:
            return
        was = _as_logged(name, initiative, row)
        at = _later(session, name, initiative, at)
        session.delete(row)
        after = _as_logged(name, initiative, None)
        note(session, at=at, who=who, what=_RESET, before=was, after=after)
        _tell(session, name, initiative, None, at)


def history_of(session: Session, name: AnyName) -> list[EventLog]:
    """What was last done with a template, for whatever initiative; the last first."""
    lines = session.exec(
        select(EventLog)
        .where(col(EventLog.what).in_((_CHANGED, _RESET, "template.refused")))
        .order_by(col(EventLog.id).desc())
        .limit(_LINES_LOOKED_THROUGH)
    ).all()
    return [line for line in lines if (line.after or {}).get("template") == name.value][:_SHOWN]


@contextmanager
def _changing(database: Database) -> Iterator[Session]:
    try:
        with database.write() as session:
            yield session
    except IntegrityError as error:
        # Both were the first to word it; there was no row yet that one could wait for.
        raise ChangedMeanwhile from error


def _to_change(
    session: Session, name: AnyName, initiative: str, seen: str | None
) -> LetterTemplate | None:
    row = session.get(LetterTemplate, (name.value, initiative), with_for_update=True)
    if seen is not None and seen != mark_of(row):
        raise ChangedMeanwhile
    return row


def _later(session: Session, name: AnyName, initiative: str, at: datetime) -> datetime:
    """Later than every change before it, whatever the clock says: the latest that occurred counts.

    Of a wording that was reset, only the händelselogg knows when.
    """
    about = col(EventLog.after)
    last = session.exec(
        select(func.max(EventLog.at)).where(
            col(EventLog.what).in_((_CHANGED, _RESET)),
            about["template"].as_string() == name.value,
            about["initiative"].as_string() == initiative,
        )
    ).first()
    return at if last is None else max(at, last + timedelta(microseconds=1))


def _tell(
    session: Session, name: AnyName, initiative: str, template: Template | None, at: datetime
) -> None:
    if not isinstance(name, PartName):
        return
    worded = template or Template("", "", "")
    emit(
        session,
        WordingChanged(
            occurred_at=at,
            name=name.value,
            initiative=initiative or None,
            restored=template is None,
            subject_line=worded.subject,
            heading=worded.heading,
            text=worded.text,
        ),
    )


def _as_logged(name: AnyName, initiative: str, row: LetterTemplate | None) -> dict[str, str]:
    known = {"template": name.value, "initiative": initiative}
    if row is None:
        return known
    return known | {"subject": row.subject, "heading": row.heading, "text": row.text}
