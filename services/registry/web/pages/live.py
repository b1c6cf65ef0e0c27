"""Händelser: tells an open page what has changed, as it happens (server-sent events).

(WHATWG HTML, 9.2.) A page that was away is told how things are when it comes back, so no event
has to be kept for it.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from time import monotonic
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from services.registry.web.auth import Person
from services.registry.web.guard import person_of
from services.registry.web.live import HEARTBEAT_S, Now
from services.registry.web.navigation import may_be_counted
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import Visit, Visitor
from shared.database import DatabaseUnavailable

pages = Pages()

EVENT_STREAM: Final = "text/event-stream"
_MOST_ITEMS: Final = 50
_RETRY_MS: Final = 5000
_HEADERS: Final = {"X-Accel-Buffering": "no"}


@pages.get("/handelser", Permission.SEE_ANSWERS)
def events(visit: Visitor) -> Response:
    """What has changed since the page was made; only how it is now to who asks for no stream.

    `efter` is the last item that the page knows of, `visar` the items that it shows.
    """
    if EVENT_STREAM not in visit.request.headers.get("accept", ""):
        told = _event(visit.site.live.look(_items(visit)), visit.user, _after(visit))
        return Response(told, media_type=EVENT_STREAM)
    return StreamingResponse(_stream(visit), media_type=EVENT_STREAM, headers=_HEADERS)


async def _stream(visit: Visit) -> AsyncIterator[str]:
    person, checked_at = visit.user, monotonic()
    yield f"retry: {_RETRY_MS}\n\n"
    async for now in visit.site.live.follow(person.name, _items(visit)):
        if monotonic() - checked_at >= HEARTBEAT_S:
            try:
                still = await run_in_threadpool(person_of, visit.site, visit.request)
            except DatabaseUnavailable:
                still = person
            if still is None or not still.may(Permission.SEE_ANSWERS):
                yield "event: utloggad\ndata:\n\n"
                return
            person, checked_at = still, monotonic()
        yield ":\n\n" if now is None else _event(now, person, _after(visit))
    yield "event: slut\ndata:\n\n"


def _event(now: Now, person: Person, after: int) -> str:
    """How things are, as far as this person may know."""
    told: dict[str, object] = {
        "counts": {key: count for key, count in now.counts.items() if may_be_counted(person, key)}
    }
    if person.may(Permission.SEE_MAIL):
        told["new"] = sum(item > after for item in now.newest)
        told["items"] = {key: asdict(item) for key, item in now.items.items()}
    return f"id: {now.mark}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"


def _after(visit: Visit) -> int:
    asked = visit.asked("efter")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 11 else 0


def _items(visit: Visit) -> frozenset[int]:
    asked = visit.asked("visar").split(",")[:_MOST_ITEMS]
    return frozenset(int(one) for one in asked if one.isascii() and one.isdigit() and len(one) < 10)
