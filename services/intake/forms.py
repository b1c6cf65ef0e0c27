"""The initiatives whose forms can be read, and the forms learned, as the registry told."""

import json

from sqlmodel import Session, col, select

from services.intake.tables import FormRow, LearnedFormRow
from shared import outbox
from shared.consumers import FORMS, LEARNED
from shared.events import FormLearned, InitiativeDefined
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
    session.merge(
        LearnedFormRow(
            initiative=event.initiative,
            version=event.template.version,
            picture=event.template.print.picture,
            template=event.template.model_dump_json(),
            learned_at=event.occurred_at,
        )
    )


def known_templates(session: Session) -> Templates:
    """Every learned form in force: all but those learned anew from the same blank."""
    rows = session.exec(select(LearnedFormRow).order_by(col(LearnedFormRow.version))).all()
    newest = {(row.initiative, row.picture): row for row in rows}
    return {
        (row.initiative, row.version): FormTemplate.model_validate_json(row.template)
        for row in newest.values()
    }
