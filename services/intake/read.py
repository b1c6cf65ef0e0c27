"""Flow 2, read: what is in a mail that has been received.

    MailArchived → take the mail apart (contained) → sort it → measure each document (contained)
    → conclude (here, with the key) → keep parts and page images
    → one transaction: inbox, reading, MailRead and DeliveryFailed.

Every mail becomes exactly one MailRead for each time it is read. What cannot be read becomes one
too, with the reason: the original is kept, and a person looks.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from services.intake import forms, needs
from services.intake.budget import Budget
from services.intake.conclude import conclude
from services.intake.conclude_learned import once_proven
from services.intake.documents import MeasuredFile, placed
from services.intake.fit import fitting
from services.intake.forms import Options
from services.intake.learned_forms import LearnedForms
from services.intake.mail.parsed import Authenticity, PartFound
from services.intake.mail.triage import Facts, sort
from services.intake.mail.unsubscribing import unsubscribing_token
from services.intake.pages.trust import Trust
from services.intake.reading.measured import FileMeasured
from services.intake.reading.verdict import outcome_of
from services.intake.sandbox.client import Failed, Sandbox
from services.intake.sandbox.wire import Message
from services.intake.settings import MIB, ReaderLimits
from services.intake.tables import MailRow, ReadingRow
from services.intake.take_apart import Opened, OpenedFile, Opener, Unopened
from services.intake.tell import correspondence_of, left_unread, mail_reasons, told_beside, unread
from shared import outbox
from shared.archive import Archive, Area
from shared.consumers import READ
from shared.database import Database
from shared.events import (
    Disposition,
    DocumentReading,
    Event,
    MailArchived,
    MailboxRole,
    MailRead,
    PartFate,
    Reason,
)
from shared.failpoint import failpoint
from shared.identifiers import MailId
from shared.municipalities import all_municipalities
from shared.outbox import InboxRow
from shared.telemetry import Metrics, about_mail

MOST_HEADER_BYTES: Final = 256 * 1024

MAILS_READ = Metrics.counter("handslag_mails_read", "Mails read", ["disposition", "rule"])
DOCUMENTS = Metrics.counter("handslag_documents_read", "Documents read", ["kind", "outcome"])
READ_SECONDS = Metrics.histogram("handslag_mail_read_seconds", "From the event to the reading")
log = structlog.get_logger()


@dataclass(frozen=True)
class ReaderSettings:
    """What reading needs to know besides the mail."""

    key: bytes
    limits: ReaderLimits
    own_addresses: frozenset[str]
    authserv_id: str | None
    trusted_roots: Sequence[str] = ()
    unsubscribe_address: str | None = None


class Reader:
    """Reads one mail at a time; several may be at work side by side."""

    def __init__(
        self, archive: Archive, database: Database, sandbox: Sandbox, settings: ReaderSettings
    ) -> None:
        self._archive = archive
        self._database = database
        self._sandbox = sandbox
        self._opener = Opener(sandbox, settings.limits, settings.authserv_id)
        self._settings = settings
        self._learned = LearnedForms(archive, database)
        self._municipalities = frozenset(one.code for one in all_municipalities())

    async def read(self, event: MailArchived) -> None:
        """Read a mail, keep what was read, and tell the registry."""
        began_at = time.monotonic()
        with about_mail(event.mail_id):
            if await asyncio.to_thread(self._has_been_read, event):
                return
            told = await self.examine(event)
            failpoint("read.concluded")
            await asyncio.to_thread(self._keep, event, told)
            failpoint("read.recorded")
            READ_SECONDS.observe(time.monotonic() - began_at)

    async def examine(self, event: MailArchived) -> list[Event]:
        """Say all that is to be told of an archived mail; one of the events is its MailRead.

        Page images go to the archive; nothing else is kept.
        """
        opened = await self._open(event)
        failpoint("read.opened")
        if isinstance(opened, Unopened):
            return [unread(event, opened)]
        return await self._told_of(event, opened)

    async def examine_file(
        self, filename: str, data: bytes, mail_id: MailId
    ) -> list[DocumentReading]:
        """Read the documents of one file, as if it had come in the mail of that identifier."""
        opened = await self._opener.file(data, filename)
        documents = await self._documents(opened, mail_id, at=outbox.now())
        reasons = (*opened.reasons, *left_unread(documents))
        return [_doubted(document, reasons) for document in documents]

    async def _open(self, event: MailArchived) -> Opened | Unopened:
        """Have the mail taken apart in a child; of one that is too large, only its headers."""
        data = await asyncio.to_thread(self._archive.get, event.digest)
        if event.size_bytes > self._settings.limits.mail_mib * MIB:
            head = await self._opener.mail(_headers_of(data))
            return Unopened(Reason.TOO_LARGE, head.mail if isinstance(head, Opened) else None)
        return await self._opener.mail(data)

    async def _told_of(self, event: MailArchived, opened: Opened) -> list[Event]:
        """Sort the mail, read its documents, and say all that is to be told of it."""
        mail = opened.mail
        return_path = event.return_path if event.return_path is not None else mail.return_path
        ends = unsubscribing_token(mail.sent_to, self._settings.unsubscribe_address)
        found = sort(
            Facts(mail, event.role, event.junk, return_path, self._settings.own_addresses, ends)
        )
        documents: list[DocumentReading] = []
        if found.disposition in (Disposition.ANSWERS, Disposition.NEED):
            documents = await self._documents(
                OpenedFile(mail.parts, opened.documents),
                event.mail_id,
                at=event.received_at,
                needs_expected=event.role is MailboxRole.NEEDS,
            )
            found, documents = needs.settled(found, documents)
        read = MailRead(
            occurred_at=outbox.now(),
            mail_id=event.mail_id,
            digest=event.digest,
            role=event.role,
            received_at=event.received_at,
            correspondence=correspondence_of(event, mail, return_path),
            disposition=found.disposition,
            disposition_reason=found.rule,
            sender_authentic=mail.authenticity is Authenticity.AUTHENTIC,
            mail_reasons=mail_reasons(mail, found, documents),
            text=mail.text,
            parts=tuple(part.summary() for part in mail.parts),
            documents=tuple(documents),
        )
        beside = told_beside(event, mail, found, self._settings.own_addresses, ends)
        return [fitting(read), *beside]

    async def _documents(
        self, opened: OpenedFile, mail_id: MailId, *, at: datetime, needs_expected: bool = False
    ) -> list[DocumentReading]:
        """Measure each file by itself: one that kills its reader leaves the others alone.

        Files that the mail's processor time does not suffice for have a reason instead.
        """
        options = await asyncio.to_thread(self._known_options)
        parts = [part for part in opened.parts if part.fate is PartFate.DOCUMENT]
        budget = Budget(self._settings.limits.mail_cpu_s)
        files = [
            await self._measured_file(
                part, data, options, budget, at=at, needs_expected=needs_expected
            )
            for part, data in zip(parts, opened.documents, strict=True)
        ]
        # In a thread: the doors, the heartbeat and other mails go on meanwhile.
        return await asyncio.to_thread(self._concluded, files, options, mail_id)

    async def _measured_file(
        self,
        part: PartFound,
        data: bytes,
        options: Options,
        budget: Budget,
        *,
        at: datetime,
        needs_expected: bool,
    ) -> MeasuredFile:
        """Measure a file and keep the images of its pages."""
        assert part.digest is not None
        trust = Trust(roots=tuple(self._settings.trusted_roots), at=at)
        measured = await self._measured(
            part, data, options, trust, budget, needs_expected=needs_expected
        )
        failpoint("read.measured")
        await asyncio.to_thread(self._keep_derived, data, measured)
        failpoint("read.derived")
        return placed(measured, part.index, part.digest)

    def _concluded(
        self, files: Sequence[MeasuredFile], options: Options, mail_id: MailId
    ) -> list[DocumentReading]:
        """Conclude from what the children measured.

        The nonsense of a child that was taken over is a doubt about its file, not a failure of
        ours, and spoils no other file.
        """
        try:
            return self._conclude(files, options, mail_id)
        except Exception:
            sound = [self._sound(file, options, mail_id) for file in files]
            return self._conclude(sound, options, mail_id)

    def _sound(self, file: MeasuredFile, options: Options, mail_id: MailId) -> MeasuredFile:
        """The file, or without what was measured if nothing can be concluded from it."""
        try:
            self._conclude([file], options, mail_id)
        except Exception:
            log.exception("child_measured_nonsense", part=file.part)
            return replace(file, pages=(), fault=Reason.READER_CRASHED)
        return file

    def _conclude(
        self, files: Sequence[MeasuredFile], options: Options, mail_id: MailId
    ) -> list[DocumentReading]:
        return conclude(
            files,
            key=self._settings.key,
            options=options,
            learned=self._learned.order().templates,
            municipalities=self._municipalities,
            mail_id=mail_id,
        )

    async def _measured(
        self,
        part: PartFound,
        data: bytes,
        options: Options,
        trust: Trust,
        budget: Budget,
        *,
        needs_expected: bool,
    ) -> FileMeasured:
        if part.fault is not None:
            return FileMeasured(fault=part.fault)
        if budget.is_spent:
            return FileMeasured(fault=Reason.READER_BUDGET)
        limits = self._settings.limits
        learned = await asyncio.to_thread(self._learned.order)
        order = Message(
            {
                "filename": part.filename,
                "content_type": part.content_type,
                "limits": limits.of_a_file,
                "options": options,
                "learned": learned.fields,
                "trust": trust.model_dump(mode="json"),
                "needs_expected": needs_expected,
            },
            (data, *learned.pictures),
        )
        outcome = await self._sandbox.run("measure_file", order)
        budget.spend(outcome.cpu_s)
        if isinstance(outcome, Failed):
            return FileMeasured(fault=outcome.reason)
        try:
            measured = FileMeasured.model_validate(without_nul(outcome.fields.get("file")))
            pages = tuple(
                page.model_copy(update={"image": image})
                for page, image in zip(measured.pages, outcome.blobs, strict=True)
            )
        except ValueError as error:
            log.warning("child_answered_nonsense", error=str(error)[:500])
            return FileMeasured(fault=Reason.READER_CRASHED)
        return measured.model_copy(update={"pages": pages})

    def _known_options(self) -> Options:
        with self._database.read() as session:
            return forms.known_options(session)

    def _has_been_read(self, event: MailArchived) -> bool:
        with self._database.read() as session:
            return session.get(InboxRow, (event.event_id, READ.name)) is not None

    def _keep_derived(self, data: bytes, measured: FileMeasured) -> None:
        self._archive.put(data, Area.DERIVED)
        for page in measured.pages:
            self._archive.put(page.image, Area.DERIVED)

    def _keep(self, event: MailArchived, told: Sequence[Event]) -> None:
        """One transaction: whoever is killed before its end reads the mail again."""
        [read] = [one for one in told if isinstance(one, MailRead)]
        with self._database.write() as session:
            if not outbox.claim(session, event.event_id, READ.name):
                return
            mail = session.get_one(MailRow, event.mail_id)
            mail.read_at = read.occurred_at
            session.add(mail)
            session.merge(
                ReadingRow(
                    mail_id=read.mail_id,
                    event_id=read.event_id,
                    disposition=read.disposition.value,
                    rule=read.disposition_reason,
                    body=read.model_dump_json(),
                    read_at=read.occurred_at,
                )
            )
            for one in told:
                outbox.emit(session, one)
        MAILS_READ.labels(read.disposition.value, read.disposition_reason).inc()
        for document in read.documents:
            DOCUMENTS.labels(document.kind.value, document.outcome.value).inc()
        log.info(
            "mail_read",
            disposition=read.disposition.value,
            rule=read.disposition_reason,
            documents=[
                f"{document.kind}:{document.outcome}" for document in read.documents
            ],
            reasons=sorted({reason for document in read.documents for reason in document.reasons}),
        )  # fmt: skip


def without_nul(value: Any) -> Any:
    """JSON without the one character that PostgreSQL cannot keep."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [without_nul(one) for one in value]
    if isinstance(value, dict):
        return {without_nul(name): without_nul(one) for name, one in value.items()}
    return value


def _doubted(document: DocumentReading, reasons: Sequence[Reason]) -> DocumentReading:
    if not reasons:
        return document
    all_reasons = tuple(dict.fromkeys((*document.reasons, *reasons)))
    return document.model_copy(
        update={
            "reasons": all_reasons,
            "outcome": outcome_of(all_reasons),
            "once_proven": once_proven(all_reasons),
        }
    )


def _headers_of(data: bytes) -> bytes:
    """The mail's headers alone, as far as they are looked for."""
    head = data[:MOST_HEADER_BYTES]
    return head.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
