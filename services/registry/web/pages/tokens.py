"""Nycklar: what programs are let in by, made and withdrawn; and what the interface offers them."""

from starlette.responses import Response

from services.registry.admin import tokens
from services.registry.tables import Role
from services.registry.web.interface import interface_of
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()

_PLACE = "/nycklar"
_ROLES = (Role.READER, Role.PROGRAMME_OFFICE, Role.REGISTRAR, Role.ADMINISTRATOR)
"""The one that may do least first."""
LIFETIMES = {30: "30 dagar", 90: "90 dagar", 365: "Ett år", tokens.MOST_DAYS: "Två år"}
"""How long a key may work, as it is offered in the form; in days."""


@pages.get(_PLACE, Permission.MANAGE_USERS)
def list_tokens(visit: Visitor) -> Response:
    """All keys, also those that work no longer, and the form for a new one."""
    return _page(visit)


@pages.post(_PLACE, Permission.MANAGE_USERS)
def add_token(visit: Visitor) -> Response:
    """Make a key and show it, this once; or say what is wrong, nothing lost."""
    days = visit.form.get("dagar", "")
    try:
        made = tokens.add(
            visit.database,
            visit.form.get("namn", ""),
            visit.form.get("roll", ""),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            who=visit.user.name,
            now=now(),
        )
    except tokens.WrongToken as error:
        return _page(visit, fault=error.code)
    return _page(visit, made=made)


@pages.post(_PLACE + "/{name}/dra-in", Permission.MANAGE_USERS)
def withdraw_token(visit: Visitor, name: str) -> Response:
    """Let a key work no longer."""
    try:
        tokens.withdraw(visit.database, name, who=visit.user.name, now=now())
    except tokens.WrongToken:
        raise NotFound from None
    return visit.see_other(_PLACE)


@pages.get("/programgranssnitt", Permission.SEE_ANSWERS)
def interface(visit: Visitor) -> Response:
    """The interface as people read about it, made from its description."""
    return visit.page("interface.html", interface=interface_of(visit.site.api_description()))


def _page(visit: Visit, made: tokens.NewToken | None = None, fault: str = "") -> Response:
    at = now()
    with visit.read() as session:
        known = tokens.list_all(session)
    working = [one for one in known if tokens.state_of(one, at) == "works"]
    return visit.page(
        "tokens.html",
        status=422 if fault else 200,
        working=working,
        ended=[one for one in known if one not in working],
        made=made,
        fault=fault,
        form=visit.form if fault else {},
        roles=_ROLES,
        lifetimes=LIFETIMES,
    )
