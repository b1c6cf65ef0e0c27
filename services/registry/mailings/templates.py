"""How letters are worded here: as delivered, or as staff have worded them for all or for one."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from services.registry.eventlog import note
from services.registry.tables import LetterTemplate
from shared.database import Database
from shared.letters.kinds import TemplateName, source_of
from shared.letters.template import Template, TemplateFault, check, parse

FOR_ALL = ""
"""In place of an initiative: the wording of all letters that have none of their own."""


def delivered(name: TemplateName) -> Template:
    """The template as it is delivered."""
    return parse(source_of(name))


def own_wording(session: Session, name: TemplateName, initiative: str) -> LetterTemplate | None:
    """What staff have made of a template, for one initiative or for all, if anything."""
    return session.get(LetterTemplate, (name.value, initiative))


def own_wordings(session: Session) -> Sequence[LetterTemplate]:
    """Everything that staff have worded otherwise."""
    return session.exec(
        select(LetterTemplate).order_by(LetterTemplate.name, LetterTemplate.initiative)
    ).all()


def wording_for(session: Session, name: TemplateName, initiatives: Sequence[str]) -> Template:
    """How a letter about these is worded; an initiative that is alone may have its own words."""
    asked = [*initiatives, FOR_ALL] if len(initiatives) == 1 else [FOR_ALL]
    for initiative in asked:
        found = own_wording(session, name, initiative)
        if found is not None:
            return Template(found.subject, found.heading, found.text)
    return delivered(name)


def reword(
    database: Database,
    name: TemplateName,
    initiative: str,
    template: Template,
    *,
    who: str,
    at: datetime,
) -> tuple[TemplateFault, ...]:
    """Word letters otherwise from now on; returns what is wrong with it, and changes nothing then.

    What is begun or sent already keeps its words.
    """
    faults = check(template, name)
    if faults:
        return faults
    with database.write() as session:
        before = own_wording(session, name, initiative)
        was = _as_logged(name, initiative, before)
        row = session.merge(
            LetterTemplate(
                name=name.value,
                initiative=initiative,
                subject=template.subject,
                heading=template.heading,
                text=template.text,
                changed_at=at,
                changed_by=who,
            )
        )
        after = _as_logged(name, initiative, row)
        note(session, at=at, who=who, what="template.changed", before=was, after=after)
    return ()


def reset(
    database: Database, name: TemplateName, initiative: str, *, who: str, at: datetime
) -> None:
    """Word letters as delivered again, or as for all; the händelselogg keeps what it was."""
    with database.write() as session:
        row = own_wording(session, name, initiative)
        if row is None:
            return
        was = _as_logged(name, initiative, row)
        session.delete(row)
        after = _as_logged(name, initiative, None)
        note(session, at=at, who=who, what="template.reset", before=was, after=after)


def _as_logged(name: TemplateName, initiative: str, row: LetterTemplate | None) -> dict[str, str]:
    known = {"template": name.value, "initiative": initiative}
    if row is None:
        return known
    return known | {"subject": row.subject, "heading": row.heading, "text": row.text}
