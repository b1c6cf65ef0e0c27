"""`handslag read`: what intake would make of a file, without any server.

The same contained child, the same verdict; a throw-away archive and ledger instead of the real
ones. For a bare file there is no sender: `auto` then means that the page alone is beyond doubt.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from services.console.doubts import doubted_by_registry
from services.console.files import bytes_of
from services.console.learn import teach_learned, weighed_by_registry
from services.console.overlay import draw
from services.console.reader import reader_on
from services.console.reading_line import to_read_json
from services.console.stores import INTAKE_MIGRATIONS, intake_settings, open_store
from services.intake import forms
from services.intake.read import Reader
from services.registry.admin.initiatives import list_all
from shared.archive import Archive, Area, FolderArchive
from shared.database import Database
from shared.events import (
    Correspondence,
    Disposition,
    DocumentKind,
    DocumentReading,
    InitiativeDefined,
    MailArchived,
    MailboxRole,
    MailRead,
    Outcome,
)
from shared.identifiers import digest_of, document_id_of, mail_id_of
from shared.migrate import upgrade
from shared.outbox import now

_MAIL_ENDINGS: Final = frozenset({".eml"})


def read_files(files: Sequence[Path], debug: Path | None) -> Iterator[dict[str, Any]]:
    """Yield a line for each document of each file, in their order.

    Raises UsageError for a file that is not there; what cannot be understood has its reason in
    the line.
    """
    with (
        tempfile.TemporaryDirectory(prefix="handslag-read-") as folder,
        closing(Database(f"sqlite:///{folder}/ledger.sqlite3")) as ledger,
    ):
        upgrade(ledger, INTAKE_MIGRATIONS)
        archive = FolderArchive(Path(folder) / "archive")
        _define_forms(ledger, archive)
        opened = reader_on(archive, ledger, intake_settings(), own_addresses=frozenset(), at_once=1)
        with opened as reader:
            yield from _lines(files, reader, archive, debug)


def _lines(
    files: Sequence[Path], reader: Reader, archive: Archive, debug: Path | None
) -> Iterator[dict[str, Any]]:
    for file in files:
        for number, document in enumerate(_documents(file, reader, archive), start=1):
            if debug is not None:
                draw(document, archive, debug, f"{file.stem}-{number}")
            yield to_read_json(document, file.name, number)


def _documents(file: Path, reader: Reader, archive: Archive) -> Sequence[DocumentReading]:
    data = bytes_of(file)
    if file.suffix.lower() in _MAIL_ENDINGS:
        return _of_mail(data, reader, archive)
    name, digest = file.name[-200:], digest_of(data)
    documents = asyncio.run(reader.examine_file(name, data, mail_id_of(digest)))
    with open_store("registry") as registry:
        return weighed_by_registry(registry, _from_nobody(documents, digest)).documents


def _of_mail(data: bytes, reader: Reader, archive: Archive) -> Sequence[DocumentReading]:
    digest = archive.put(data, Area.ORIGINALS)
    arrived = MailArchived(
        occurred_at=now(),
        mail_id=mail_id_of(digest),
        digest=digest,
        size_bytes=len(data),
        mailbox="registratur@skr.se",
        role=MailboxRole.ANSWERS,
        received_at=now(),
    )
    told = asyncio.run(reader.examine(arrived))
    [read] = [event for event in told if isinstance(event, MailRead)]
    if not read.documents:
        return [_no_document(read)]
    with open_store("registry") as registry:
        return doubted_by_registry(registry, weighed_by_registry(registry, read)).documents


def _from_nobody(documents: Sequence[DocumentReading], digest: str) -> MailRead:
    """A bare file as a mail without a sender: only the page can say whose it is."""
    return MailRead(
        occurred_at=now(),
        mail_id=mail_id_of(digest),
        digest=digest,
        role=MailboxRole.ANSWERS,
        received_at=now(),
        correspondence=Correspondence(mailbox="", return_path="", from_address=""),
        disposition=Disposition.ANSWERS,
        documents=tuple(documents),
    )


def _no_document(read: MailRead) -> DocumentReading:
    """A mail that is a matter of its own, as one line."""
    need = read.disposition is Disposition.NEED
    return DocumentReading(
        document_id=document_id_of(read.mail_id, 1),
        kind=DocumentKind.NEED if need else DocumentKind.OTHER,
        outcome=Outcome.REVIEW,
        reasons=read.mail_reasons,
        parts=(),
        content=read.digest,
    )


def _define_forms(ledger: Database, archive: Archive) -> None:
    """Tell the throw-away ledger of the initiatives and learned forms that the registry knows."""
    with open_store("registry") as registry:
        known = list_all(registry)
        teach_learned(registry, ledger, archive)
    with ledger.write() as session:
        for each in known:
            forms.define(
                session,
                InitiativeDefined(
                    occurred_at=now(),
                    initiative=each.id,
                    name=each.name,
                    round=each.round,
                    options=each.options,
                    last_answer_day=each.last_answer_day,
                ),
            )
