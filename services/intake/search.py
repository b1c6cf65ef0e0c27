"""Flow 3, search: the words of what has been read, and a copy of it that can be searched.

    MailRead, PagesRead → wait until no mail is to be read → find the words of each document
    (contained, at the lowest priority) → write its copy → one transaction: inbox,
    DocumentSearchable.

Nothing waits for this, and it changes nothing: the original, its page images and its reading stay
as they are. A document that cannot be made searchable is told of once the others are done.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from services.intake import ledger
from services.intake.sandbox.client import Failed, Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.sandbox.wire import Message
from services.intake.searchable.copy import searchable_copy
from services.intake.searchable.found import FileFound, FoundPage
from services.intake.settings import ReaderLimits, SearchSettings
from services.intake.tables import ReadingRow
from shared import outbox
from shared.archive import Archive, Area
from shared.consumers import SEARCH, SEARCH_AGAIN, Consumer
from shared.database import Database
from shared.errors import Permanent, Transient
from shared.events import (
    DocumentReading,
    DocumentSearchable,
    Event,
    MailRead,
    PagesRead,
    PartSummary,
)
from shared.failpoint import failpoint
from shared.identifiers import MailId
from shared.outbox import InboxRow
from shared.telemetry import Metrics, about_mail

LOOK_S: Final = 1.0
MOST_TEXT: Final = 100_000
PAGE_BREAK: Final = "\n\n"
JPEG: Final = b"\xff\xd8\xff"

SEARCHABLE = Metrics.counter("handslag_documents_searchable", "Documents made searchable")
SEARCHABLE_SECONDS = Metrics.histogram("handslag_searchable_seconds", "Of one document")
log = structlog.get_logger()


class NotSearchable(Permanent):
    """A document's words could not be found within the limits, or the file killed its reader."""

    code = "not_searchable"
    remedy = (
        "The original and what was read of it are untouched. Raise the limits under "
        "HANDSLAG_INTAKE__SEARCH__ and retry it, or leave it."
    )


class SearchStopped(Transient):
    """The service is stopping; the mail is taken up again at the next start."""

    code = "search_stopped"
    remedy = "None is needed."


