"""Karta och kurva: one initiative's answers over the country, and towards the last answer day."""

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.responses import Response

from services.registry.store.answers import AnswerLine, AnswerState, answer_lines, initiatives
from services.registry.tables import Initiative
from services.registry.web import curve, map_of_sweden
from services.registry.web.curve import Curve
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import State, answer_state, line_state
from services.registry.web.visit import NotFound, Visitor
from shared.municipalities import counties

pages = Pages()


@dataclass(frozen=True)
class Column:
    """One state; `key` is what the list of answers is filtered by."""

    key: str
    state: State


@dataclass(frozen=True)
class CountyRow:
    """How many municipalities of a county are in each state, in the order of the columns."""

    code: str
    name: str
    counts: tuple[int, ...]


@pages.get("/svar/{initiative_id}/karta", Permission.SEE_ANSWERS)
def mapped(visit: Visitor, initiative_id: str) -> Response:
    """The map with its table, and the curve with its own."""
    with visit.read() as session:
        known = initiatives(session)
        chosen = next((one for one in known if one.id == initiative_id), None)
        if chosen is None:
            raise NotFound
        lines = answer_lines(session, initiative_id, known=known)
    states = {line.municipality: line_state(line, chosen.options) for line in lines}
    columns = _columns(chosen)
    rows = _rows(states, columns)
    return visit.page(
        "map.html",
        initiative=chosen,
        initiatives=known,
        regions=map_of_sweden.regions(states.__getitem__),
        map=map_of_sweden,
        columns=columns,
        rows=rows,
        totals=[sum(column) for column in zip(*(row.counts for row in rows), strict=True)],
        curve=_curve(lines, chosen, visit.site.zone),
        drawing=curve,
    )


def _columns(initiative: Initiative) -> list[Column]:
    return [
        *(Column(key, answer_state(initiative.options, key)) for key in initiative.options),
        Column("ej-hanterat", State("Ej hanterat", "review")),
        Column("saknas", State("Svar saknas", "missing")),
    ]


def _rows(states: dict[str, State], columns: list[Column]) -> list[CountyRow]:
    counted: dict[str, Counter[State]] = {code: Counter() for code in counties()}
    for municipality, state in states.items():
        counted[municipality[:2]][state] += 1
    return [
        CountyRow(code, name, tuple(counted[code][column.state] for column in columns))
        for code, name in sorted(counties().items(), key=lambda county: county[1])
    ]


def _curve(lines: list[AnswerLine], initiative: Initiative, zone: ZoneInfo) -> Curve | None:
    came = [
        (line.received_at.astimezone(zone).date(), line.answer)
        for line in lines
        if line.state is AnswerState.RECORDED and line.received_at and line.answer
    ]
    return curve.curve(came, initiative.options, initiative.last_answer_day)
