"""Search in everything that has come in."""

from typing import Annotated

from fastapi import Query

from services.registry.api import build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, decoded, encoded
from services.registry.api.models.mails import HitPage
from services.registry.api.routing import Routes
from services.registry.store.search import MOST_FOUND, Kind, find
from services.registry.web.roles import Permission

routes = Routes("Sök")

_HITS = "search"


@routes.get("/search", Permission.SEE_ANSWERS)
def search(
    call: ThisCall,
    q: Annotated[str, Query(max_length=200, description="Alla ord ska finnas")],
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Cursor = "",
) -> HitPage:
    """Handlingar och mejl som innehåller alla ord, så långt nyckelns roll får se"""
    after = decoded(cursor, _HITS, (int,))
    number = after[0] if after else 1
    assert isinstance(number, int)
    with call.database.read() as session:
        found = find(
            session,
            q,
            seen_by=call.caller.sees,
            kind=kind,
            number=max(1, min(number, MOST_FOUND)),
            size=limit,
        )
    return HitPage(
        items=[build_mails.hit(one) for one in found.items],
        next_cursor=encoded(_HITS, found.number + 1) if found.last < found.total else None,
    )
