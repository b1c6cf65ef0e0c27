"""What is wrong with a call, as RFC 9457 has it: `application/problem+json`."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.registry.api.keys import Refusal
from services.registry.api.models.common import Model
from shared.archive import ArchiveUnavailable, DamagedInArchive, NotInArchive
from shared.database import DatabaseUnavailable

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
REALM: Final = 'Bearer realm="handslag"'

TITLES: Mapping[str, tuple[int, str, str]] = MappingProxyType(
    {
        "token_missing": (
            401,
            "Nyckel saknas",
            "Skicka nyckeln i huvudet Authorization: Bearer. Kakor gäller inte här.",
        ),
        "token_unknown": (401, "Okänd nyckel", "Nyckeln finns inte."),
        "token_expired": (401, "Nyckeln har gått ut", "Be en administratör om en ny nyckel."),
        "token_withdrawn": (401, "Nyckeln är indragen", "Be en administratör om en ny nyckel."),
        "too_many_tries": (429, "För många försök", "Vänta och försök sedan igen."),
        "forbidden": (403, "Behörighet saknas", "Nyckelns roll tillåter inte det här anropet."),
        "not_found": (404, "Finns inte", "Det som anropet gäller finns inte."),
        "method_not_allowed": (405, "Fel metod", "Adressen tar inte emot den metoden."),
        "too_large": (413, "För stort", "Anropet är för stort."),
        "bad_request": (400, "Felaktigt anrop", "Anropet går inte att förstå."),
        "bad_cursor": (
            400,
            "Felaktig markör",
            "Använd next_cursor från föregående svar, med samma adress och filter.",
        ),
        "invalid": (422, "Fel i anropet", "Något i anropet har inte rätt form, se errors."),
        "refused": (422, "Går inte att genomföra", "Inget har ändrats, se objections."),
        "conflict": (409, "Någon hann före", "Inget har ändrats, se objections."),
        "unavailable": (
            503,
            "Handslag når inte sina uppgifter",
            "Databasen eller arkivet svarar inte just nu. Inget har gått förlorat.",
        ),
        "file_missing": (404, "Filen saknas", "Filen saknas i arkivet eller är skadad där."),
        "fault": (500, "Något gick fel", "Felet ligger hos oss och har skrivits i driftloggen."),
    }
)
"""Each problem's code: HTTP status, title, and what it means."""


class ObjectionItem(Model):
    """One reason why the register does not do it."""

    key: str = Field(description="A stable key")
    text: str = Field(description="The same in Swedish")


class FieldError(Model):
    """One part of the call that is not as it should be."""

    where: str
    text: str


class ProblemDocument(Model):
    """RFC 9457. `code` is stable; title and detail are for people and may change."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=False)

    type: str = Field(description="Where the code is described")
    title: str
    status: int
    detail: str
    code: str
    objections: list[ObjectionItem] | None = Field(
        default=None, description="Why the register does not do it: all reasons"
    )
    errors: list[FieldError] | None = Field(default=None, description="What has the wrong shape")


class Problem(Exception):
    """Ends a call with a problem document."""

    def __init__(
        self,
        code: str,
        *,
        objections: Sequence[ObjectionItem] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.objections = list(objections) if objections is not None else None
        self.headers = dict(headers or {})


def refused_key(refusal: Refusal) -> Problem:
    """The problem of a key that does not let anybody in (RFC 6750, 3.1)."""
    return Problem(refusal.value, headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'})


def must_wait(seconds: float) -> Problem:
    """The problem of an address that has sent too many wrong keys."""
    return Problem("too_many_tries", headers={"Retry-After": str(math.ceil(seconds))})


def document_of(code: str, **more: Any) -> ProblemDocument:
    """Return the document of a problem."""
    status, title, detail = TITLES[code]
    return ProblemDocument(
        type=f"/programgranssnitt#{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        **more,
    )


def answer(code: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return the response of a problem."""
    found = document_of(code, **more)
    return JSONResponse(
        found.model_dump(mode="json", exclude_none=True),
        found.status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


async def _problem(_request: Request, error: Problem) -> Response:
    return answer(error.code, headers=error.headers, objections=error.objections)


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    return answer(
        "invalid",
        errors=[
            FieldError(where=".".join(str(part) for part in one["loc"]), text=str(one["msg"]))
            for one in error.errors()
        ],
    )


async def _http(_request: Request, error: HTTPException) -> Response:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    headers = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    return answer(codes.get(error.status_code, "bad_request"), headers=headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("api_unavailable", path=request.url.path, reason=str(error))
    return answer("unavailable")


async def _missing(request: Request, error: Exception) -> Response:
    log.error("archive_faulty", path=request.url.path, reason=str(error))
    return answer("file_missing")


async def _fault(_request: Request, _error: Exception) -> Response:
    return answer("fault")


Handler = Callable[[Request, Any], Any]

HANDLERS: Mapping[int | type[Exception], Handler] = {
    Problem: _problem,
    RequestValidationError: _invalid,
    HTTPException: _http,
    DatabaseUnavailable: _unavailable,
    ArchiveUnavailable: _unavailable,
    NotInArchive: _missing,
    DamagedInArchive: _missing,
    Exception: _fault,
}
