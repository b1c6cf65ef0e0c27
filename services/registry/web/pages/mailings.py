"""Utskick: all mailings, and one on its way: approved, sent, paused, stopped, row by row."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.responses import Response

from services.registry.domain.mailing import Fault, may_approve
from services.registry.mailings import flow
from services.registry.store.mailings import (
    mailing_count,
    mailing_lines,
    progress_of,
    recipient_rows,
)
from services.registry.tables import Initiative, Mailing, MailingStage, RecipientState
from services.registry.web import mailing_words
from services.registry.web.guard import Forbidden
from services.registry.web.mailing_form import pace_in
from services.registry.web.queries import Slice
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.events import LetterKind
from shared.outbox import now

pages = Pages()

_SIZE: Final = 25
_ROWS: Final = 100
_SHOWN: Final = {
    "": tuple(state for state in RecipientState if state is not RecipientState.LEFT_OUT),
    "skickade": (RecipientState.SENT,),
    "vantar": (RecipientState.WAITING, RecipientState.ORDERED),
    "gick-inte": (RecipientState.HELD_BACK, RecipientState.FAILED),
    "utelamnade": (RecipientState.LEFT_OUT,),
}
"""Which recipients a choice of the page shows."""


@pages.get("/utskick", Permission.SEE_ANSWERS)
def mailings(visit: Visitor) -> Response:
    """All of them, the last one first, with how far each has come."""
    with visit.read() as session:
        total = mailing_count(session)
        number = min(visit.page_number(), max(1, -(-total // _SIZE)))
        lines = mailing_lines(session, limit=_SIZE, offset=(number - 1) * _SIZE)
    return visit.page(
        "mailings.html",
        lines=Slice(lines, number, _SIZE, total),
        may_change=may_change,
        mw=mailing_words,
    )


@pages.get("/utskick/{mailing_id}", Permission.SEE_ANSWERS)
def mailing(visit: Visitor, mailing_id: str) -> Response:
    """One mailing: how far it has come, and what became of each letter."""
    return show(visit, one_of(visit, mailing_id))


@pages.post("/utskick/{mailing_id}/godkann", Permission.ORDER_REMINDERS)
def approve(visit: Visitor, mailing_id: str) -> Response:
    """Say yes to another's mailing."""
    return _as_seen(visit, mailing_id, flow.approve)


@pages.post("/utskick/{mailing_id}/till-utkast", Permission.ORDER_REMINDERS)
def reopen(visit: Visitor, mailing_id: str) -> Response:
    """Make a draft of it again."""
    return _as_seen(visit, mailing_id, flow.reopen)


@pages.post("/utskick/{mailing_id}/skicka", Permission.ORDER_REMINDERS)
def send(visit: Visitor, mailing_id: str) -> Response:
    """Let it leave, now or when its time comes."""
    return _as_seen(visit, mailing_id, flow.send)


@pages.post("/utskick/{mailing_id}/pausa", Permission.ORDER_REMINDERS)
def pause(visit: Visitor, mailing_id: str) -> Response:
    """Let nothing more leave for now."""
    return _at_once(visit, mailing_id, flow.pause)


@pages.post("/utskick/{mailing_id}/fortsatt", Permission.ORDER_REMINDERS)
def resume(visit: Visitor, mailing_id: str) -> Response:
    """Let it go on."""
    return _at_once(visit, mailing_id, flow.resume)


@pages.post("/utskick/{mailing_id}/stoppa", Permission.ORDER_REMINDERS)
def stop(visit: Visitor, mailing_id: str) -> Response:
    """End it for good."""
    return _at_once(visit, mailing_id, flow.stop)


@pages.post("/utskick/{mailing_id}/takt", Permission.ORDER_REMINDERS)
def pace(visit: Visitor, mailing_id: str) -> Response:
    """Let it go faster or slower."""
    one = to_change(visit, mailing_id)
    per_minute, read = pace_in(visit.form.get("takt", ""))
    per_domain, also_read = pace_in(visit.form.get("takt_doman", ""))
    if not (read and also_read):
        return show(visit, one, [Fault("bad_pace", "takt")], status=422)
    faults = flow.set_pace(
        visit.database,
        one.id,
        send_at=one.send_at,
        per_minute=per_minute,
        per_domain=per_domain,
        who=visit.user.name,
        at=now(),
    )
    return _done(visit, mailing_id, faults)


