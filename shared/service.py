"""How a service's process starts, stops, and says why it could not start."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from shared.errors import HandslagError
from shared.settings import CommonSettings
from shared.telemetry import configure_logs

S = TypeVar("S", bound=CommonSettings)
log = structlog.get_logger()


def run_service(name: str, settings_class: type[S], run: Callable[[S], Awaitable[None]]) -> None:
    """Run a service until SIGTERM or SIGINT; exit with 1 and one clear line if it cannot.

    `run` is cancelled to stop it, and may take its time to finish what it has in hand.
    """
    try:
        settings = settings_class.load()
        configure_logs(name, format=settings.log_format, level=settings.log_level)
        asyncio.run(_until_stopped(run(settings)))
    except HandslagError as error:
        log.critical("service_stopped", code=error.code, reason=str(error), remedy=error.remedy)
        print(f"{name}: {error} {error.remedy}".rstrip(), file=sys.stderr)  # noqa: T201
        sys.exit(1)


async def _until_stopped(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    log.info("service_started")
    try:
        await task
    except asyncio.CancelledError:
        log.info("service_stopped", reason="asked to")
    except BaseExceptionGroup as group:
        known, rest = group.split(HandslagError)
        if known is not None and rest is None:
            raise _first(known) from group
        raise


def _first(group: BaseExceptionGroup[HandslagError]) -> HandslagError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
