"""Avsluta nyhetsbrevet: for those who get it, without a log-in; and the list of them for staff.

The link's token is all the authority there is, so neither cookie nor form token is asked for. A
page that is merely looked at changes nothing: programs that test links look at all of them.
"""

import math
from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from services.registry.store.unsubscribed import unsubscribed_count, unsubscribed_rows
from services.registry.tables import MailingRecipient, UnsubscribedHow
from services.registry.unsubscribe import holder_of, is_unsubscribed, resume, unsubscribe
from services.registry.web.queries import Slice
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import Visit, Visitor
from shared.outbox import now

pages = Pages()

_SIZE = 50
_ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program's own button sends (RFC 8058, 3.1)."""
_BUTTON = ("gor", "avsluta")


@pages.get("/avsluta/{token}", Permission.OPEN)
def ask(visit: Visitor, token: str) -> Response:
    """Ask whether to send no more newsletters, or, if that is so, whether to send them again."""
    return _public(visit, token)


@pages.post("/avsluta/{token}", Permission.OPEN, from_anywhere=True)
def end(visit: Visitor, token: str) -> Response:
    """Send no more newsletters, if a mail program's button or ours was pressed."""

    def ended(session: Session, holder: MailingRecipient) -> None:
        if how is not None:
            unsubscribe(session, holder.address, how, at=now(), letter_id=holder.letter_id)

    how = _how(visit)
    return _public(visit, token, ended)


@pages.post("/avsluta/{token}/angra", Permission.OPEN, from_anywhere=True)
def undo(visit: Visitor, token: str) -> Response:
    """Send newsletters again."""

    def resumed(session: Session, holder: MailingRecipient) -> None:
        resume(session, holder.address, at=now())

    return _public(visit, token, resumed)


@pages.get("/avslutade-nyhetsbrev", Permission.SEE_MAIL)
def unsubscribed(visit: Visitor) -> Response:
    """Who wants no newsletters, the last first."""
    return _page(visit)


@pages.post("/avslutade-nyhetsbrev", Permission.RESOLVE)
def add(visit: Visitor) -> Response:
    """Send no more newsletters to an address whose owner has told staff so."""
    typed = visit.form.get("epost", "").strip()
    try:
        with visit.database.write() as session:
            unsubscribe(session, typed, UnsubscribedHow.STAFF, at=now(), by=visit.user.name)
    except ValueError:
        return _page(visit, typed=typed, fault=True)
    return visit.see_other("/avslutade-nyhetsbrev")


@pages.post("/avslutade-nyhetsbrev/angra", Permission.RESOLVE)
def undo_by_staff(visit: Visitor) -> Response:
    """Send newsletters to an address again."""
    with visit.database.write() as session:
        resume(session, visit.form.get("epost", ""), at=now(), by=visit.user.name)
    return visit.see_other("/avslutade-nyhetsbrev")


def _how(visit: Visit) -> UnsubscribedHow | None:
    pressed = visit.form.items()
    if _ONE_CLICK in pressed:
        return UnsubscribedHow.ONE_CLICK
    return UnsubscribedHow.PAGE if _BUTTON in pressed else None


def _public(
    visit: Visit,
    token: str,
    change: Callable[[Session, MailingRecipient], None] | None = None,
) -> Response:
    """The page of a link, after what was asked for; those who try links have to wait."""
    keys = (f"address {visit.address}",)
    wait_s = visit.site.link_throttle.wait_s(keys)
    if wait_s:
        minutes = math.ceil(wait_s / 60)
        return visit.page("unsubscribe.html", status=429, minutes=minutes, address=None)
    if change is None:
        with visit.database.read() as session:
            holder = holder_of(session, token)
            over = holder is not None and is_unsubscribed(session, holder.address)
    else:
        with visit.database.write() as session:
            holder = holder_of(session, token)
            if holder is not None:
                change(session, holder)
            over = holder is not None and is_unsubscribed(session, holder.address)
    if holder is None:
        visit.site.link_throttle.failed(keys)
        return visit.page("unsubscribe.html", status=404, minutes=0, address=None)
    return visit.page(
        "unsubscribe.html",
        minutes=0,
        token=token,
        address=_hinted(holder.address),
        over=over,
        again=change is not None and not over and visit.request.url.path.endswith("/angra"),
    )


def _hinted(address: str) -> str:
    """An address as its owner knows it again, and nobody else learns it from a link."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _page(visit: Visit, typed: str = "", fault: bool = False) -> Response:
    with visit.read() as session:
        total = unsubscribed_count(session)
        number = min(visit.page_number(), max(1, -(-total // _SIZE)))
        rows = unsubscribed_rows(session, limit=_SIZE, offset=(number - 1) * _SIZE)
    return visit.page(
        "unsubscribed.html",
        status=422 if fault else 200,
        rows=Slice(rows, number, _SIZE, total),
        typed=typed,
        fault=fault,
    )
