"""Drift: how the registry fares, what went wrong, and having it tried again."""

from datetime import timedelta

from starlette.responses import Response

from services.registry.retry import NoSuchLetter, retry_all, retry_letter
from services.registry.store.operations import (
    database_bytes,
    outbox_state,
    registered_mails,
    traffic,
    unsent,
)
from services.registry.store.queue import queue_counts
from services.registry.web.concerns import BYTES_IN_GB, disk_of
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import dead_letters, now

pages = Pages()

_DAYS = 14
_MOST = 50
"""So many of the latest mails that did not leave."""


@pages.get("/drift", Permission.SEE_OPERATIONS)
def operations(visit: Visitor) -> Response:
    """All that the registry itself can know."""
    return _page(visit)


@pages.post("/drift/ohanterade/forsok-igen", Permission.SEE_OPERATIONS)
def try_all_again(visit: Visitor) -> Response:
    """Have every event that could not be handled handled once more."""
    retry_all(visit.database, who=visit.user.name, at=now())
    return _tried(visit)


@pages.post("/drift/ohanterade/{number}/forsok-igen", Permission.SEE_OPERATIONS)
def try_again(visit: Visitor, number: RowNumber) -> Response:
    """Have one of them handled once more."""
    try:
        done = retry_letter(visit.database, number, who=visit.user.name, at=now())
    except NoSuchLetter:
        raise NotFound from None
    return _tried(visit) if done else _page(visit, status=409, too_late=True)


def _tried(visit: Visit) -> Response:
    visit.site.stir()
    visit.site.operations.look_again()
    return visit.see_other("/drift")


def _page(visit: Visit, *, status: int = 200, too_late: bool = False) -> Response:
    at, zone = now(), visit.site.zone
    with visit.database.read() as session:
        letters = dead_letters(session)
        mails = unsent(session, at - timedelta(days=_DAYS), limit=_MOST)
        named = [one.mail_id for one in letters] + [one.mail_id for one in mails]
        known = registered_mails(session, [one for one in named if one is not None])
        waiting, queue = outbox_state(session), queue_counts(session)
        days = traffic(session, at.astimezone(zone).date(), zone, _DAYS)
        size = database_bytes(session)
    return visit.page(
        "operations.html",
        status=status,
        too_late=too_late,
        watched=visit.site.operations.watched(),
        letters=letters,
        mails=mails,
        most=_MOST,
        known=known,
        waiting=waiting,
        queue=queue,
        days=days,
        database_bytes=size,
        disk=disk_of(visit.site.archive),
        warn_bytes=int(visit.site.settings.disk_warn_gb * BYTES_IN_GB),
    )
