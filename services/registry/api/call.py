"""One call, as an endpoint sees it: who calls, and what answers are made from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import Request

from services.registry.amend import Amender
from services.registry.api.keys import Caller, Keys
from services.registry.api.problems import Problem
from services.registry.resolve import Resolver
from services.registry.store.search_index import audience_of
from services.registry.tables import Document
from shared.archive import Archive
from shared.database import Database


@dataclass(frozen=True)
class Desk:
    """What all calls share."""

    database: Database
    archive: Archive
    keys: Keys
    resolver: Resolver
    amender: Amender
    zone: ZoneInfo
    organisation: str
    stir: Callable[[], None]


class Call:
    """What an endpoint gets."""

    def __init__(self, request: Request) -> None:
        self.desk: Desk = desk_of(request)
        self.caller: Caller = request.state.caller

    @property
    def database(self) -> Database:
        return self.desk.database

    def seen(self, document: Document | None) -> Document:
        """Return the document if there is one and the key may see it; else raise Problem."""
        if document is None:
            raise Problem("not_found")
        if audience_of(document.fate) not in self.caller.sees:
            raise Problem("forbidden")
        return document


def desk_of(request: Request) -> Desk:
    """Return what all calls share."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


async def _call(request: Request) -> Call:
    return Call(request)


ThisCall = Annotated[Call, Depends(_call)]
"""The type of an endpoint's parameter."""
