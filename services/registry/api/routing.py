"""How a route is declared: its path, and the permission it asks for, in one line.

routes = Routes("Svar")

@routes.get("/answers", Permission.SEE_ANSWERS)
def list_answers(call: ThisCall) -> AnswerPage: ...
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from fastapi import APIRouter, FastAPI, Security
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.registry.api.guard import KeyGuard
from services.registry.api.problems import TITLES, ProblemDocument
from services.registry.web.roles import Permission

PREFIX: Final = "/api/v1"
DESCRIPTION: Final = f"{PREFIX}/openapi.json"
"""The one address that needs no key: it says nothing about what is in the register."""

_ALWAYS: Final = (400, 401, 403, 404, 422, 429)
"""The statuses of problems that any call may meet."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Routes:
    """The routes of one module; `tag` is their heading in the description."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._declared: list[tuple[str, str, Permission, Callable[..., Any], dict[str, Any]]] = []

    def get(
        self, path: str, permission: Permission, *, file: str = ""
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a reading; `file` is the media type of one that returns no model."""
        more: dict[str, Any] = {}
        if file:
            content = {file: {"schema": {"type": "string", "format": "binary"}}}
            more = {
                "response_class": Response,
                "responses": {200: {"content": content, "description": "The file"}},
            }
        return self._declare("GET", path, permission, more)

    def post(self, path: str, permission: Permission) -> Callable[[Endpoint], Endpoint]:
        """Declare something that changes the register."""
        return self._declare("POST", path, permission, {"responses": _problems(409)})

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to a router, each behind its guard."""
        for method, path, permission, endpoint, more in self._declared:
            router.add_api_route(
                PREFIX + path,
                endpoint,
                methods=[method],
                tags=[self._tag],
                operation_id=endpoint.__name__,
                summary=_paragraphs(endpoint)[0],
                description="\n\n".join(_paragraphs(endpoint)[1:]),
                openapi_extra={"x-permission": permission.value},
                dependencies=[Security(KeyGuard(permission))],
                **{**more, "responses": _problems(*_ALWAYS) | more.get("responses", {})},
            )

    def _declare(
        self, method: str, path: str, permission: Permission, more: dict[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        def remember(endpoint: Endpoint) -> Endpoint:
            self._declared.append((method, path, permission, endpoint, more))
            return endpoint

        return remember


class UndeclaredRoute(Exception):
    """A route would be open to anybody, because it does not say which permission it asks for."""


def permission_of(route: object) -> Permission:
    """Return the permission that guards a route, or raise UndeclaredRoute."""
    if getattr(route, "path", "") == DESCRIPTION:
        return Permission.OPEN
    if isinstance(route, APIRoute):
        for dependency in route.dependencies:
            if isinstance(dependency.dependency, KeyGuard):
                return dependency.dependency.permission
    raise UndeclaredRoute(f"{getattr(route, 'path', route)} does not declare a permission")


def add_routes(app: FastAPI, modules: Sequence[Routes]) -> None:
    """Add the routes of the modules, each behind its guard."""
    app.router.routes.extend(_built(tuple(modules)))
    check_declared(app)


@cache
def _built(modules: tuple[Routes, ...]) -> list[BaseRoute]:
    """The routes, which know nothing of the application that they are added to."""
    router = APIRouter()
    for routes in modules:
        routes.add_to(router)
    return router.routes


def check_declared(app: FastAPI) -> None:
    """Raise UndeclaredRoute unless every route is guarded; all may read the description."""
    for route in app.routes:
        permission_of(route)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": ProblemDocument, "description": ", ".join(_codes(status))}
        for status in statuses
    }


def _paragraphs(endpoint: Callable[..., Any]) -> list[str]:
    """What an endpoint says of itself, as it is shown: the summary, and more."""
    return [" ".join(each.split()) for each in (endpoint.__doc__ or "").split("\n\n")]


def _codes(status: int) -> list[str]:
    return sorted(code for code, (at, _, _) in TITLES.items() if at == status)
