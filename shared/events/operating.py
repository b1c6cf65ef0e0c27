"""What operators ask of the services."""

from typing import ClassVar

from pydantic import Field

from shared.events.base import Event


class DeadLetterRetryOrdered(Event):
    """registry → intake, notifier: handle events once more that could not be handled."""

    subject: ClassVar[str] = "handslag.registry.dead_letter_retry_ordered"

    service: str
    numbers: tuple[int, ...] = Field(description="of its dead letters")
    by: str = Field(description="the administrator's user name")
