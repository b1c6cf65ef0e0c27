"""Översikt: how the round fares, initiative by initiative, and what came last."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from services.registry.store.answers import InitiativeSummary, initiatives
from services.registry.tables import Initiative
from services.registry.web import queries
from services.registry.web.queries import ANSWER_FATES, Arrival
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import (
    State,
    answer_state,
    fate_state,
    initiatives_by_id,
    municipality_name,
)
from services.registry.web.visit import Visitor
from shared.events import Fate
from shared.municipalities import all_municipalities
from shared.outbox import now

pages = Pages()

_LATEST = 12


@dataclass(frozen=True)
class Figure:
    """One number of an initiative; `key` is what the list of answers is filtered by."""

    key: str
    state: State
    count: int


@dataclass(frozen=True)
class Segment:
    """A stretch of the bar, in municipalities."""

    shape: str
    start: int
    length: int


@dataclass(frozen=True)
class Progress:
    """One initiative on the page."""

    initiative: InitiativeSummary
    figures: tuple[Figure, ...]
    segments: tuple[Segment, ...]
    deadline: str


@dataclass(frozen=True)
class LatestLine:
    """One of the latest arrivals."""

    arrival: Arrival
    who: str
    what: str
    state: State


@pages.get("/", Permission.SEE_ANSWERS)
def overview(visit: Visitor) -> Response:
    """The front page."""
    fates = tuple(Fate) if visit.may(Permission.SEE_MAIL) else ANSWER_FATES
    with visit.read() as session:
        counted = queries.summaries(session)
        known = initiatives_by_id(initiatives(session))
        latest = queries.latest_arrivals(session, fates, _LATEST)
    today = _today(now(), visit.site.zone)
    return visit.page(
        "overview.html",
        progress=[_progress(one, today) for one in counted],
        total=len(all_municipalities()),
        latest=[_latest(one, known) for one in latest],
    )


def _progress(one: InitiativeSummary, today: date) -> Progress:
    figures = [
        Figure(key, answer_state(one.options, key), count) for key, count in one.answers.items()
    ]
    figures.append(Figure("ej-hanterat", State("Ej hanterat", "review"), one.review))
    segments, start = [], 0
    for figure in figures:
        segments.append(Segment(figure.state.shape, start, figure.count))
        start += figure.count
    figures.append(Figure("saknas", State("Svar saknas", "missing"), one.missing))
    figures.append(Figure("sent", State("För sent", "late"), one.late))
    return Progress(one, tuple(figures), tuple(segments), _deadline(one.last_answer_day, today))


def _deadline(last: date, today: date) -> str:
    days = (last - today).days
    if days == 0:
        return "i dag"
    if days == 1:
        return "i morgon"
    return f"om {days} dagar" if days > 0 else "passerad"


def _latest(arrival: Arrival, known: dict[str, Initiative]) -> LatestLine:
    document = arrival.document
    initiative = known.get(document.initiative or "")
    read = document.reading.get("answer")
    return LatestLine(
        arrival,
        who=municipality_name(document.municipality)
        or arrival.mail.from_name
        or arrival.mail.from_address,
        what=initiative.name if initiative else arrival.mail.subject,
        state=fate_state(document, initiative, str(read["text"]) if read else None),
    )


def _today(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
