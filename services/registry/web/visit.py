"""One request, as a page sees it: who asks, what they sent, and how to answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.registry.web import queries
from services.registry.web.auth import Person
from services.registry.web.guard import Upload, form_token
from services.registry.web.navigation import navigation_for
from services.registry.web.roles import Permission
from services.registry.web.site import Site, site_of
from shared.database import Database


class NotFound(Exception):
    """There is no such thing, or nothing that this person may see."""


class Visit:
    """What an endpoint gets."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.site: Site = site_of(request)
        self.person: Person | None = request.state.person
        self.form: dict[str, str] = request.state.form
        self.files: dict[str, Upload] = getattr(request.state, "files", {})
        self._waiting: queries.Waiting | None = None

    @property
    def database(self) -> Database:
        return self.site.database

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A look at the register to make a page of: at its end the menu's numbers are read, too.

        Whatever changes the register comes before it. Where no page is made of it, and where it is
        not certain that one will be, use the database itself.
        """
        with self.database.read() as session:
            yield session
            if self._has_menu:
                self._waiting = queries.waiting(session)

    @property
    def _has_menu(self) -> bool:
        return self.person is not None and not self.person.must_change_password

    @property
    def user(self) -> Person:
        """The person; use it where the route asks for a log-in."""
        assert self.person is not None
        return self.person

    @property
    def address(self) -> str:
        """The visitor's network address."""
        return self.request.client.host if self.request.client else "unknown"

    def may(self, permission: Permission) -> bool:
        """Tell whether the person may do more than what the route asked for."""
        return self.person is not None and self.person.may(permission)

    def asked(self, name: str) -> str:
        """Return one value of the query string, without surrounding blanks."""
        return self.request.query_params.get(name, "").strip()

    def page_number(self, parameter: str = "sida") -> int:
        """Which page of a list is asked for, from 1; each list on a page has its parameter."""
        asked = self.asked(parameter)
        return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1

    def here(self, **changes: str) -> str:
        """Return this page's address with other query values; an empty value is left out."""
        values = dict(self.request.query_params) | changes
        kept = {name: value for name, value in values.items() if value}
        return self.request.url.path + (f"?{urlencode(kept)}" if kept else "")

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Answer with a page inside the frame."""
        frame: dict[str, Any] = {
            "visit": self,
            "person": self.person,
            "csrf": form_token(self.site, self.request),
            "faults": {},
            "navigation": (),
            "newest": None,
            "menu_counts": {},
        }
        if self._has_menu:
            waiting = self._waiting
            if waiting is None:
                with self.database.read() as session:
                    waiting = queries.waiting(session)
            frame["newest"], frame["menu_counts"] = waiting.newest, waiting.counts
            frame["faults"] = self.site.operations.troubles()
            frame["navigation"] = navigation_for(self.user, self.request.url.path, waiting.counts)
        return HTMLResponse(self.site.renderer.render(template, frame | values), status)

    def see_other(self, address: str) -> Response:
        """Answer a form by leading to a page, so that reloading it does not send the form again."""
        return RedirectResponse(address, 303)


async def _visit(request: Request) -> Visit:
    return Visit(request)


Visitor = Annotated[Visit, Depends(_visit)]
"""The type of an endpoint's parameter."""
