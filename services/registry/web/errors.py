"""What a person sees when something is not as it should be: what happened, and what to do."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.registry.web.csrf import FormRefused
from services.registry.web.guard import (
    Forbidden,
    LoginNeeded,
    PasswordChangeNeeded,
    login_address,
    person_of,
)
from services.registry.web.pages.account import login_page
from services.registry.web.site import site_of
from services.registry.web.visit import NotFound, Visit
from shared.archive import ArchiveUnavailable, DamagedInArchive, NotInArchive
from shared.database import DatabaseUnavailable

log = structlog.get_logger()


async def crashed(request: Request) -> Response:
    """The page for a fault of ours that nobody foresaw; the log has the details."""
    return await _bare(
        request,
        500,
        "Något gick fel",
        "Felet ligger hos oss och har skrivits i driftloggen. Inget har gått förlorat. "
        "Försök igen om en stund.",
    )


async def _login_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, LoginNeeded)
    if not error.typed:
        return RedirectResponse(login_address(request), 303)
    kept = json.dumps({"action": request.url.path, "fields": error.typed})
    return await run_in_threadpool(login_page, Visit(request), status=401, kept=kept)


async def _password_change_needed(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/losenord", 303)


async def _forbidden(request: Request, _error: Exception) -> Response:
    return await _framed(
        request,
        403,
        "Du har inte behörighet",
        "Din roll ger inte tillgång till den här sidan. "
        "Tala med en administratör om du behöver den.",
    )


async def _form_refused(request: Request, error: Exception) -> Response:
    log.warning("form_refused", path=request.url.path, reason=str(error))
    return await _framed(
        request,
        403,
        "Formuläret kunde inte tas emot",
        "Sidan som formuläret stod på gäller inte längre, eller hör inte till Handslag. "
        "Inget har ändrats. Öppna sidan på nytt och försök igen.",
    )


async def _not_found(request: Request, _error: Exception) -> Response:
    return await _framed(
        request,
        404,
        "Sidan finns inte",
        "Adressen kan vara felskriven, eller så har det du söker aldrig funnits. "
        "Inget tas bort ur registret.",
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await _not_found(request, error)
    if error.status_code == 413:
        return await _framed(request, 413, "För mycket text", "Formuläret är för stort.")
    return await _framed(
        request, error.status_code, "Det gick inte", "Sidan tar inte emot den sortens anrop."
    )


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("page_unavailable", path=request.url.path, reason=str(error))
    return await _bare(
        request,
        503,
        "Handslag når inte sina uppgifter",
        "Databasen eller arkivet svarar inte just nu. Inget har gått förlorat. "
        "Försök igen om en stund.",
    )


async def _missing_in_archive(request: Request, error: Exception) -> Response:
    log.error("archive_faulty", path=request.url.path, reason=str(error))
    return await _framed(
        request,
        404,
        "Filen kan inte visas",
        "Filen saknas i arkivet eller är skadad där. Säg till den som sköter driften.",
    )


async def _framed(request: Request, status: int, heading: str, text: str) -> Response:
    """A page in the frame of whoever asks, also where no route, and so no guard, was met."""
    if not hasattr(request.state, "person"):
        request.state.form = {}
        try:
            request.state.person = await run_in_threadpool(person_of, site_of(request), request)
        except DatabaseUnavailable:
            return await _bare(request, status, heading, text)
    visit = Visit(request)
    return await run_in_threadpool(
        visit.page, "error.html", status=status, heading=heading, text=text
    )


async def _bare(request: Request, status: int, heading: str, text: str) -> Response:
    """A page that needs nothing but its template: neither database nor log-in."""
    request.state.person = None
    request.state.form = {}
    return Visit(request).page("error.html", status=status, heading=heading, text=text)


Handler = Callable[[Request, Any], Any]

HANDLERS: Mapping[int | type[Exception], Handler] = {
    LoginNeeded: _login_needed,
    PasswordChangeNeeded: _password_change_needed,
    Forbidden: _forbidden,
    FormRefused: _form_refused,
    NotFound: _not_found,
    RequestValidationError: _not_found,
    HTTPException: _http_error,
    DatabaseUnavailable: _unavailable,
    ArchiveUnavailable: _unavailable,
    NotInArchive: _missing_in_archive,
    DamagedInArchive: _missing_in_archive,
}
