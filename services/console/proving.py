"""`handslag up` has the proof made regularly, and when somebody asks for it in the pages.

It is made in a process of its own, which yields to the services, by `handslag verify`; that keeps
what it found where the pages show it.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from typing import Final

import structlog

from services.console.stores import registry_settings
from services.registry.reports import proof_due
from shared.database import open_database
from shared.errors import HandslagError
from shared.outbox import now

FIRST_AFTER_S: Final = 20.0
"""The services start first."""
LOOK_S: Final = 5.0
AWAY_S: Final = 60.0
NICENESS: Final = 10
_SAID: Final = (0, 1)
"""It holds, or it does not; any other exit code is a fault of the command itself."""
log = structlog.get_logger()


async def prove_regularly(environment: Mapping[str, str], every: timedelta) -> None:
    """Go on until cancelled; with `every` zero only those are made that are asked for."""
    await asyncio.sleep(FIRST_AFTER_S)
    settings = registry_settings()
    # Opened as it is: whoever starts the registry brings it up to date.
    with closing(open_database(settings, "registry", settings.registry.database_url)) as database:
        while True:
            pause_s = LOOK_S
            try:
                due = await asyncio.to_thread(proof_due, database, every, now())
            except HandslagError as error:
                log.warning("proof_not_looked_after", error=str(error))
                due, pause_s = False, AWAY_S
            if due and not await _prove(environment):
                pause_s = AWAY_S
            await asyncio.sleep(pause_s)


async def _prove(environment: Mapping[str, str]) -> bool:
    """Have it made; tell whether that could be done."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services", "verify", "--json"),
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=lambda: os.nice(NICENESS),
        start_new_session=True,
    )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code not in _SAID:
        log.error("proof_not_made", exit_code=code)
    return code in _SAID
