"""Användare: who has an account, and what it may do."""

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.responses import Response

from services.registry.admin import users
from services.registry.admin.users import NewUser, WrongUser
from services.registry.tables import Role, UserAccount
from services.registry.web.register_words import USER_FAULTS
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()


@pages.get("/anvandare", Permission.MANAGE_USERS)
def accounts(visit: Visitor) -> Response:
    """Every account, the closed ones last, and the form by which one is added."""
    return _list(visit)


@pages.post("/anvandare", Permission.MANAGE_USERS)
def add(visit: Visitor) -> Response:
    """Add an account; its first password is shown on this page and nowhere else."""
    name, role = visit.form.get("namn", ""), visit.form.get("roll", "")
    try:
        made = users.add(visit.database, name, role, who=visit.user.name, now=now())
    except WrongUser as error:
        return _list(visit, error.fault)
    return visit.page("user_password.html", made=made, reset=False)


@pages.get("/anvandare/konto", Permission.MANAGE_USERS)
def account(visit: Visitor) -> Response:
    """One account, by the name in the address."""
    return _page(visit, visit.asked("namn"))


@pages.post("/anvandare/konto/roll", Permission.MANAGE_USERS)
def change_role(visit: Visitor) -> Response:
    """Give an account another role."""
    seen, role = visit.form.get("sedd", ""), visit.form.get("roll", "")
    return _change(
        visit,
        lambda name: users.change_role(
            visit.database, name, seen, role, who=visit.user.name, now=now()
        ),
    )


@pages.post("/anvandare/konto/stang", Permission.MANAGE_USERS)
def close(visit: Visitor) -> Response:
    """Close an account."""
    return _change(
        visit, lambda name: users.close(visit.database, name, who=visit.user.name, now=now())
    )


@pages.post("/anvandare/konto/oppna", Permission.MANAGE_USERS)
def reopen(visit: Visitor) -> Response:
    """Open a closed account again."""
    return _change(
        visit, lambda name: users.reopen(visit.database, name, who=visit.user.name, now=now())
    )


@pages.post("/anvandare/konto/losenord", Permission.MANAGE_USERS)
def reset_password(visit: Visitor) -> Response:
    """Give an account a new first password, shown on this page and nowhere else."""
    name = visit.form.get("namn", "")
    try:
        made: NewUser = users.reset_password(visit.database, name, who=visit.user.name, now=now())
    except WrongUser as error:
        return _page(visit, name, error.fault)
    return visit.page("user_password.html", made=made, reset=True)


def _change(visit: Visit, change: Callable[[str], None]) -> Response:
    name = visit.form.get("namn", "")
    try:
        change(name)
    except WrongUser as error:
        return _page(visit, name, error.fault)
    return visit.see_other(f"/anvandare/konto?{urlencode({'namn': name})}")


def _list(visit: Visit, fault: str = "") -> Response:
    found = users.list_all(visit.database)
    return visit.page(
        "users.html",
        status=422 if fault else 200,
        accounts=sorted(found, key=lambda one: (one.closed_at is not None, one.name)),
        roles=list(Role),
        fault=USER_FAULTS[fault] if fault else "",
        name=visit.form.get("namn", ""),
        role=visit.form.get("roll", ""),
    )


def _page(visit: Visit, name: str, fault: str = "") -> Response:
    with visit.read() as session:
        found = session.get(UserAccount, name)
    if found is None:
        raise NotFound
    return visit.page(
        "user.html",
        status=(409 if fault == "changed" else 422) if fault else 200,
        account=found,
        roles=list(Role),
        fault=USER_FAULTS[fault] if fault else "",
    )
