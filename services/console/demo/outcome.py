"""Where the demo's mails are, and where each ended; asked of the services' own tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, func, select

from services.console.demo.writer import Answer, Letter
from services.intake.tables import MailRow
from services.notifier.tables import MessageRow, MessageState
from services.registry.store.lists import totals
from services.registry.tables import Answer as RecordedAnswer
from services.registry.tables import Document, Mail
from shared import outbox
from shared.consumers import RECEIPT
from shared.database import Database
from shared.identifiers import digest_of, mail_id_of
from shared.letters.receipt import KIND

_WAITING = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Stores:
    """The three services' databases."""

    intake: Database
    registry: Database
    notifier: Database


@dataclass(frozen=True)
class Progress:
    """How many mails have come how far."""

    archived: int
    read: int
    registered: int
    receipts: int
    settled: bool
    """Nothing is under way any more."""


@dataclass(frozen=True)
class Verdict:
    """One mail: where it ended, and whether that is right."""

    letter: Letter
    fates: tuple[str, ...]
    right: bool


def posted_mail_id(letter: Letter) -> str:
    """The identifier that the mail has once the post office has put its line on top."""
    return mail_id_of(digest_of(b"Return-Path: <%s>\r\n" % letter.sender.encode() + letter.raw))


def progress(stores: Stores, sent: int) -> Progress:
    """Count once."""
    with stores.intake.read() as session:
        archived = session.exec(select(func.count()).select_from(MailRow)).one()
        read = session.exec(select(func.count(col(MailRow.read_at)))).one()
        waiting = len(outbox.waiting(session, 1)) + len(outbox.dead_letters(session))
    with stores.registry.read() as session:
        registered = session.exec(select(func.count()).select_from(Mail)).one()
        waiting += len(outbox.waiting(session, 1))
    with stores.notifier.read() as session:
        answered = session.exec(
            select(func.count())
            .select_from(outbox.InboxRow)
            .where(outbox.InboxRow.consumer == RECEIPT.name)
        ).one()
        queued = session.exec(
            select(func.count())
            .select_from(MessageRow)
            .where(MessageRow.kind == KIND, col(MessageRow.state).in_(_WAITING))
        ).one()
        receipts = session.exec(
            select(func.count())
            .select_from(MessageRow)
            .where(MessageRow.kind == KIND, MessageRow.state == MessageState.SENT)
        ).one()
    expected_answers = _registered_mails_to_answer(stores.registry)
    return Progress(
        archived=archived,
        read=read,
        registered=registered,
        receipts=receipts,
        settled=registered >= sent
        and waiting == 0
        and queued == 0
        and answered >= expected_answers,
    )


def _registered_mails_to_answer(registry: Database) -> int:
    """How many mails the registry has told the notifier about."""
    with registry.read() as session:
        return session.exec(
            select(func.count())
            .select_from(outbox.OutboxRow)
            .where(outbox.OutboxRow.subject == "handslag.registry.mail_registered")
        ).one()


def judge(stores: Stores, letters: Sequence[Letter]) -> list[Verdict]:
    """Compare where each mail ended with where it should, and what was recorded with the truth."""
    with stores.registry.read() as session:
        verdicts = []
        for letter in letters:
            mail_id = posted_mail_id(letter)
            mail = session.get(Mail, mail_id)
            documents = session.exec(
                select(Document)
                .where(Document.mail_id == mail_id)
                .order_by(col(Document.document_id))
            ).all()
            recorded = session.exec(
                select(RecordedAnswer)
                .join(Document, col(Document.document_id) == col(RecordedAnswer.document_id))
                .where(Document.mail_id == mail_id)
            ).all()
            if documents:
                fates = tuple(str(document.fate) for document in documents)
            else:
                fates = (str(mail.state),) if mail else ("lost",)
            answers = {Answer(row.initiative, row.municipality, row.answer) for row in recorded}
            right = (
                len(fates) == len(letter.fates)
                and all(fate in allowed for fate, allowed in zip(fates, letter.fates, strict=True))
                and answers <= set(letter.truths)
            )
            verdicts.append(Verdict(letter, fates, right))
        return verdicts


def summary(stores: Stores, sent: int, seconds: float) -> dict[str, int | float]:
    """The last line of `handslag demo --json`."""
    with stores.registry.read() as session:
        counted = totals(session)
    now = progress(stores, sent)
    return {
        "mails": sent,
        "archived": now.archived,
        "answers": counted.answers,
        "review": counted.review,
        "returned": counted.returned,
        "needs": counted.needs,
        "set_aside": counted.set_aside,
        "receipts": now.receipts,
        "seconds": round(seconds, 1),
    }
