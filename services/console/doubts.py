"""What a mail's words, its sender and the register make doubtful about the documents in it."""

from collections.abc import Iterable

from services.console.stores import registry_settings
from services.registry.domain.review import doubts
from services.registry.knowledge import look_up
from shared.database import Database
from shared.events import DocumentKind, DocumentReading, MailRead, Outcome, Reason


def doubted(reading: DocumentReading, more: Iterable[Reason]) -> DocumentReading:
    """Return the document with these doubts too; with one more, a person looks at it."""
    reasons = tuple(dict.fromkeys((*more, *reading.reasons)))
    if set(reasons) == set(reading.reasons):
        return reading
    return reading.model_copy(update={"reasons": reasons, "outcome": Outcome.REVIEW})


def doubted_by_registry(registry: Database, read: MailRead) -> MailRead:
    """Return a mail with each document's outcome as the registry would have it on its own.

    Answers that are recorded already are left aside.
    """
    unknown_is_doubt = registry_settings().registry.unknown_sender == "review"
    with registry.read() as session:
        known, _ = look_up(session, read, unknown_sender_is_doubt=unknown_is_doubt)

    def all_doubts(one: DocumentReading) -> tuple[Reason, ...]:
        own = doubts(one, known) if one.kind is DocumentKind.ANSWER else ()
        return (*read.mail_reasons, *own)

    documents = tuple(doubted(one, all_doubts(one)) for one in read.documents)
    return read.model_copy(update={"documents": documents})
