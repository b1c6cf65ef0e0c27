"""What an event asks to be sent, before the gate has its say and before it is composed. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.notifier.compose import House, Mail, compose_decision, compose_receipt
from services.notifier.gate import Question
from shared.events import DocumentResolved, MailRegistered
from shared.letters.decision import KINDS
from shared.letters.receipt import KIND
from shared.letters.wordings import Wordings


@dataclass(frozen=True)
class Draft:
    """One mail that may be queued."""

    kind: str
    mail_id: str
    about: str
    """The decision that it tells of, in hex; empty for the receipt of a whole mail."""
    document_id: str | None
    message_id: str
    question: Question
    received_at: datetime
    not_before: datetime | None
    """When it may leave; None is at once."""
    compose_with: Callable[[Wordings], Mail]
    wordings: Wordings = field(default_factory=Wordings)
    """How staff word it, as far as that can be used."""

    @property
    def recipient(self) -> str:
        """To whom it goes, as unsafe as it came."""
        return self.question.correspondence.return_path

    def compose(self) -> Mail:
        """Compose it, once the gate has found the return path safe.

        In the delivered words if it cannot be made with those of staff: it must leave.
        """
        try:
            return self.compose_with(self.wordings)
        except Exception as error:
            if not self.wordings.used:
                raise
            return self.compose_with(self.wordings.without_own(error))


def draft_receipt(event: MailRegistered, house: House, wordings: Wordings) -> Draft:
    """The receipt for a mail."""
    return Draft(
        kind=KIND,
        mail_id=event.mail_id,
        about="",
        document_id=None,
        message_id=house.message_id(KIND, event.mail_id),
        question=_question(event, house),
        received_at=event.received_at,
        not_before=None,
        compose_with=lambda words: compose_receipt(event, house, words),
        wordings=wordings,
    )


def draft_decision(event: DocumentResolved, house: House, wordings: Wordings) -> Draft | None:
    """The mail about a decision; None if senders are told nothing of what was decided."""
    kind = KINDS.get(event.document.fate)
    if kind is None:
        return None
    about = event.resolution.hex
    return Draft(
        kind=kind,
        mail_id=event.mail_id,
        about=about,
        document_id=event.document.document_id,
        message_id=house.message_id(kind, about),
        question=_question(event, house),
        received_at=event.received_at,
        not_before=event.send_after,
        compose_with=lambda words: compose_decision(event, house, words),
        wordings=wordings,
    )


def _question(event: MailRegistered | DocumentResolved, house: House) -> Question:
    return Question(
        event.correspondence,
        event.disposition,
        house.own_addresses,
        event.mail_reasons,
    )
