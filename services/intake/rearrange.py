"""Flow 2 once more, for pages that a person arranged: the same original, read as documents anew.

    PagesArranged → take the mail apart (contained) → measure the chosen pages (contained)
    → conclude, each document by itself → keep the pages' images
    → one transaction: inbox, PagesRead.

Nothing that was read before is changed. What comes of it is never beyond doubt: a person has put
it together, and a person sees what it says before it counts.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from services.intake import forms, needs
from services.intake.budget import Budget
from services.intake.chosen_pages import (
    CannotBeRead,
    ChosenPages,
    MailFiles,
    files_of,
    forms_allowed,
)
from services.intake.conclude import concluded
from services.intake.documents import PlacedPage, Templates, document_arranged
from services.intake.fit import MOST_EVENT_BYTES
from services.intake.forms import Options
from services.intake.learned_forms import LearnedForms
from services.intake.read import ReaderSettings
from services.intake.reading.measured import FileMeasured, NeedMeasured
from services.intake.sandbox.client import Sandbox
from services.intake.tables import RereadRow
from services.intake.take_apart import Opener, Unopened
from shared import outbox
from shared.archive import Archive, Area, DamagedInArchive, NotInArchive
from shared.consumers import ARRANGED
from shared.database import Database
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    DocumentReading,
    Outcome,
    PagesArranged,
    PagesRead,
    Reason,
    RereadFault,
)
from shared.failpoint import failpoint
from shared.identifiers import digest_of
from shared.municipalities import all_municipalities
from shared.outbox import InboxRow
from shared.telemetry import Metrics, about_mail

REREAD = Metrics.counter("handslag_pages_read_again", "Arrangements read", ["ended"])
log = structlog.get_logger()


class Rearranger:
    """Reads the pages of one arrangement at a time."""

    def __init__(
        self, archive: Archive, database: Database, sandbox: Sandbox, settings: ReaderSettings
    ) -> None:
        self._archive = archive
        self._database = database
        self._chosen = ChosenPages(archive, sandbox, settings)
        self._opener = Opener(sandbox, settings.limits, settings.authserv_id)
        self._settings = settings
        self._learned = LearnedForms(archive, database)
        self._municipalities = frozenset(one.code for one in all_municipalities())

    async def rearrange(self, event: PagesArranged) -> None:
        """Read what was arranged, and tell the registry; of what cannot be, why."""
        with about_mail(event.mail_id):
            if await asyncio.to_thread(self._has_been_read, event):
                return
            told = await self.examine(event)
            failpoint("rearrange.concluded")
            await asyncio.to_thread(self._keep, event, told)
            failpoint("rearrange.recorded")

    async def examine(self, event: PagesArranged) -> PagesRead:
        """Say what is to be told of an arrangement. Page images go to the archive."""
        try:
            files = await self._open(event)
            options = await asyncio.to_thread(self._known_options)
            budget = Budget(self._settings.limits.mail_cpu_s)
            documents = [
                await self._document(one, event, files, options, budget) for one in event.documents
            ]
        except CannotBeRead as wrong:
            return _not_read(event, wrong.fault, wrong.reason)
        told = PagesRead(
            occurred_at=outbox.now(),
            arrangement=event.arrangement,
            mail_id=event.mail_id,
            sender_authentic=files.sender_authentic,
            documents=tuple(documents),
        )
        if len(told.model_dump_json().encode()) > MOST_EVENT_BYTES:
            # More than the bus takes: the person arranges fewer at a time.
            return _not_read(event, RereadFault.FILE_UNREADABLE, Reason.TOO_MANY_PARTS)
        return told

    async def _open(self, event: PagesArranged) -> MailFiles:
        try:
            data = await asyncio.to_thread(self._archive.get, event.digest)
        except (NotInArchive, DamagedInArchive) as gone:
            raise CannotBeRead(RereadFault.ORIGINAL_GONE) from gone
        opened = await self._opener.mail(data)
        if isinstance(opened, Unopened):
            raise CannotBeRead(RereadFault.MAIL_UNREADABLE, opened.reason)
        return files_of(opened)

    async def _document(
        self,
        wanted: ArrangedDocument,
        event: PagesArranged,
        files: MailFiles,
        options: Options,
        budget: Budget,
    ) -> DocumentReading:
        """Measure the document's pages, file by file, and conclude from them alone."""
        learned = forms_allowed(wanted, await asyncio.to_thread(self._learned.order))
        pages: dict[tuple[int, int], PlacedPage] = {}
        faults: list[Reason] = []
        need: NeedMeasured | None = None
        seconds = 0.0
        for index in dict.fromkeys(page.part for page in wanted.pages):
            chosen = [page for page in wanted.pages if page.part == index]
            part, data = files.of(chosen[0])
            chosen.sort(key=lambda page: page.source_page)
            measured = await self._chosen.measured(
                part, data, chosen, wanted, event, options, learned, budget
            )
            faults += [measured.fault] if measured.fault is not None else []
            seconds += measured.seconds
            places = [page.source_page for page in chosen]
            await asyncio.to_thread(self._keep_images, measured)
            for page in measured.pages:
                number = places[page.number - 1]
                pages[index, number] = PlacedPage(
                    page.model_copy(update={"image": b"", "number": number}),
                    index,
                    chosen[0].file,
                    digest_of(page.image),
                )
            if need is None and needs.is_template(measured.need):
                need = _placed_need(measured.need, index, places, wanted.pages)
        return await asyncio.to_thread(
            self._conclude, wanted, pages, faults, need, learned.templates, options, seconds
        )

    def _conclude(
        self,
        wanted: ArrangedDocument,
        pages: Mapping[tuple[int, int], PlacedPage],
        faults: Sequence[Reason],
        need: NeedMeasured | None,
        learned: Templates,
        options: Options,
        seconds: float,
    ) -> DocumentReading:
        in_order = [pages[page.part, page.source_page] for page in wanted.pages]
        try:
            [reading] = concluded(
                {
                    wanted.document_id: document_arranged(
                        in_order, learned, faults=tuple(dict.fromkeys(faults)), need=need
                    )
                },
                key=self._settings.key,
                options=options,
                municipalities=self._municipalities,
                learned=learned,
                seconds=seconds,
            )
        except Exception as error:
            log.exception("child_measured_nonsense", document=wanted.document_id)
            raise CannotBeRead(RereadFault.FILE_UNREADABLE, Reason.READER_CRASHED) from error
        return _for_a_person(reading)

    def _keep_images(self, measured: FileMeasured) -> None:
        for page in measured.pages:
            self._archive.put(page.image, Area.DERIVED)

    def _known_options(self) -> Options:
        with self._database.read() as session:
            return forms.known_options(session)

    def _has_been_read(self, event: PagesArranged) -> bool:
        with self._database.read() as session:
            return session.get(InboxRow, (event.event_id, ARRANGED.name)) is not None

    def _keep(self, event: PagesArranged, told: PagesRead) -> None:
        with self._database.write() as session:
            if not outbox.claim(session, event.event_id, ARRANGED.name):
                return
            if told.fault is None:
                session.merge(
                    RereadRow(
                        arrangement=str(told.arrangement),
                        mail_id=told.mail_id,
                        body=told.model_dump_json(),
                        read_at=told.occurred_at,
                    )
                )
            outbox.emit(session, told)
        ended = "read" if told.fault is None else told.fault.value
        REREAD.labels(ended).inc()
        log.info("pages_read_again", arrangement=str(event.arrangement), ended=ended)


