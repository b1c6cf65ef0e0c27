"""Who consumes which events: all the traffic between the services, on one page."""

from dataclasses import dataclass
from typing import Final

from shared.events import (
    DeliveryFailed,
    DocumentResolved,
    DocumentSearchable,
    Event,
    FormLearned,
    FormWithdrawn,
    InitiativeDefined,
    MailArchived,
    MailRead,
    MailRegistered,
    MessageSettled,
    ResolutionUndone,
)


@dataclass(frozen=True)
class Consumer:
    """One use that one service makes of one event; its name is also its key in inbox tables."""

    service: str
    name: str
    event: type[Event]
    does: str

    @property
    def durable(self) -> str:
        """Its name on the bus."""
        return f"{self.service}-{self.name}"


READ: Final = Consumer("intake", "read", MailArchived, "reads a mail that is safe")
SEARCH: Final = Consumer("intake", "search", MailRead, "makes its documents searchable, later")
FORMS: Final = Consumer("intake", "forms", InitiativeDefined, "learns which forms there are")
LEARNED: Final = Consumer("intake", "learned", FormLearned, "learns a form somebody else made")
WITHDRAWN: Final = Consumer("intake", "withdrawn", FormWithdrawn, "reads by that form no longer")
RECORD: Final = Consumer("registry", "record", MailRead, "registers what was read")
SEARCHABLE: Final = Consumer(
    "registry", "searchable", DocumentSearchable, "keeps a document's text and searchable copy"
)
SETTLE: Final = Consumer("registry", "settle", MessageSettled, "shows what was sent")
BOUNCE: Final = Consumer("registry", "bounce", DeliveryFailed, "makes a task of an address")
UNDELIVERED: Final = Consumer("notifier", "bounce", DeliveryFailed, "notes which mail came back")
RECEIPT: Final = Consumer("notifier", "receipt", MailRegistered, "answers the sender")
RESOLVED: Final = Consumer("notifier", "resolved", DocumentResolved, "tells what a person decided")
UNDONE: Final = Consumer("notifier", "undone", ResolutionUndone, "withdraws what has not left")

CONSUMERS: Final = (
    READ,
    SEARCH,
    FORMS,
    LEARNED,
    WITHDRAWN,
    RECORD,
    SEARCHABLE,
    SETTLE,
    BOUNCE,
    UNDELIVERED,
    RECEIPT,
    RESOLVED,
    UNDONE,
)
