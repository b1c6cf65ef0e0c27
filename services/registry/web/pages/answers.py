"""Svar: all municipalities of one initiative, with what they answered, or that they have not."""

from collections.abc import Sequence

from starlette.responses import Response

from services.registry.store.answers import AnswerLine, AnswerState, answer_lines, initiatives
from services.registry.web import queries
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import answer_state, folded, line_state
from services.registry.web.visit import NotFound, Visitor
from shared.municipalities import by_code, counties

pages = Pages()

_SIZE = 100

STATES = {
    "ej-hanterat": "Ej hanterat",
    "saknas": "Svar saknas",
    "sent": "För sent inkomna",
}
"""What one can filter by beside the options of the form."""


@pages.get("/svar", Permission.SEE_ANSWERS)
def first(visit: Visitor) -> Response:
    """Lead to the initiative whose last answer day comes first."""
    with visit.database.read() as session:
        known = initiatives(session)
    if not known:
        return visit.page("answers_none.html")
    return visit.see_other(f"/svar/{known[0].id}")


@pages.get("/svar/{initiative_id}", Permission.SEE_ANSWERS)
def answers(visit: Visitor, initiative_id: str) -> Response:
    """The list of one initiative, filtered by what the query string says."""
    with visit.read() as session:
        known = initiatives(session)
        chosen = next((one for one in known if one.id == initiative_id), None)
        if chosen is None:
            raise NotFound
        lines = answer_lines(session, initiative_id, known=known)
    wanted = _filtered(lines, visit.asked("svar"), visit.asked("lan"), visit.asked("kommun"))
    return visit.page(
        "answers.html",
        initiative=chosen,
        initiatives=known,
        lines=queries.sliced(wanted, visit.page_number(), _SIZE),
        choices={key: answer_state(chosen.options, key).label for key in chosen.options} | STATES,
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        state=lambda line: line_state(line, chosen.options),
    )


def _filtered(lines: Sequence[AnswerLine], answer: str, county: str, name: str) -> list[AnswerLine]:
    return [
        line
        for line in lines
        if (not answer or _has_answer(line, answer))
        and (not county or line.municipality.startswith(county))
        and (not name or _is_named(line, name))
    ]


def _has_answer(line: AnswerLine, wanted: str) -> bool:
    if wanted == "saknas":
        return line.state in (AnswerState.MISSING, AnswerState.REPLACED)
    if wanted == "ej-hanterat":
        return line.state is AnswerState.REVIEW
    if wanted == "sent":
        return line.late and line.state is AnswerState.RECORDED
    return line.state is AnswerState.RECORDED and line.answer == wanted


def _is_named(line: AnswerLine, wanted: str) -> bool:
    known = by_code(line.municipality)
    names = f"{line.municipality_name} {known.name if known else ''} {line.municipality}"
    return folded(wanted) in folded(names)
