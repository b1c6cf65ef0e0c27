"""Alla svar: every municipality against every initiative, one county at a time or all."""

from collections import defaultdict

from starlette.responses import Response

from services.registry.store.answers import AnswerLine, answer_lines, initiatives
from services.registry.web import queries
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import State, initiatives_by_id, line_state, municipality_name
from services.registry.web.visit import Visitor
from shared.municipalities import all_municipalities, counties

pages = Pages()

_SIZE = 100


@pages.get("/alla-svar", Permission.SEE_ANSWERS)
def matrix(visit: Visitor) -> Response:
    """The matrix; the initiatives are its columns."""
    county = visit.asked("lan")
    codes = [one.code for one in all_municipalities() if one.code.startswith(county)]
    shown = queries.sliced(codes, visit.page_number(), _SIZE)
    with visit.read() as session:
        every = initiatives(session)
        lines = answer_lines(session, municipalities=shown.items, known=every)
    known = initiatives_by_id(every)
    found: dict[str, dict[str, AnswerLine]] = defaultdict(dict)
    for line in lines:
        found[line.municipality][line.initiative] = line

    def state(line: AnswerLine) -> State:
        return line_state(line, known[line.initiative].options)

    return visit.page(
        "matrix.html",
        initiatives=known,
        rows=shown,
        found=found,
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        named=municipality_name,
        state=state,
    )
