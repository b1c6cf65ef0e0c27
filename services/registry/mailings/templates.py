"""How letters are worded here: as delivered, or as staff have worded them for all or for one.

What leaves by itself is composed by the notifier, which is told of every wording of its parts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from services.registry.eventlog import note
from services.registry.tables import EventLog, LetterTemplate
from shared.database import Database
from shared.events import WordingChanged
from shared.letters.kinds import TemplateName, source_of
from shared.letters.parts import PartName, part_of
from shared.letters.template import Template, TemplateFault, check, parse
from shared.letters.wordings import FOR_ALL, Wordings, check_part, delivered_part
from shared.outbox import emit

AnyName = TemplateName | PartName
_LINES_LOOKED_THROUGH: Final = 300
_SHOWN: Final = 8


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


def reword(
    database: Database,
    name: AnyName,
    initiative: str,
    template: Template,
    *,
    who: str,
    at: datetime,
) -> tuple[TemplateFault, ...]:
    """Word letters otherwise from now on; returns what is wrong with it, and changes nothing then.

    What is begun or sent already keeps its words.
    """
    faults = faults_in(template, name)
    if faults:
        return faults
    if isinstance(name, PartName) and not part_of(name).titled:
        template = Template("", "", template.text)
    with database.write() as session:
        before = own_wording(session, name, initiative)
        was = _as_logged(name, initiative, before)
        at = _after(before, at)
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
        note(session, at=at, who=who, what="template.changed", before=was, after=after)
        _tell(session, name, initiative, template, at)
    return ()


def reset(database: Database, name: AnyName, initiative: str, *, who: str, at: datetime) -> None:
    """Word letters as delivered again, or as for all; the händelselogg keeps what it was."""
    with database.write() as session:
        row = own_wording(session, name, initiative)
        if row is None:
            return
        was = _as_logged(name, initiative, row)
        at = _after(row, at)
        session.delete(row)
        after = _as_logged(name, initiative, None)
        note(session, at=at, who=who, what="template.reset", before=was, after=after)
        _tell(session, name, initiative, None, at)


def history_of(session: Session, name: AnyName) -> list[EventLog]:
    """What was last done with a template, for whatever initiative; the last first."""
    lines = session.exec(
        select(EventLog)
        .where(col(EventLog.what).in_(("template.changed", "template.reset", "template.refused")))
        .order_by(col(EventLog.id).desc())
        .limit(_LINES_LOOKED_THROUGH)
    ).all()
    return [line for line in lines if (line.after or {}).get("template") == name.value][:_SHOWN]


def _after(before: LetterTemplate | None, at: datetime) -> datetime:
    """Later than what it changes, whatever the clock says: the latest that occurred counts."""
    return at if before is None else max(at, before.changed_at + timedelta(microseconds=1))


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
