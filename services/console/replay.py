"""`handslag replay`: stored originals read once more by the present reader.

To compare, nothing is changed: the ledger and the archive are only read, page images are dropped,
and no event is sent. To have a mail read again for good, it is announced as if it had just come;
what is registered of it already stays as it is.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from services.console.differences import Change, Difference, Recorded, differences
from services.console.doubts import doubted
from services.console.learn import weighed_by_registry
from services.console.reader import reader_on
from services.console.stores import intake_settings, open_store
from services.intake import ledger
from services.intake.read import Reader
from services.registry.store.recorded import recorded_documents
from services.registry.tables import AnswerStatus, Mail
from shared.archive import Archive, Area, DamagedInArchive, NotInArchive, open_archive
from shared.database import Database
from shared.errors import UsageError
from shared.events import DocumentReading, MailArchived, MailRead, Reason
from shared.identifiers import digest_of


@dataclass
class Comparison:
    """What came of a replay so far. `unreadable` are mails whose original could not be had."""

    mails: int = 0
    not_registered: int = 0
    unreadable: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def count(self, change: Change) -> int:
        return sum(one.change is change for one in self.differences)

    @property
    def answers_differ(self) -> bool:
        return self.count(Change.DIFFERENT_ANSWER) > 0

    def as_dict(self) -> dict[str, int]:
        return {
            "mails": self.mails,
            "documents": len(self.differences),
            **{change.value: self.count(change) for change in Change},
            "not_registered": self.not_registered,
            "unreadable": len(self.unreadable),
        }


Advance = Callable[[int, int], None]
"""Told after each mail: how many are done, of how many."""


def read_again(mail_id: str) -> None:
    """Announce one mail anew; a running intake takes it up. Raises UsageError if there is none."""
    with open_store("intake") as database, database.write() as session:
        if not ledger.replay(session, mail_id):
            raise UsageError(f"No mail is called {mail_id}.")


def compare(since: datetime | None, mail_id: str | None, advance: Advance) -> Comparison:
    """Read the originals that came since then, or one mail's, and compare with the register.

    Raises UsageError for a mail that is not there.
    """
    settings = intake_settings()
    with ExitStack() as opened:
        intake = opened.enter_context(open_store("intake"))
        registry = opened.enter_context(open_store("registry"))
        with intake.read() as session:
            mails = ledger.archived(session, since=since, mail_id=mail_id)
        if mail_id is not None and not mails:
            raise UsageError(f"No mail is called {mail_id}.")
        at_once = settings.intake.workers
        reader = opened.enter_context(
            reader_on(
                _NothingKept(open_archive(settings)),
                intake,
                settings,
                own_addresses=frozenset(box.address for box in settings.intake.mailboxes),
                at_once=at_once,
            )
        )
        return asyncio.run(_compare_all(mails, reader, registry, at_once, advance))


async def _compare_all(
    mails: Sequence[MailArchived],
    reader: Reader,
    registry: Database,
    at_once: int,
    advance: Advance,
) -> Comparison:
    found = Comparison()
    waiting = iter(mails)

    async def work() -> None:
        for mail in waiting:
            await _compare_one(mail, reader, registry, found)
            found.mails += 1
            advance(found.mails, len(mails))

    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(work())
    place = {mail.mail_id: number for number, mail in enumerate(mails)}
    found.differences.sort(key=lambda one: (place[one.mail_id], one.document_id))
    return found


async def _compare_one(
    mail: MailArchived, reader: Reader, registry: Database, found: Comparison
) -> None:
    before = await asyncio.to_thread(_recorded, registry, mail.mail_id)
    if before is None:
        found.not_registered += 1
        return
    try:
        told = await reader.examine(mail)
    except (NotInArchive, DamagedInArchive):
        found.unreadable.append(mail.mail_id)
        return
    [read] = [event for event in told if isinstance(event, MailRead)]
    read = await asyncio.to_thread(weighed_by_registry, registry, read)
    documents = [doubted(one, read.mail_reasons) for one in read.documents]
    found.differences += differences(mail.mail_id, before, documents)


def _recorded(registry: Database, mail_id: str) -> list[Recorded] | None:
    """The documents that are registered of a mail, with what was doubted of all of it.

    None if the mail itself is not registered.
    """
    with registry.read() as session:
        mail, rows = session.get(Mail, mail_id), recorded_documents(session, mail_id)
        if mail is None or rows is None:
            return None
        doubts = [Reason(key) for key in mail.reasons]
        return [
            Recorded(
                reading=doubted(DocumentReading.model_validate(document.reading), doubts),
                answer=(answer.initiative, answer.municipality, answer.answer) if answer else None,
                by=answer.recorded_by if answer else "",
                voided=answer is not None and answer.status is AnswerStatus.VOIDED,
            )
            for document, answer in rows
        ]


class _NothingKept:
    """An archive that can be read; what is put into it is only named."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def put(self, data: bytes, area: Area = Area.ORIGINALS) -> str:
        return digest_of(data)

    def get(self, digest: str, area: Area = Area.ORIGINALS) -> bytes:
        return self._archive.get(digest, area)

    def has(self, digest: str, area: Area = Area.ORIGINALS) -> bool:
        return self._archive.has(digest, area)

    def digests(self, area: Area = Area.ORIGINALS) -> Iterator[str]:
        return self._archive.digests(area)
