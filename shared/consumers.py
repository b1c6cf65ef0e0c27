"""Who consumes which events: all the traffic between the services, on one page."""

from dataclasses import dataclass
from typing import Final

from shared.events import (
    BlankExamined,
    BlankUploaded,
    DeadLetterRetryOrdered,
    DeliveryFailed,
    DocumentResolved,
    DocumentSearchable,
    Event,
    FieldsPointed,
    FormDrafted,
    FormLearned,
    FormWithdrawn,
    InitiativeDefined,
    LetterOrdered,
    MailArchived,
    MailingSteered,
    MailRead,
    MailRegistered,
    MessageSettled,
    PagesArranged,
    PagesRead,
    ReplyReceived,
    ResolutionUndone,
    UnsubscribeAsked,
    WordingChanged,
    WordingRefused,
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
SEARCH_AGAIN: Final = Consumer(
    "intake", "search-again", PagesRead, "makes documents searchable that a person arranged"
)
FORMS: Final = Consumer("intake", "forms", InitiativeDefined, "learns which forms there are")
LEARNED: Final = Consumer("intake", "learned", FormLearned, "learns a form somebody else made")
WITHDRAWN: Final = Consumer("intake", "withdrawn", FormWithdrawn, "reads by that form no longer")
ARRANGED: Final = Consumer(
    "intake", "arranged", PagesArranged, "reads pages anew as a person arranged them"
)
EXAMINE: Final = Consumer("intake", "examine", BlankUploaded, "looks at a blank to be learned")
DRAFT: Final = Consumer("intake", "draft", FieldsPointed, "makes a form of what was pointed at")
EXAMINED: Final = Consumer("registry", "examined", BlankExamined, "shows a blank to point at")
DRAFTED: Final = Consumer("registry", "drafted", FormDrafted, "shows a form to be confirmed")
RECORD: Final = Consumer("registry", "record", MailRead, "registers what was read")
REREAD: Final = Consumer(
    "registry", "reread", PagesRead, "proposes the documents that a person arranged"
)
SEARCHABLE: Final = Consumer(
    "registry", "searchable", DocumentSearchable, "keeps a document's text and searchable copy"
)
SETTLE: Final = Consumer("registry", "settle", MessageSettled, "shows what was sent")
BOUNCE: Final = Consumer("registry", "bounce", DeliveryFailed, "makes a task of an address")
REPLIED: Final = Consumer(
    "registry", "reply", ReplyReceived, "keeps what answers our mails; tasks of new addresses"
)
UNSUBSCRIBE: Final = Consumer(
    "registry", "unsubscribe", UnsubscribeAsked, "sends no more newsletters to an address"
)
UNDELIVERED: Final = Consumer("notifier", "bounce", DeliveryFailed, "notes which mail came back")
RECEIPT: Final = Consumer("notifier", "receipt", MailRegistered, "answers the sender")
RESOLVED: Final = Consumer("notifier", "resolved", DocumentResolved, "tells what a person decided")
UNDONE: Final = Consumer("notifier", "undone", ResolutionUndone, "withdraws what has not left")
ORDERED: Final = Consumer("notifier", "ordered", LetterOrdered, "sends a letter that was ordered")
STEERED: Final = Consumer("notifier", "steered", MailingSteered, "paces, pauses, stops a mailing")
WORDED: Final = Consumer("notifier", "worded", WordingChanged, "words its mails as staff do")
UNWORDED: Final = Consumer(
    "registry", "unworded", WordingRefused, "shows which wording could not be used"
)
RETRY: Final = Consumer(
    "intake", "retry", DeadLetterRetryOrdered, "handles once more what it could not"
)
RETRY_MAILS: Final = Consumer(
    "notifier", "retry", DeadLetterRetryOrdered, "handles once more what it could not"
)

CONSUMERS: Final = (
    READ,
    SEARCH,
    SEARCH_AGAIN,
    FORMS,
    LEARNED,
    WITHDRAWN,
    EXAMINE,
    DRAFT,
    EXAMINED,
    DRAFTED,
    ARRANGED,
    RECORD,
    REREAD,
    SEARCHABLE,
    SETTLE,
    BOUNCE,
    REPLIED,
    UNSUBSCRIBE,
    UNDELIVERED,
    RECEIPT,
    RESOLVED,
    UNDONE,
    ORDERED,
    STEERED,
    WORDED,
    UNWORDED,
    RETRY,
    RETRY_MAILS,
)
