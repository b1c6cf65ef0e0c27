"""`handslag asyncapi`: the events between the services, described from the code."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from faststream.specification import AsyncAPI

from services.console.up import SERVICES
from shared.bus import Bus
from shared.consumers import CONSUMERS
from shared.database import Database
from shared.events import Event
from shared.settings import CommonSettings


def describe() -> str:
    """Return the AsyncAPI description of all three services' ends of the bus, as JSON."""
    settings = CommonSettings(nats_url="nats://localhost:4222")
    nowhere = Database("sqlite://")
    brokers = []
    for service in SERVICES:
        bus = Bus(settings, service, nowhere)
        for consumer in CONSUMERS:
            if consumer.service == service:
                bus.consume(consumer, _handler(consumer.event, consumer.does))
        brokers.append(bus.broker)
    described = AsyncAPI(
        *brokers,
        title="Handslag",
        version="1",
        description="Events between intake, registry and notifier, on NATS JetStream.",
    )
    document: dict[str, Any] = described.to_specification().to_jsonable()
    return json.dumps(document, ensure_ascii=False, indent=1)


def _handler(event: type[Event], does: str) -> Callable[[Any], Awaitable[None]]:
    async def handle(event: Event) -> None:
        """Stands for the real handler: only its signature is described."""

    handle.__annotations__["event"] = event
    handle.__doc__ = does
    return handle
