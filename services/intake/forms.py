"""The initiatives whose forms can be read, as the registry told."""

import json

from sqlmodel import Session, select

from services.intake.tables import FormRow
from shared import outbox
from shared.consumers import FORMS
from shared.events import InitiativeDefined
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
