"""Structured logs bound to the mail's identifier, metrics, and the health page of a service."""

import asyncio
import contextlib
import json
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
import uvicorn
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_asgi_app
from prometheus_client import ProcessCollector as _ProcessCollector

from shared.listening import listening

METRICS = CollectorRegistry()
STOP_TIMEOUT_S = 5
"""How long a page may take to be answered when the process is told to stop."""
_ProcessCollector(registry=METRICS)

HealthCheck = Callable[[], str | None]
"""Returns None when all is well, else what is wrong, in one line. Called in a thread."""


class Metrics:
    """The metrics of this process, all in the one registry that `/metrics` shows."""

    @staticmethod
    def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, text, labels, registry=METRICS)

    @staticmethod
    def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(name, text, labels, registry=METRICS)

    @staticmethod
    def histogram(name: str, text: str, labels: Sequence[str] = ()) -> Histogram:
        buckets = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600)
        return Histogram(name, text, labels, registry=METRICS, buckets=buckets)


def configure_logs(service: str, *, format: str, level: str) -> None:
    """Log one line an event to standard error, as JSON or as text for a person."""

    def name_service(_logger: object, _method: str, line: dict[str, Any]) -> dict[str, Any]:
        # Not a bound variable: threads of their own, such as the fetchers', would not have it.
        line["service"] = service
        return line

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.dict_tracebacks
        if format == "json"
        else structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str)
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries that use the standard logging speak up only when something is wrong.
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)


@contextlib.contextmanager
def about_mail(mail_id: str, **more: object) -> Iterator[None]:
    """Bind the mail's identifier to every log line written inside."""
    with structlog.contextvars.bound_contextvars(mail_id=mail_id, **more):
        yield


async def check_health(checks: Mapping[str, HealthCheck]) -> tuple[int, dict[str, object]]:
    """Run the checks; return an HTTP status (200 or 503) and what to show."""
    faults: dict[str, str] = {}
    for name, check in checks.items():
        try:
            fault = await asyncio.to_thread(check)
        except Exception as error:
            fault = one_line(error)
        if fault:
            faults[name] = fault
    return (503 if faults else 200), {"status": "faulty" if faults else "ok", "faults": faults}


def health_app(checks: Mapping[str, HealthCheck]) -> Callable[..., Awaitable[None]]:
    """An ASGI application with `/health` and `/metrics`, for a service without pages."""
    metrics: Any = make_asgi_app(METRICS)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/metrics":
            await metrics(scope, receive, send)
            return
        if scope["path"] == "/health":
            status, shown = await check_health(checks)
        else:
            status, shown = 404, {"status": "not found"}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(shown).encode()})

    return app


async def _open(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), backlog=256)


async def serve(
    app: Any, listen: str, setting: str, stopping: Callable[[], None] = lambda: None
) -> None:
    """Serve an ASGI application on `host:port` until cancelled; `setting` names it in errors.

    What is being answered then is answered first; `stopping` is called to end what has no end.
    """
    listener = await listening(listen, setting, _open)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        stopping()
        server.should_exit = True
        try:
            await serving
        finally:
            listener.close()


def one_line(error: BaseException) -> str:
    """An exception in one line of a log."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
