"""Uppgifter: replies that say that an address must be seen to; and all other replies to read."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from services.registry.contacts import NoSuchContact, Unchanged
from services.registry.domain.contact import Named
from services.registry.replies import AlreadyHandled, NoSuchReply, accept_suggestion, dismiss
from services.registry.store.answers import initiatives
from services.registry.store.replies import DONE, ReplyShown, replies_in, reply_count, reply_shown
from services.registry.tables import ReplyState
from services.registry.web.pages.bounces import chosen_contacts
from services.registry.web.pages.contacts import status_of, typed_in
from services.registry.web.queries import Slice
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()

_SIZE = 25
_SHOWN = {
    "": (ReplyState.OPEN,),
    "hanterade": DONE,
    "svar": (ReplyState.NOTED,),
}


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed; what was typed is in the form."""

    faults: Sequence[str] = ()
    chosen: frozenset[int] = frozenset()
    nobody: bool = False
    """No contact was chosen."""
    too_late: bool = False
    """Somebody else has handled it."""


@pages.get("/uppgifter", Permission.SEE_MAIL)
def tasks(visit: Visitor) -> Response:
    """What waits, the oldest first; or, if asked for, what is done, or asks for nothing."""
    asked = visit.asked("visa")
    shown = asked if asked in _SHOWN else ""
    with visit.database.read() as session:
        total = reply_count(session, _SHOWN[shown])
        number = min(visit.page_number(), max(1, -(-total // _SIZE)))
        found = replies_in(session, _SHOWN[shown], limit=_SIZE, offset=(number - 1) * _SIZE)
    return _page(visit, Slice(found, number, _SIZE, total), shown)


@pages.post("/uppgifter/{mail_id}/andra", Permission.RESOLVE)
def accept(visit: Visitor, mail_id: str) -> Response:
    """Let the ticked contacts be whom the reply names; or say what forbids it, nothing lost."""
    chosen = chosen_contacts(visit)
    if not chosen:
        return _refused(visit, mail_id, Refusal(nobody=True), 422)
    try:
        refused = accept_suggestion(
            visit.database,
            mail_id,
            chosen,
            named_in_form(visit),
            confirming=visit.site.confirming,
            who=visit.user.name,
            at=now(),
        )
    except AlreadyHandled:
        return _refused(visit, mail_id, Refusal(too_late=True), 409)
    except (NoSuchReply, NoSuchContact):
        raise NotFound from None
    if refused is None:
        visit.site.stir()
        return visit.see_other("/uppgifter")
    why = Refusal(refused.faults, frozenset(chosen))
    return _refused(visit, mail_id, why, status_of(Unchanged(refused.faults)))


@pages.post("/uppgifter/{mail_id}/avfarda", Permission.RESOLVE)
def leave(visit: Visitor, mail_id: str) -> Response:
    """Be done with a task without changing anything."""
    try:
        dismiss(visit.database, mail_id, who=visit.user.name, at=now())
    except AlreadyHandled:
        return _refused(visit, mail_id, Refusal(too_late=True), 409)
    except NoSuchReply:
        raise NotFound from None
    return visit.see_other("/uppgifter")


def named_in_form(visit: Visit) -> Named:
    """Whom the form names: one of the suggestions, as it stands on its button, or as typed."""
    place = visit.form.get("forslag", "")
    if place.isascii() and place.isdigit():
        return Named(
            visit.form.get(f"namn.{place}", "").strip(),
            visit.form.get(f"epost.{place}", "").strip(),
            "",
        )
    return typed_in(visit)


def _refused(visit: Visit, mail_id: str, refusal: Refusal, status: int) -> Response:
    with visit.database.read() as session:
        task = reply_shown(session, mail_id)
    if task is None:
        raise NotFound
    shown = {state: name for name, states in _SHOWN.items() for state in states}
    return _page(visit, Slice([task], 1, 1, 1), shown[task.reply.state], refusal, status)


def _page(
    visit: Visit,
    found: Slice[ReplyShown],
    shown: str,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    with visit.read() as session:
        known = initiatives_by_id(initiatives(session))
        waiting = reply_count(session, (ReplyState.OPEN,))
    return visit.page(
        "tasks.html",
        status=status,
        found=found,
        shown=shown,
        waiting=waiting,
        refusal=refusal,
        typed=visit.form,
        initiatives=known,
        municipality_name=municipality_name,
    )
