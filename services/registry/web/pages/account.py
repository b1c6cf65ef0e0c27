"""Log-in, log-out, and the change of a password."""

import json
import math
import secrets

from starlette.responses import Response

from services.registry.web import csrf
from services.registry.web.auth import LoggedIn, MustWait, WrongPassword
from services.registry.web.passwords import MIN_LENGTH, fault_in
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.site import Site
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()


@pages.get("/logga-in", Permission.OPEN)
def log_in_form(visit: Visitor) -> Response:
    """The log-in page; whoever is logged in already is led on."""
    if visit.person is not None:
        return visit.see_other(own_address(visit.asked("till")))
    return login_page(visit, leads_to=visit.asked("till"))


@pages.post("/logga-in", Permission.OPEN)
def log_in(visit: Visitor) -> Response:
    """Open a session, or say why not."""
    name = visit.form.get("name", "").strip()[:100]
    password = visit.form.get("password", "")
    match visit.site.accounts.log_in(name, password, visit.address, now()):
        case LoggedIn(token, must_change_password):
            if must_change_password:
                return _logged_in(visit, token, visit.see_other("/losenord"))
            return lead_on(visit, token, visit.form.get("till", ""), visit.form.get("kept", ""))
        case WrongPassword():
            fault, status = "Användarnamnet eller lösenordet stämmer inte.", 401
        case MustWait(seconds):
            minutes = math.ceil(seconds / 60)
            unit = "minut" if minutes == 1 else "minuter"
            fault, status = f"För många försök. Vänta {minutes} {unit} och försök igen.", 429
    return login_page(
        visit,
        status=status,
        fault=fault,
        name=name,
        leads_to=visit.form.get("till", ""),
        kept=visit.form.get("kept", ""),
    )


@pages.post("/logga-ut", Permission.SIGNED_IN)
def log_out(visit: Visitor) -> Response:
    """End the session, and ask the browser to forget the scans that it has kept.

    A provider's person may still be logged in at the provider, and is told so.
    """
    visit.site.accounts.log_out(visit.request.cookies[visit.site.session_cookie])
    response = visit.see_other("/logga-in" if visit.user.is_local else "/logga-in?utloggad=ja")
    response.delete_cookie(visit.site.session_cookie, secure=visit.site.settings.cookie_secure)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@pages.get("/losenord", Permission.SIGNED_IN)
def password_form(visit: Visitor) -> Response:
    """The page where a person changes their password."""
    _must_be_local(visit)
    return visit.page("password.html", fault="", min_length=MIN_LENGTH)


@pages.post("/losenord", Permission.SIGNED_IN)
def change_password(visit: Visitor) -> Response:
    """Change the password; every other log-in of the person ends."""
    _must_be_local(visit)
    new = visit.form.get("new_password", "")
    fault = fault_in(new, visit.user.name)
    if new != visit.form.get("new_password_again", ""):
        fault = "De två nya lösenorden är inte lika."
    elif new == visit.form.get("old_password", ""):
        fault = "Det nya lösenordet är detsamma som det gamla."
    token = None
    if fault is None:
        token = visit.site.accounts.change_password(
            visit.user.name, visit.form.get("old_password", ""), new, now()
        )
        fault = "Det nuvarande lösenordet stämmer inte."
    if token is None:
        return visit.page("password.html", status=422, fault=fault, min_length=MIN_LENGTH)
    response = visit.see_other("/")
    set_cookie(response, visit.site, visit.site.session_cookie, token)
    return response


def login_page(
    visit: Visit,
    *,
    status: int = 200,
    fault: str = "",
    name: str = "",
    leads_to: str = "",
    kept: str = "",
) -> Response:
    """The log-in form. `kept` is what a form held when the session was found to be over."""
    cookie = visit.request.cookies.get(visit.site.form_cookie) or secrets.token_urlsafe(32)
    response = visit.page(
        "login.html",
        status=status,
        fault=fault,
        name=name,
        leads_to=leads_to,
        kept=kept,
        logged_out=bool(visit.asked("utloggad")),
        csrf=csrf.token_for_stranger(cookie),
    )
    set_cookie(response, visit.site, visit.site.form_cookie, cookie)
    return response


def lead_on(visit: Visit, token: str, leads_to: str, kept: str) -> Response:
    """Give the browser its new session, and lead to what was asked for or typed before."""
    found = _kept(kept)
    if found is None:
        return _logged_in(visit, token, visit.see_other(own_address(leads_to)))
    action, fields = found
    person = visit.site.accounts.person(token, now())
    assert person is not None
    page = visit.page("resume.html", action=action, fields=fields, csrf=person.csrf_token)
    return _logged_in(visit, token, page)


def own_address(address: str) -> str:
    """Return the address if it is a plain path of ours, else the front page."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and address[1:2] != "/" else "/"


def set_cookie(
    response: Response, site: Site, name: str, value: str, max_age_s: int | None = None
) -> None:
    """Set a cookie that no script reads and no other site sends; until the browser ends."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.settings.cookie_secure,
    )


def _logged_in(visit: Visit, token: str, response: Response) -> Response:
    set_cookie(response, visit.site, visit.site.session_cookie, token)
    response.delete_cookie(visit.site.form_cookie, secure=visit.site.settings.cookie_secure)
    return response


def _must_be_local(visit: Visit) -> None:
    if not visit.user.is_local:
        raise NotFound


def _kept(text: str) -> tuple[str, dict[str, str]] | None:
    try:
        kept = json.loads(text)
        fields = {str(name): str(value) for name, value in kept["fields"].items()}
        return own_address(str(kept["action"])), fields
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
