"""The outermost layer: headers on every response, and a clear page for what nobody foresaw."""

import time
from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import Metrics

log = structlog.get_logger()

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from another host (W3C Content Security Policy Level 3)."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

REQUEST_SECONDS = Metrics.histogram(
    "handslag_web_request_seconds", "Time from request to response, by page", ("route", "status")
)


class Boundary:
    """Puts the headers on every response, measures it, and turns a crash into a page.

    What a page has set itself stays: a letter in a frame has a stricter policy of its own.

    The page for a crash is made by `crashed`; what happened is in the log, never on the page.
    """

    def __init__(
        self, app: ASGIApp, tls: bool, crashed: Callable[[Request], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._crashed = crashed
        self._headers = dict(_HEADERS)
        if tls:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # What is personal must not stay in a browser after log-out.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("page_crashed", path=scope["path"], method=scope["method"])
            if status:
                raise
            response = await self._crashed(Request(scope, receive))
            await response(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUEST_SECONDS.labels(route, str(status)).observe(time.perf_counter() - started)