def one_of(visit: Visit, mailing_id: str) -> Mailing:
    """A mailing, or NotFound."""
    with visit.database.read() as session:
        found = session.get(Mailing, mailing_id)
    if found is None:
        raise NotFound
    return found


def to_change(visit: Visit, mailing_id: str) -> Mailing:
    """A mailing that this person may change, or NotFound, or Forbidden."""
    found = one_of(visit, mailing_id)
    if not may_change(visit, found.kind):
        raise Forbidden
    return found


def draft_of(visit: Visit, mailing_id: str) -> Mailing:
    """A draft that this person may change, or NotFound, or Forbidden."""
    one = to_change(visit, mailing_id)
    if one.stage is not MailingStage.DRAFT:
        raise NotFound
    return one


def may_change(visit: Visit, kind: LetterKind) -> bool:
    """Whether this person may compose and send letters of a kind."""
    reminds = kind is LetterKind.REMINDER and visit.may(Permission.ORDER_REMINDERS)
    return reminds or visit.may(Permission.SEND_MAILINGS)


def seen(visit: Visit) -> int:
    """The revision that the form was made of; 0 if it says none."""
    asked = visit.form.get("version", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0


def status_of(faults: Sequence[Fault]) -> int:
    """How a page answers that says what is wrong: with what was typed, or with what changed."""
    if not faults:
        return 200
    meanwhile = {"stale", "not_draft", "wrong_stage", "recipients_changed"}
    return 409 if any(one.kind in meanwhile for one in faults) else 422


def show(
    visit: Visit, one: Mailing, faults: Sequence[Fault] = (), *, status: int = 409
) -> Response:
    """The page of a mailing; of a draft it leads to what is to be done next."""
    if one.stage is MailingStage.DRAFT:
        return visit.see_other(f"/utskick/{one.id}/vilka")
    shown = visit.asked("visa") if visit.asked("visa") in _SHOWN else ""
    number = visit.page_number()
    with visit.read() as session:
        progress = progress_of(session, one.id)
        rows, total = recipient_rows(
            session,
            one.id,
            _SHOWN[shown],
            visit.asked("sok")[:200],
            limit=_ROWS,
            offset=(number - 1) * _ROWS,
        )
        about = [known.name for each in one.initiatives if (known := session.get(Initiative, each))]
    return visit.page(
        "mailing.html",
        status=status if faults else 200,
        one=one,
        about=about,
        progress=progress,
        rows=Slice(rows, number, _ROWS, total),
        shown=shown,
        faults_found=[mailing_words.fault(fault) for fault in faults],
        may_change=may_change(visit, one.kind),
        may_approve=may_approve(visit.user.name, one.written_by, one.submitted_by),
        municipality_name=municipality_name,
        mw=mailing_words,
    )


def _as_seen(visit: Visit, mailing_id: str, step: Callable[..., list[Fault]]) -> Response:
    """Do something to a mailing as it was shown."""
    one = to_change(visit, mailing_id)
    faults = step(visit.database, one.id, seen(visit), who=visit.user.name, at=now())
    return _done(visit, mailing_id, faults)


def _at_once(visit: Visit, mailing_id: str, step: Callable[..., list[Fault]]) -> Response:
    """Do something to a mailing however it has changed since it was shown."""
    one = to_change(visit, mailing_id)
    return _done(visit, mailing_id, step(visit.database, one.id, who=visit.user.name, at=now()))


def _done(visit: Visit, mailing_id: str, faults: list[Fault]) -> Response:
    if faults:
        return show(visit, one_of(visit, mailing_id), faults)
    visit.site.stir()
    return visit.see_other(f"/utskick/{mailing_id}")
