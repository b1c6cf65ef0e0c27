"""`handslag verify`: the proof that nothing is lost.

Mails that a server or a door ever acknowledged = originals in the archive, hashed again = mails
whose every part is accounted for: registered, in the review queue, returned to the sender, or set
aside with a stated reason. Each service answers for its own part; here the answers are compared.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.console.letters import list_letters
from services.console.stores import (
    intake_settings,
    open_store,
)
from services.intake import accounts as intake
from services.intake.settings import MailboxSettings
from services.notifier.accounts import MessageAccount, messages_by_mail
from services.notifier.tables import MessageState
from services.registry import accounts as registry
from services.registry.reports import keep_proof
from shared.archive import Archive, open_archive
from shared.database import Database
from shared.errors import HandslagError
from shared.events import WITHDRAWN
from shared.letters.decision import RETURN_REQUEST
from shared.letters.receipt import KIND as RECEIPT
from shared.outbox import now

UNDER_WAY_LIMIT = timedelta(minutes=30)
"""A mail that has not reached the register after this long is no longer on its way."""
SHOWN_FAULTS = 200
log = structlog.get_logger()
_ON_ITS_WAY = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT)


@dataclass
class MailboxProof:
    """One mailbox: how many mails, and what their parts became."""

    address: str
    mails: int = 0
    originals: int = 0
    parts: int = 0
    under_way: int = 0
    accounts: Counter[str] = field(default_factory=Counter)
    on_server_not_taken: int | None = None
    """None where the server could not be asked."""
    note: str = ""


@dataclass
class Proof:
    """The whole, and what breaks it."""

    mailboxes: dict[str, MailboxProof] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `handslag verify --json`."""
        return {
            "complete": self.holds,
            "mails": sum(each.mails for each in self.mailboxes.values()),
            "originals": sum(each.originals for each in self.mailboxes.values()),
            "parts": sum(each.parts for each in self.mailboxes.values()),
            "under_way": sum(each.under_way for each in self.mailboxes.values()),
            "mailboxes": [
                {
                    "address": each.address,
                    "mails": each.mails,
                    "originals": each.originals,
                    "parts": each.parts,
                    "under_way": each.under_way,
                    "accounts": dict(sorted(each.accounts.items())),
                    "on_server_not_taken": each.on_server_not_taken,
                    "note": each.note,
                }
                for each in self.mailboxes.values()
            ],
            "faults": self.faults[:SHOWN_FAULTS],
            "notes": self.notes,
        }

    def in_words(self) -> str:
        """For a person."""
        lines = []
        for each in self.mailboxes.values():
            ended = ", ".join(f"{count} {name}" for name, count in sorted(each.accounts.items()))
            lines.append(
                f"{each.address}: {each.mails} mails, {each.originals} originals whole, "
                f"{each.parts} parts: {ended or 'none'}"
            )
            if each.under_way:
                lines.append(f"  {each.under_way} on their way")
            if each.on_server_not_taken:
                lines.append(f"  {each.on_server_not_taken} on the server, not yet taken")
            if each.note:
                lines.append(f"  {each.note}")
        lines += [f"Note: {note}" for note in self.notes]
        lines += [f"BROKEN: {fault}" for fault in self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"… and {len(self.faults) - SHOWN_FAULTS} more")
        unasked = sum(bool(each.note) for each in self.mailboxes.values())
        if not self.holds:
            lines.append("NOT complete.")
        elif unasked:
            lines.append(f"Complete, as far as we were told: {unasked} servers did not tell all.")
        else:
            lines.append("Complete: nothing is lost.")
        return "\n".join(lines)


def prove() -> Proof:
    """Compare what the services answer; nothing is changed."""
    settings = intake_settings()
    archive = open_archive(settings)
    proof = Proof()
    for mailbox in settings.intake.mailboxes:
        proof.mailboxes[mailbox.address] = MailboxProof(mailbox.address)
    with (
        open_store("intake") as taken,
        open_store("registry") as registered,
        open_store("notifier") as answered,
    ):
        messages = messages_by_mail(answered)
        seen = set()
        for mail in intake.accounts(taken, archive):
            seen.add(mail.mail_id)
            account = registry.account_of(registered, mail.mail_id)
            _compare(proof, mail, account)
            if account is not None:
                _was_told(proof, mail, account, messages.get(mail.mail_id, ()))
        for stranger in registry.accounts(registered):
            if stranger.mail_id not in seen:
                proof.faults.append(f"{stranger.mail_id} is registered, but not in the ledger")
        proof.notes += _strangers(taken, archive)
        for mailbox in settings.intake.mailboxes:
            if mailbox.imap is not None:
                _ask_server(proof, taken, mailbox)
    for letter in list_letters():
        proof.faults.append(f"dead letter {letter.in_words()}")
    return proof