class Searcher:
    """Makes the documents of mails searchable, one at a time."""

    def __init__(
        self,
        archive: Archive,
        database: Database,
        sandbox: Sandbox,
        limits: ReaderLimits,
        settings: SearchSettings,
    ) -> None:
        self._archive = archive
        self._database = database
        self._sandbox = sandbox
        self._limits = limits
        self._bounds = Bounds(
            memory_mib=settings.memory_mib,
            cpu_s=settings.cpu_s,
            wall_s=settings.wall_s,
            scratch_mib=limits.scratch_mib,
        )
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Wait to be cancelled; then let go of what only waits for its turn."""
        try:
            await asyncio.Event().wait()
        finally:
            self._stopping.set()

    async def search(self, read: MailRead) -> None:
        """Make a mail's documents searchable. Raises NotSearchable after all have been tried."""
        await self._search(read, SEARCH, read.documents, read.parts)

    async def search_again(self, read: PagesRead) -> None:
        """Make documents searchable that a person has arranged, likewise."""
        parts = await asyncio.to_thread(self._parts_of, read)
        await self._search(read, SEARCH_AGAIN, read.documents, parts)

    async def _search(
        self,
        event: MailRead | PagesRead,
        consumer: Consumer,
        documents: Sequence[DocumentReading],
        parts: Sequence[PartSummary],
    ) -> None:
        with about_mail(event.mail_id):
            if await asyncio.to_thread(self._is_done, event, consumer):
                return
            files = {part.index: part for part in parts}
            made: list[DocumentSearchable] = []
            failed: list[str] = []
            for document in documents:
                if not document.pages:
                    continue  # nothing could be opened, and its reasons say why
                await self._until_none_waits()
                try:
                    made.append(
                        await asyncio.to_thread(self._searchable, event.mail_id, document, files)
                    )
                except NotSearchable as error:
                    failed.append(f"{document.document_id}: {error}")
            failpoint("search.made")
            await asyncio.to_thread(self._keep, event, consumer, made, done=not failed)
            if failed:
                raise NotSearchable("; ".join(failed))

    async def _until_none_waits(self) -> None:
        """Reading comes first: wait until no mail, here or on another host, is still to be read."""
        while not self._stopping.is_set() and await asyncio.to_thread(self._one_waits):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_S)
        if self._stopping.is_set():
            raise SearchStopped("intake is stopping")

    def _one_waits(self) -> bool:
        with self._database.read() as session:
            return ledger.one_is_to_be_read(session)

    def _searchable(
        self, mail_id: MailId, document: DocumentReading, files: Mapping[int, PartSummary]
    ) -> DocumentSearchable:
        began_at = time.monotonic()
        found: dict[tuple[int, int], tuple[FoundPage, bytes]] = {}
        for index in dict.fromkeys(page.part for page in document.pages):
            wanted = [page.source_page for page in document.pages if page.part == index]
            for page, picture in self._found(files[index], wanted):
                found[index, page.number] = page, picture
        in_order = ((page.part, page.source_page) for page in document.pages)
        pages = [found[place] for place in in_order if place in found]
        if not pages:
            raise NotSearchable("none of its pages could be opened again")
        copy = searchable_copy(pages)
        digest = self._archive.put(copy, Area.DERIVED)
        SEARCHABLE.inc()
        SEARCHABLE_SECONDS.observe(time.monotonic() - began_at)
        return DocumentSearchable(
            occurred_at=outbox.now(),
            mail_id=mail_id,
            document_id=document.document_id,
            text=PAGE_BREAK.join(page.text for page, _ in pages)[:MOST_TEXT],
            pdf=digest,
            pages=len(pages),
        )

    def _found(self, part: PartSummary, wanted: Sequence[int]) -> list[tuple[FoundPage, bytes]]:
        """Have the words of a file's pages found in a child, and check what it answers."""
        assert part.digest is not None
        limits = self._limits
        order = Message(
            {
                "filename": part.filename,
                "content_type": part.content_type,
                "limits": limits.of_a_file,
                "pages": sorted(wanted),
            },
            (self._archive.get(part.digest, Area.DERIVED),),
        )
        outcome = self._sandbox.run_here("find_words", order, self._bounds)
        if isinstance(outcome, Failed):
            raise NotSearchable(f"{outcome.reason}: {outcome.detail}")
        try:
            found = FileFound.model_validate(outcome.fields.get("file"))
            pages = list(zip(found.pages, outcome.blobs, strict=True))
        except ValueError as error:
            raise NotSearchable(f"the child answered nonsense: {str(error)[:300]}") from error
        if not set(wanted).issuperset(page.number for page, _ in pages) or not all(
            picture.startswith(JPEG) for _, picture in pages
        ):
            raise NotSearchable("the child answered what it was not asked")
        if found.fault is not None:
            log.warning("search_reads_less", part=part.index, fault=found.fault.value)
        return pages

    def _parts_of(self, read: PagesRead) -> Sequence[PartSummary]:
        """The mail's files, as they were when it was read as a whole."""
        with self._database.read() as session:
            return MailRead.model_validate_json(
                session.get_one(ReadingRow, read.mail_id).body
            ).parts

    def _is_done(self, event: Event, consumer: Consumer) -> bool:
        with self._database.read() as session:
            return session.get(InboxRow, (event.event_id, consumer.name)) is not None

    def _keep(
        self, event: Event, consumer: Consumer, made: Sequence[DocumentSearchable], *, done: bool
    ) -> None:
        """Tell of what was made. Unless all was, the event may be retried; told twice is harmless:
        the registry keeps the latest."""
        with self._database.write() as session:
            if done and not outbox.claim(session, event.event_id, consumer.name):
                return
            for one in made:
                outbox.emit(session, one)
