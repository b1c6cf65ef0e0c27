"""Leads calls under `/api` to the interface, and everything else to the pages.

So neither can ever be reached by what lets one into the other: a cookie, or a key.
"""

from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.registry.api.problems import answer

log = structlog.get_logger()

MAX_BODY_BYTES: Final = 100_000
"""No verdict is longer. One that does not tell its length meets the limit of the pages' forms."""


class Door:
    """The middleware that stands before the pages."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._pages = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == "/api" or path.startswith("/api/")):
            await self._pages(scope, receive, send)
            return
        if _declared_bytes(scope) > MAX_BODY_BYTES:
            await answer("too_large")(scope, receive, send)
            return
        begun = ended = False

        async def watched(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self._api(scope, receive, watched)
        except Exception:
            log.exception("api_crashed", path=path, method=scope["method"])
            if begun and not ended:
                raise
            if not begun:
                await answer("fault")(scope, receive, send)


def _declared_bytes(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else 0