def remember(proof: Proof, began_at: datetime) -> None:
    """Keep the proof where the pages show it; that it cannot be kept breaks nothing."""
    body = json.dumps(proof.as_dict(), ensure_ascii=False)
    try:
        with open_store("registry") as registered:
            keep_proof(registered, body, complete=proof.holds, began_at=began_at)
    except HandslagError as error:
        log.warning("proof_not_kept", code=error.code, error=str(error))


def _compare(proof: Proof, mail: intake.MailAccount, account: registry.MailAccount | None) -> None:
    """One mail: its original, and each of its parts on both sides."""
    box = proof.mailboxes.setdefault(mail.mailbox, MailboxProof(mail.mailbox))
    box.mails += 1
    box.originals += not any("original" in fault for fault in mail.faults)
    proof.faults += [f"{mail.mail_id} ({mail.mailbox}): {fault}" for fault in mail.faults]
    if account is None:
        box.under_way += 1
        if now() - mail.received_at > UNDER_WAY_LIMIT and mail.state is not intake.MailState.DEAD:
            proof.faults.append(
                f"{mail.mail_id} ({mail.mailbox}) came {mail.received_at:%Y-%m-%d %H:%M} UTC "
                "and has not reached the register"
            )
        return
    if account.digest != mail.digest:
        proof.faults.append(f"{mail.mail_id}: the register has another original")
    if account.mail is not None:
        box.accounts[str(account.mail)] += 1
    for fault in _part_faults(mail, account):
        proof.faults.append(f"{mail.mail_id} ({mail.mailbox}): {fault}")
    for part in account.parts:
        box.parts += 1
        for name in part.accounts:
            box.accounts[str(name)] += 1


def _was_told(
    proof: Proof,
    mail: intake.MailAccount,
    account: registry.MailAccount,
    messages: Sequence[MessageAccount],
) -> None:
    """A mail that is registered gets an answer; a document that is returned, one that was sent.

    What the notifier held back, and why, it has told the registry, and that is an answer too.
    """
    if account.mail is registry.Account.SET_ASIDE or now() - mail.received_at < UNDER_WAY_LIMIT:
        return
    if not messages:
        proof.faults.append(f"{mail.mail_id} ({mail.mailbox}): no receipt was ever made")
        return
    for document, kept in account.documents.items():
        if kept is registry.Account.RETURNED and not _asked_again(document, messages):
            proof.faults.append(
                f"{mail.mail_id} ({mail.mailbox}): {document} is returned, and nobody was told"
            )


def _asked_again(document: str, messages: Sequence[MessageAccount]) -> bool:
    """Whether the sender was asked for this document anew, or soon is.

    A registrar's request is a mail of its own, and the last one counts; what the machine returned
    the receipt tells of.
    """
    requests = [
        message
        for message in messages
        if message.kind == RETURN_REQUEST
        and message.document_id == document
        and message.reason != WITHDRAWN
    ]
    told = requests[-1:] or [message for message in messages if message.kind == RECEIPT]
    return any(message.state in _ON_ITS_WAY for message in told)


def _part_faults(mail: intake.MailAccount, account: registry.MailAccount) -> Iterator[str]:
    if account.mail is None and not account.documents:
        yield "is in the register, but neither it nor a document of it is registered or set aside"
    held = {part.index: part for part in account.parts}
    for part in mail.parts:
        other = held.pop(part.index, None)
        if other is None:
            yield f"part {part.index} ({part.filename or 'no name'}) is missing in the register"
        elif not other.accounts:
            yield f"part {part.index} ({part.filename or 'no name'}) is not accounted for"
        elif other.digest != part.digest:
            yield f"part {part.index} ({part.filename or 'no name'}) has other bytes"
        for document in part.documents:
            if document not in account.documents:
                yield f"document {document} is missing in the register"
    for index in held:
        yield f"part {index} is registered, but was never read"


def _strangers(database: Database, archive: Archive) -> list[str]:
    """A crash between archive and ledger leaves an original that is fetched again."""
    found = intake.strangers(database, archive)
    if not found:
        return []
    return [f"{len(found)} originals without a ledger row, the first {found[0]}"]


def _ask_server(proof: Proof, database: Database, mailbox: MailboxSettings) -> None:
    """Compare the server's folders with the ledger; what came just now will still be taken."""
    box = proof.mailboxes[mailbox.address]
    try:
        found = intake.not_in_ledger(database, mailbox)
    except (HandslagError, OSError, ValueError) as error:
        box.note = f"the server could not be asked: {error}"
        return
    if found.closed_folders:
        box.note = f"the server does not open: {'; '.join(found.closed_folders)}"
    box.on_server_not_taken = len(found.messages)
    for one in found.messages:
        if one.received_at is not None and now() - one.received_at > UNDER_WAY_LIMIT:
            proof.faults.append(
                f"{mailbox.address}: UID {one.uid} in {one.folder} came "
                f"{one.received_at:%Y-%m-%d %H:%M} UTC and was never taken"
            )
