"""Opening the addresses that a service listens on."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from shared.errors import WrongSetting

PATIENCE_S = 6.0
"""How long a port may be held by somebody else: the process before us may still be ending."""
_BETWEEN_S = 0.2
log = structlog.get_logger()
Listener = TypeVar("Listener")


async def listening(
    listen: str, setting: str, opened: Callable[[str, int], Awaitable[Listener]]
) -> Listener:
    """Return what `opened` makes of the host and the port of `listen` (`host:port`).

    `setting` is the name of the setting in errors. Raises WrongSetting.
    """
    host, _, port = listen.rpartition(":")
    loop = asyncio.get_running_loop()
    given_up_at = loop.time() + PATIENCE_S
    waiting = False
    while True:
        try:
            return await opened(host.strip("[]"), int(port))
        except (OSError, ValueError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if not taken or loop.time() > given_up_at:
                raise WrongSetting(
                    f"{setting}: cannot listen on {listen}: {error}",
                    remedy="Choose another port, or end the program that holds this one.",
                ) from error
        if not waiting:
            log.warning("port_in_use", listen=listen, setting=setting, waiting_s=PATIENCE_S)
            waiting = True
        await asyncio.sleep(_BETWEEN_S)
