"""Log-in and log-out at the organisation's own provider: away from here, and back."""

import structlog
from starlette.responses import Response

from services.registry.web.attempts import LIFETIME_S, Attempt
from services.registry.web.auth import NotAdmitted
from services.registry.web.oidc import LogInRefused, Provider
from services.registry.web.oidc_discovery import ProviderUnavailable
from services.registry.web.pages.account import lead_on, login_page, set_cookie
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

log = structlog.get_logger()
pages = Pages()


@pages.post("/logga-in/oidc", Permission.OPEN)
def leave(visit: Visitor) -> Response:
    """Begin a log-in, and send the browser to the provider.

    By a page that leads on by itself: a form may lead to no other host (CSP, form-action).
    """
    provider = _provider(visit)
    leads_to, kept = visit.form.get("till", ""), visit.form.get("kept", "")
    attempt = visit.site.attempts.begin(_own(visit, "/logga-in/oidc/svar"), leads_to, kept)
    if attempt is None:
        fault = (
            "Det du har skrivit ryms inte just nu medan du loggar in den vägen. "
            "Vänta en stund och försök igen."
        )
        return login_page(visit, status=503, fault=fault, leads_to=leads_to, kept=kept)
    try:
        address = provider.log_in_address(attempt)
    except ProviderUnavailable as error:
        return _unavailable(visit, error, attempt)
    page = visit.page("leaving.html", address=address, label=provider.label)
    page.headers["Refresh"] = f"0; url={address}"
    sealed = visit.site.attempts.sealed(attempt)
    set_cookie(page, visit.site, visit.site.attempt_cookie, sealed, LIFETIME_S)
    return page


@pages.get("/logga-in/oidc/svar", Permission.OPEN)
def come_back(visit: Visitor) -> Response:
    """Open a session for whom the provider vouches for, or say why not."""
    provider = _provider(visit)
    cookie = visit.request.cookies.get(visit.site.attempt_cookie, "")
    attempt = visit.site.attempts.opened(cookie)
    if attempt is None or not attempt.is_answered_by(visit.asked("state")):
        log.warning("oidc_answer_of_another_attempt", address=visit.address)
        return login_page(
            visit,
            status=400,
            fault="Inloggningen började inte i den här webbläsaren eller tog för lång tid. "
            "Börja om.",
        )
    response = _answered(visit, provider, attempt)
    response.delete_cookie(visit.site.attempt_cookie, secure=visit.site.settings.cookie_secure)
    return response


@pages.get("/logga-ut/oidc", Permission.OPEN)
def log_out_there(visit: Visitor) -> Response:
    """Lead to the provider's own log-out; our session is over already."""
    provider = _provider(visit)
    try:
        address = provider.log_out_address(_own(visit, "/logga-in"))
    except ProviderUnavailable as error:
        log.warning("oidc_unavailable", reason=str(error))
        address = None
    if address is None:
        fault = (
            f"Det går inte att logga ut från {provider.label} härifrån just nu. "
            "Stäng alla fönster i webbläsaren om andra använder datorn."
        )
        return login_page(visit, status=503, fault=fault)
    return visit.see_other(address)


def _answered(visit: Visit, provider: Provider, attempt: Attempt) -> Response:
    problem = visit.asked("error")
    if problem:
        log.warning("oidc_login_not_made", error=problem[:100])
        if problem == "access_denied":
            return _failed(visit, attempt, 401, "Inloggningen avbröts.")
        return _failed(visit, attempt, 401, f"Det gick inte att logga in med {provider.label}.")
    try:
        identity = provider.identity(visit.asked("code"), attempt)
    except ProviderUnavailable as error:
        return _unavailable(visit, error, attempt)
    except LogInRefused as error:
        log.warning("oidc_login_refused", reason=str(error), address=visit.address)
        fault = (
            f"Svaret från {provider.label} gick inte att lita på, så du är inte inloggad. "
            "Försök igen. Säg till den som sköter driften om det inte hjälper."
        )
        return _failed(visit, attempt, 401, fault)
    admitted = visit.site.accounts.admit(identity, provider.role_of(identity.groups), now())
    if isinstance(admitted, NotAdmitted):
        known = f" som {identity.name}" if identity.name else ""
        fault = (
            f"Du loggade in med {provider.label}{known}, men har ingen roll i Handslag. "
            "Be en administratör om behörighet."
        )
        return _failed(visit, attempt, 403, fault)
    kept = visit.site.attempts.take_kept(attempt)
    return lead_on(visit, admitted.token, attempt.leads_to, kept)


def _unavailable(visit: Visit, error: ProviderUnavailable, attempt: Attempt) -> Response:
    log.warning("oidc_unavailable", reason=str(error))
    label = _provider(visit).label
    fault = (
        f"Det går inte att logga in med {label} just nu. "
        "Försök igen om en stund, eller använd ett lokalt konto."
    )
    return _failed(visit, attempt, 503, fault)


def _failed(visit: Visit, attempt: Attempt, status: int, fault: str) -> Response:
    kept = visit.site.attempts.take_kept(attempt)
    return login_page(visit, status=status, fault=fault, leads_to=attempt.leads_to, kept=kept)


def _provider(visit: Visit) -> Provider:
    if visit.site.provider is None:
        raise NotFound
    return visit.site.provider


def _own(visit: Visit, path: str) -> str:
    """The whole address of a page of ours, as the provider knows it."""
    scheme = "https" if visit.site.settings.cookie_secure else "http"
    return f"{scheme}://{visit.request.headers.get('host', '')}{path}"