def _not_read(event: PagesArranged, fault: RereadFault, reason: Reason | None) -> PagesRead:
    return PagesRead(
        occurred_at=outbox.now(),
        arrangement=event.arrangement,
        mail_id=event.mail_id,
        fault=fault,
        reason=reason,
    )


def _placed_need(
    need: NeedMeasured | None,
    part: int,
    places: Sequence[int],
    pages: Sequence[ArrangedPage],
) -> NeedMeasured | None:
    """The need, its places on the document's pages instead of the file's chosen ones."""
    if need is None:
        return None
    numbers = {(page.part, page.source_page): number for number, page in enumerate(pages, start=1)}
    fields = tuple(
        field
        if field.area is None
        else field.model_copy(
            update={
                "area": field.area.model_copy(
                    update={"page": numbers[part, places[field.area.page - 1]]}
                )
            }
        )
        for field in need.fields
    )
    return need.model_copy(update={"fields": fields})


def _for_a_person(reading: DocumentReading) -> DocumentReading:
    unproven = Reason.MUNICIPALITY_UNPROVEN in reading.reasons
    return reading.model_copy(
        update={
            "reasons": (*reading.reasons, Reason.REARRANGED),
            "outcome": Outcome.REVIEW,
            "once_proven": Outcome.REVIEW if unproven else None,
        }
    )
