"""Kommuner: the list of all 290, and the page of one with all that the register holds about it."""

from starlette.responses import Response

from services.registry.store.answers import AnswerLine, initiatives
from services.registry.store.correspondence import of_municipality
from services.registry.store.municipality import (
    answers_given,
    municipality_detail,
    registrar_addresses,
)
from services.registry.web import queries
from services.registry.web.queries import ANSWER_FATES
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import (
    State,
    document_state,
    folded,
    initiatives_by_id,
    line_state,
    municipality_name,
)
from services.registry.web.visit import NotFound, Visitor
from shared.events import Fate
from shared.municipalities import (
    Municipality,
    all_municipalities,
    by_code,
    confusable_with,
    counties,
    display_name,
)

pages = Pages()

_SIZE = 100
_MOST = 25
"""So many of the latest mails and documents, and of their log; the rest is found by the search."""


@pages.get("/kommuner", Permission.SEE_ANSWERS)
def municipalities(visit: Visitor) -> Response:
    """All municipalities, filtered by name and county."""
    wanted, county = folded(visit.asked("namn")), visit.asked("lan")
    with visit.read() as session:
        addresses, given = registrar_addresses(session), answers_given(session)
        count = len(initiatives(session))
    found = [
        one
        for one in all_municipalities()
        if (not county or one.county == county) and (not wanted or wanted in _names(one))
    ]
    return visit.page(
        "municipalities.html",
        found=queries.sliced(found, visit.page_number(), _SIZE),
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        addresses=addresses,
        given=given,
        initiatives=count,
        named=display_name,
    )


@pages.get("/kommuner/{code}", Permission.SEE_ANSWERS)
def municipality(visit: Visitor, code: str) -> Response:
    """One municipality: answers, contacts, addresses, mails in and out, and what happened."""
    one = by_code(code)
    if one is None:
        raise NotFound
    fates = tuple(Fate) if visit.may(Permission.SEE_MAIL) else ANSWER_FATES
    with visit.read() as session:
        every = initiatives(session)
        detail = municipality_detail(session, code, fates, _MOST, every)
        letters = (
            of_municipality(session, code, detail.mails, detail.messages)
            if visit.may(Permission.SEE_MAIL)
            else []
        )
    known = initiatives_by_id(every)

    def state(line: AnswerLine) -> State:
        return line_state(line, known[line.initiative].options)

    return visit.page(
        "municipality.html",
        municipality=one,
        name=municipality_name(code),
        confusable=[(near.code, display_name(near)) for near in confusable_with(code)],
        detail=detail,
        correspondence=letters,
        initiatives=known,
        state=state,
        numbers={
            document.document_id: f"{case.dnr}-{document.handling}"
            for document, case, _ in detail.documents
        },
        became=lambda document, answer: document_state(
            document, known.get(document.initiative or ""), answer
        ),
    )


def _names(one: Municipality) -> str:
    return folded(f"{one.name} {display_name(one)} {one.code}")
