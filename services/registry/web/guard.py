"""What stands before every route: who is it, may they, and does the form come from our page."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from services.registry.web import csrf
from services.registry.web.auth import Person
from services.registry.web.roles import Permission
from services.registry.web.site import Site, site_of
from shared.database import DatabaseUnavailable
from shared.outbox import now

BY_ITSELF = "Handslag-By-Itself"
"""The header of what `live.js` fetches: it must not keep a log-in alive."""


class LoginNeeded(Exception):
    """Nobody is logged in, or no longer. `typed` is what a form held: it must not be lost."""

    def __init__(self, typed: dict[str, str]) -> None:
        super().__init__()
        self.typed = typed


class PasswordChangeNeeded(Exception):
    """The person still has the first password, which somebody else knows."""


class Forbidden(Exception):
    """The person's role does not allow it."""


@dataclass(frozen=True)
class Upload:
    """A file of a form; `name` is what the browser says that it is called."""

    name: str
    content: bytes


class Guard:
    """The dependency that `add_pages` puts on each route."""

    def __init__(self, permission: Permission, *, from_anywhere: bool = False) -> None:
        """`from_anywhere`: a POST need not come from a page of ours; its address is its proof."""
        self.permission = permission
        self.from_anywhere = from_anywhere

    async def __call__(self, request: Request) -> None:
        """Let the request through, with `request.state.person`, `.form` and `.files` set, or
        raise."""
        site = site_of(request)
        try:
            person = await run_in_threadpool(person_of, site, request)
        except DatabaseUnavailable:
            if self.permission is not Permission.OPEN:
                raise
            # Health and the look of the error page must be there when the database is not.
            person = None
        request.state.person, request.state.form, request.state.files = person, {}, {}
        if request.method == "POST":
            if _has_files(request) and self.permission is not Permission.OPEN:
                # A stranger's file is not even received.
                self._check(person, request)
            async with request.form() as form:
                request.state.form, request.state.files = _texts(form), await _files(form)
            if not self.from_anywhere:
                csrf.check_origin(
                    request.headers.get("host", ""),
                    request.headers.get("origin"),
                    request.headers.get("referer"),
                )
        if self.permission is not Permission.OPEN:
            self._check(person, request)
        if request.method == "POST" and not self.from_anywhere:
            csrf.check_token(form_token(site, request), request.state.form.get(csrf.FIELD, ""))

    def _check(self, person: Person | None, request: Request) -> None:
        if person is None:
            raise LoginNeeded(_worth_keeping(request.state.form))
        if person.may(self.permission):
            return
        if person.must_change_password:
            raise PasswordChangeNeeded
        raise Forbidden


def person_of(site: Site, request: Request) -> Person | None:
    """Return who is logged in, from the session cookie."""
    token = request.cookies.get(site.session_cookie)
    if not token:
        return None
    return site.accounts.person(token, now(), by_hand=not _by_itself(request))


def _by_itself(request: Request) -> bool:
    """Tell whether an open page asks, with nobody at it perhaps."""
    asked = request.headers
    return asked.get("accept") == "text/event-stream" or BY_ITSELF in asked


def form_token(site: Site, request: Request) -> str:
    """Return the token that a form on this visitor's page carries; empty if there can be none."""
    person: Person | None = request.state.person
    if person is not None:
        return person.csrf_token
    cookie = request.cookies.get(site.form_cookie)
    return csrf.token_for_stranger(cookie) if cookie else ""


def login_address(request: Request) -> str:
    """Return the address of the log-in page that leads back here."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/logga-in" if here == "/" else f"/logga-in?till={quote(here, safe='')}"


def _texts(form: FormData) -> dict[str, str]:
    """The form's texts, without NUL: no browser sends it, and PostgreSQL does not store it."""
    return {key: value.replace("\x00", "") for key, value in form.items() if isinstance(value, str)}


def _has_files(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/")


async def _files(form: FormData) -> dict[str, Upload]:
    """The files that were chosen; a field without one is left out."""
    return {
        key: Upload(value.filename.replace("\x00", ""), await value.read())
        for key, value in form.items()
        if isinstance(value, UploadFile) and value.filename
    }


def _worth_keeping(form: dict[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in form.items()
        if key != csrf.FIELD and "password" not in key and value
    }
