"""A sender that runs while a test looks on."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

from services.notifier.notify import Notifier
from services.notifier.relay import Relay
from services.notifier.sender import Sender
from services.notifier.settings import RelaySettings
from services.notifier.tables import MessageState
from tests.unit.notifier.builders import rows
from tests.unit.notifier.scripted_relay import ScriptedRelay


@contextlib.asynccontextmanager
async def sending(
    office: Notifier, relay: ScriptedRelay, connections: int = 1
) -> AsyncIterator[Sender]:
    """A running sender, stopped at the end."""
    settings = RelaySettings(host="127.0.0.1", port=relay.port, encryption="none")
    sender = Sender(
        office,
        lambda: Relay(settings, command_timeout_s=5, reply_timeout_s=5),
        connections=connections,
        unreachable_delays_s=(0.05,),
        poll_s=0.05,
    )
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


def states(office: Notifier) -> Counter[str]:
    return Counter(row.state for row in rows(office.database))


def all_settled(office: Notifier) -> bool:
    return not {MessageState.QUEUED, MessageState.SENDING} & set(states(office))
