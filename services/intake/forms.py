"""The initiatives whose forms can be read, and the forms learned, as the registry told."""

import json

from sqlmodel import Session, col, select

from services.intake.tables import FormRow, LearnedFormRow, WithdrawnFormRow
from shared import outbox
from shared.consumers import FORMS, LEARNED, WITHDRAWN
from shared.events import FormLearned, FormWithdrawn, InitiativeDefined
from shared.forms import FormTemplate
from shared.identifiers import InitiativeId, OptionKey

Options = dict[InitiativeId, list[OptionKey]]
"""The keys of each initiative's options, in the order of its form."""


def define(session: Session, event: InitiativeDefined) -> None:
    """Remember an initiative, or its newer definition; an older one that comes late is dropped."""
    if not outbox.claim(session, event.event_id, FORMS.name):
        return
    known = session.get(FormRow, event.initiative)
    if known is not None and known.defined_at > event.occurred_at:
        return
    session.merge(
        FormRow(
            initiative=event.initiative,
            name=event.name,
            round=event.round,
            options=json.dumps(event.options, ensure_ascii=False),
            last_answer_day=event.last_answer_day.isoformat(),
            defined_at=event.occurred_at,
        )
    )


def known_options(session: Session) -> Options:
    """The options of every initiative that is known now."""
    return {row.initiative: list(json.loads(row.options)) for row in session.exec(select(FormRow))}


Templates = dict[tuple[InitiativeId, int], FormTemplate]
"""The forms that were learned, by initiative and version."""


def learn(session: Session, event: FormLearned) -> None:
    """Remember a form that was learned; one and the same comes any number of times."""
    if not outbox.claim(session, event.event_id, LEARNED.name):
        return
    if event.template.print is None:
        return
    known = session.get(LearnedFormRow, (event.initiative, event.template.version))
    if known is not None and known.learned_at > event.occurred_at:
        return
    session.merge(
        LearnedFormRow(
            initiative=event.initiative,
            version=event.template.version,
            picture=event.template.print.picture,
            template=event.template.model_dump_json(),
            learned_at=event.occurred_at,
        )
    )


def withdraw(session: Session, event: FormWithdrawn) -> None:
    """Remember that a form was withdrawn; this may come before, and after, its learning does."""
    if not outbox.claim(session, event.event_id, WITHDRAWN.name):
        return
    known = session.get(WithdrawnFormRow, (event.initiative, event.version))
    if known is not None and known.withdrawn_at > event.occurred_at:
        return
    session.merge(
        WithdrawnFormRow(
            initiative=event.initiative, version=event.version, withdrawn_at=event.occurred_at
        )
    )


def known_templates(session: Session) -> Templates:
    """Every learned form in force: neither learned anew from the same blank, nor withdrawn.

    One that replaced another is not followed by it when it is withdrawn.
    """
    rows = session.exec(select(LearnedFormRow).order_by(col(LearnedFormRow.version))).all()
    newest = {(row.initiative, row.picture): row for row in rows}
    withdrawn = {
        (row.initiative, row.version): row.withdrawn_at
        for row in session.exec(select(WithdrawnFormRow))
    }
    return {
        (row.initiative, row.version): FormTemplate.model_validate_json(row.template)
        for row in newest.values()
        if (at := withdrawn.get((row.initiative, row.version))) is None or at < row.learned_at
    }
