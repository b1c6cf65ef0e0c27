"""Kunde inte levereras: addresses that our mails came back from, as tasks."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from services.registry.bounces import (
    AlreadyHandled,
    NoSuchBounce,
    correct_address,
    handle_bounce,
)
from services.registry.contacts import NoSuchContact, Unchanged
from services.registry.store.answers import initiatives
from services.registry.store.bounces import (
    BounceTask,
    bounce_count,
    bounce_task,
    bounce_tasks,
)
from services.registry.tables import BounceState
from services.registry.web.delivery import returned
from services.registry.web.pages.contacts import status_of
from services.registry.web.queries import Slice
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()

_SIZE = 25
_TICKED = "kontakt."
"""Before a contact's id: the box that is ticked to give it the new address; its revision."""


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed, and what was typed."""

    faults: Sequence[str] = ()
    address: str = ""
    chosen: frozenset[int] = frozenset()
    nobody: bool = False
    """No contact was chosen."""
    too_late: bool = False
    """Somebody else has handled it."""


@pages.get("/studsar", Permission.SEE_MAIL)
def bounces(visit: Visitor) -> Response:
    """What waits, the oldest first; or, if asked for, what is done."""
    state = BounceState.RESOLVED if visit.asked("visa") == "hanterade" else BounceState.OPEN
    with visit.database.read() as session:
        total = bounce_count(session, state)
        number = min(visit.page_number(), max(1, -(-total // _SIZE)))
        tasks = bounce_tasks(session, state, limit=_SIZE, offset=(number - 1) * _SIZE)
    return _page(visit, Slice(tasks, number, _SIZE, total), state)


@pages.post("/studsar/{mail_id}/ratta", Permission.RESOLVE)
def correct(visit: Visitor, mail_id: str) -> Response:
    """Give the ticked contacts another address; or say what forbids it, nothing lost."""
    recipient, address = visit.form.get("adress", ""), visit.form.get("epost", "").strip()
    chosen = chosen_contacts(visit)
    if not chosen:
        return _refused(visit, mail_id, recipient, Refusal(address=address, nobody=True), 422)
    try:
        refused = correct_address(
            visit.database,
            mail_id,
            recipient,
            chosen,
            address,
            who=visit.user.name,
            at=now(),
            confirming=visit.site.confirming,
        )
    except AlreadyHandled:
        return _refused(visit, mail_id, recipient, Refusal(too_late=True), 409)
    except (NoSuchBounce, NoSuchContact):
        raise NotFound from None
    if refused is None:
        visit.site.stir()
        return visit.see_other("/studsar")
    why = Refusal(refused.faults, address, frozenset(chosen))
    return _refused(visit, mail_id, recipient, why, status_of(Unchanged(refused.faults)))


@pages.post("/studsar/{mail_id}/hanterad", Permission.RESOLVE)
def handle(visit: Visitor, mail_id: str) -> Response:
    """Mark a task as done."""
    recipient = visit.form.get("adress", "")
    try:
        handle_bounce(visit.database, mail_id, recipient, who=visit.user.name, at=now())
    except AlreadyHandled:
        return _refused(visit, mail_id, recipient, Refusal(too_late=True), 409)
    except NoSuchBounce:
        raise NotFound from None
    return visit.see_other("/studsar")


def chosen_contacts(visit: Visit) -> dict[int, int]:
    """The contacts that are ticked, each with the revision that was shown."""
    return {
        int(key.removeprefix(_TICKED)): int(seen)
        for key, seen in visit.form.items()
        if key.startswith(_TICKED) and _small(key.removeprefix(_TICKED)) and _small(seen)
    }


def _small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _refused(visit: Visit, mail_id: str, recipient: str, refusal: Refusal, status: int) -> Response:
    with visit.database.read() as session:
        task = bounce_task(session, mail_id, recipient)
    if task is None:
        raise NotFound
    return _page(visit, Slice([task], 1, 1, 1), task.bounce.state, refusal, status)


def _page(
    visit: Visit,
    tasks: Slice[BounceTask],
    state: BounceState,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    with visit.read() as session:
        known = initiatives_by_id(initiatives(session))
        waiting = bounce_count(session, BounceState.OPEN)
    return visit.page(
        "bounces.html",
        status=status,
        tasks=tasks,
        done=state is BounceState.RESOLVED,
        waiting=waiting,
        refusal=refusal,
        returned=returned,
        initiatives=known,
        municipality_name=municipality_name,
    )
