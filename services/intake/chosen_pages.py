"""Having the pages that a person chose measured in a child, out of a mail that is opened anew."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from services.intake.budget import Budget
from services.intake.forms import Options
from services.intake.learned_forms import LearnedOrder
from services.intake.mail.parsed import Authenticity, PartFound
from services.intake.pages.trust import Trust
from services.intake.read import ReaderSettings, without_nul
from services.intake.reading.measured import FileMeasured
from services.intake.sandbox.client import Failed, Sandbox
from services.intake.sandbox.wire import Message
from services.intake.take_apart import Opened
from shared.archive import Archive, Area, DamagedInArchive, NotInArchive
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    MailboxRole,
    PagesArranged,
    PartFate,
    ReadAs,
    Reason,
    RereadFault,
)

log = structlog.get_logger()


class CannotBeRead(Exception):
    """The pages cannot be read anew; `fault` says why."""

    def __init__(self, fault: RereadFault, reason: Reason | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.reason = reason


@dataclass(frozen=True)
class MailFiles:
    """A mail's files by the index of their part, and whether its sender is authentic."""

    found: Mapping[int, tuple[PartFound, bytes]]
    sender_authentic: bool

    def of(self, page: ArrangedPage) -> tuple[PartFound, bytes]:
        """The file that a page stands in, if it is still the same. Raises CannotBeRead."""
        part, data = self.found.get(page.part, (None, b""))
        if part is None or part.digest != page.file:
            raise CannotBeRead(RereadFault.FILE_GONE)
        return part, data


def files_of(opened: Opened) -> MailFiles:
    """Return the documents among the parts of a mail that was taken apart."""
    documents = [part for part in opened.mail.parts if part.fate is PartFate.DOCUMENT]
    return MailFiles(
        {part.index: (part, data) for part, data in zip(documents, opened.documents, strict=True)},
        opened.mail.authenticity is Authenticity.AUTHENTIC,
    )


def forms_allowed(wanted: ArrangedDocument, known: LearnedOrder) -> LearnedOrder:
    """The learned forms that the document may be read as. Raises CannotBeRead."""
    match wanted.read_as:
        case ReadAs.ANY:
            return known
        case ReadAs.OWN_FORM | ReadAs.NEED:
            return LearnedOrder({}, [], ())
        case ReadAs.LEARNED_FORM:
            for (key, template), fields, picture in zip(
                known.templates.items(), known.fields, known.pictures, strict=True
            ):
                if key == (wanted.initiative, wanted.version):
                    return LearnedOrder({key: template}, [fields], (picture,))
            raise CannotBeRead(RereadFault.FORM_WITHDRAWN)


class ChosenPages:
    """Has chosen pages of a file measured, the file and nothing else in a child of its own."""

    def __init__(self, archive: Archive, sandbox: Sandbox, settings: ReaderSettings) -> None:
        self._archive = archive
        self._sandbox = sandbox
        self._settings = settings

    async def measured(
        self,
        part: PartFound,
        data: bytes,
        chosen: Sequence[ArrangedPage],
        wanted: ArrangedDocument,
        event: PagesArranged,
        options: Options,
        learned: LearnedOrder,
        budget: Budget,
    ) -> FileMeasured:
        """Have the pages measured in a child, and check what it answers. Raises CannotBeRead."""
        if part.fault is not None:
            raise CannotBeRead(RereadFault.FILE_UNREADABLE, part.fault)
        if budget.is_spent:
            raise CannotBeRead(RereadFault.FILE_UNREADABLE, Reason.READER_BUDGET)
        limits = self._settings.limits
        pictures = [await asyncio.to_thread(self._shown, page) for page in chosen]
        order = Message(
            {
                "filename": part.filename,
                "content_type": part.content_type,
                "limits": limits.of_a_file,
                "options": options,
                "chosen": [[page.source_page, page.turn.value] for page in chosen],
                "learned": learned.fields,
                "trust": Trust(
                    roots=tuple(self._settings.trusted_roots), at=event.received_at
                ).model_dump(mode="json"),
                "needs_expected": _is_need_expected(wanted, event),
            },
            (data, *pictures, *learned.pictures),
        )
        outcome = await self._sandbox.run("measure_chosen", order)
        budget.spend(outcome.cpu_s)
        if isinstance(outcome, Failed):
            raise CannotBeRead(RereadFault.FILE_UNREADABLE, outcome.reason)
        try:
            measured = FileMeasured.model_validate(without_nul(outcome.fields.get("file")))
            pages = tuple(
                page.model_copy(update={"image": image})
                for page, image in zip(measured.pages, outcome.blobs, strict=True)
            )
        except ValueError as error:
            log.warning("child_answered_nonsense", error=str(error)[:500])
            raise CannotBeRead(RereadFault.FILE_UNREADABLE, Reason.READER_CRASHED) from error
        if [page.number for page in pages] != list(range(1, len(chosen) + 1)):
            fault = measured.fault
            kind = RereadFault.PAGE_GONE if fault is None else RereadFault.FILE_UNREADABLE
            raise CannotBeRead(kind, fault)
        return measured.model_copy(update={"pages": pages})

    def _shown(self, page: ArrangedPage) -> bytes:
        if page.image is None:
            return b""
        try:
            return self._archive.get(page.image, Area.DERIVED)
        except (NotInArchive, DamagedInArchive):
            # The picture only tells how the page stood; a person sees how it stands now.
            return b""


def _is_need_expected(wanted: ArrangedDocument, event: PagesArranged) -> bool:
    if wanted.read_as is ReadAs.ANY:
        return event.role is MailboxRole.NEEDS
    return wanted.read_as is ReadAs.NEED
