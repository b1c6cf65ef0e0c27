"""How a page is declared: its path, and the permission it asks for, in one line.

    pages = Pages()

    @pages.get("/svar", Permission.SEE_ANSWERS)
    def answers(visit: Visit) -> Response: ...

`add_pages` refuses an application in which any route lacks such a declaration.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Path
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.registry.web.guard import Guard
from services.registry.web.roles import Permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Response])


RowNumber = Annotated[int, Path(ge=0, lt=2**31)]
"""A number in a path that names a row; one that no database can hold names none."""


class UndeclaredRoute(Exception):
    """A route would be open to anybody, because it does not say which permission it asks for."""


@dataclass(frozen=True)
class Declaration:
    path: str
    method: str
    permission: Permission
    endpoint: Callable[..., Response]
    max_bytes: int | None = None
    """How large a form may be; None as everywhere."""
    from_anywhere: bool = False
    """Whether a form need not stand on a page of ours."""


class Pages:
    """The routes of one module."""

    def __init__(self) -> None:
        self.declarations: list[Declaration] = []

    def get(self, path: str, permission: Permission) -> Callable[[Endpoint], Endpoint]:
        """Declare a page."""
        return self._declare(path, "GET", permission)

    def post(
        self,
        path: str,
        permission: Permission,
        *,
        max_bytes: int | None = None,
        from_anywhere: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare what a form does. Token and origin are checked before the endpoint runs.

        `max_bytes` is for forms with files, which may be larger than others. `from_anywhere` is
        for what a mail program sends, and whose address holds a secret of its own.
        """
        return self._declare(path, "POST", permission, max_bytes, from_anywhere)

    def _declare(
        self,
        path: str,
        method: str,
        permission: Permission,
        max_bytes: int | None = None,
        from_anywhere: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        def remember(endpoint: Endpoint) -> Endpoint:
            self.declarations.append(
                Declaration(path, method, permission, endpoint, max_bytes, from_anywhere)
            )
            return endpoint

        return remember


def add_pages(app: FastAPI, modules: Sequence[Pages]) -> None:
    """Add the routes of the modules, each behind its guard, and check the application."""
    app.router.routes.extend(_built(tuple(modules), app.router.max_body_size))
    check_declared(app)


@cache
def _built(modules: tuple[Pages, ...], max_body_size: int | None) -> list[BaseRoute]:
    """The routes, which know nothing of the application that they are added to."""
    router = APIRouter(max_body_size=max_body_size)
    for pages in modules:
        for declared in pages.declarations:
            router.add_api_route(
                declared.path,
                declared.endpoint,
                methods=[declared.method],
                dependencies=[
                    Depends(Guard(declared.permission, from_anywhere=declared.from_anywhere))
                ],
                response_model=None,
                include_in_schema=False,
                max_body_size=declared.max_bytes,
            )
    return router.routes


def check_declared(app: FastAPI) -> None:
    """Raise UndeclaredRoute unless every route of the application is guarded."""
    for route in app.routes:
        permission_of(route)


def permission_of(route: BaseRoute) -> Permission:
    """Return the permission that guards a route, or raise UndeclaredRoute."""
    if isinstance(route, APIRoute):
        for dependency in route.dependencies:
            if isinstance(dependency.dependency, Guard):
                return dependency.dependency.permission
    raise UndeclaredRoute(f"{getattr(route, 'path', route)} does not declare a permission")
