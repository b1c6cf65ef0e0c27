"""Having a mail, or a file without one, taken apart in the contained child.

Everything that the child answers is checked here; the documents' bytes are hashed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from services.intake.mail import magic
from services.intake.mail.parsed import FileParsed, MailParsed, MessageLimits, PartFound
from services.intake.sandbox.client import Done, Failed, Sandbox
from services.intake.sandbox.wire import Message
from services.intake.settings import MIB, ReaderLimits
from shared.events import PartFate, Reason
from shared.identifiers import digest_of

log = structlog.get_logger()


@dataclass(frozen=True)
class Opened:
    """A mail taken apart: its documents' bytes in the order of their parts."""

    mail: MailParsed
    documents: Sequence[bytes]


@dataclass(frozen=True)
class OpenedFile:
    """A file taken apart, likewise; `reasons` are doubts about what it holds as a whole."""

    parts: Sequence[PartFound]
    documents: Sequence[bytes]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Unopened:
    """A mail that could not be taken apart; perhaps its headers could."""

    reason: Reason
    head: MailParsed | None = None


class Opener:
    """Takes mails apart, each in a child of its own."""

    def __init__(self, sandbox: Sandbox, limits: ReaderLimits, authserv_id: str | None) -> None:
        self._sandbox = sandbox
        self._limits = MessageLimits(
            parts=limits.parts,
            depth=limits.depth,
            unpacked_bytes=limits.unpacked_mib * MIB,
            unpack_ratio=limits.unpack_ratio,
            authserv_id=authserv_id,
        )

    async def mail(self, data: bytes) -> Opened | Unopened:
        """Take a mail apart, and the files in its files."""
        outcome, doubts = await self._ask("parse_mail", {}, data)
        if isinstance(outcome, Failed):
            return Unopened(outcome.reason)
        if "unreadable" in outcome.fields:
            log.warning("mail_unreadable", why=outcome.fields["unreadable"])
            return Unopened(Reason.UNREADABLE_MAIL)
        try:
            mail = MailParsed.model_validate(outcome.fields.get("mail"))
        except ValidationError as error:
            log.warning("child_answered_nonsense", error=str(error)[:500])
            return Unopened(Reason.UNREADABLE_MAIL)
        if not _are_those(outcome.blobs, mail.parts):
            return Unopened(Reason.UNREADABLE_MAIL)
        reasons = tuple(dict.fromkeys((*mail.reasons, *doubts)))
        return Opened(mail.model_copy(update={"reasons": reasons}), outcome.blobs)

    async def file(self, data: bytes, filename: str) -> OpenedFile:
        """Take a file apart that came without a mail; one that fails to be is a part itself."""
        content_type = magic.content_type(data) or magic.UNKNOWN
        named = {"filename": filename, "content_type": content_type}
        outcome, doubts = await self._ask("parse_file", named, data)
        if isinstance(outcome, Done):
            try:
                found = FileParsed.model_validate(outcome.fields.get("file"))
            except ValidationError as error:
                log.warning("child_answered_nonsense", error=str(error)[:500])
            else:
                if _are_those(outcome.blobs, found.parts):
                    return OpenedFile(found.parts, outcome.blobs, (*found.reasons, *doubts))
        fault = outcome.reason if isinstance(outcome, Failed) else Reason.READER_CRASHED
        part = PartFound(
            index=0,
            filename=filename,
            content_type=content_type,
            size_bytes=len(data),
            digest=digest_of(data),
            fate=PartFate.DOCUMENT,
            fault=fault,
        )
        return OpenedFile((part,), (data,))

    async def _ask(
        self, job: str, fields: dict[str, str], data: bytes
    ) -> tuple[Done | Failed, tuple[Reason, ...]]:
        """Ask a child; where that fails, once more with archives left closed, which is a doubt.

        An archive that brings the child down is then a document that nobody opened, and the rest
        of the mail is read.
        """
        outcome: Done | Failed = Failed(Reason.READER_CRASHED, "not asked")
        doubts: tuple[Reason, ...] = ()
        for unpack in (True, False):
            limits = self._limits.model_copy(update={"unpack": unpack})
            order = Message({**fields, "limits": limits.model_dump(mode="json")}, (data,))
            outcome = await self._sandbox.run(job, order)
            if isinstance(outcome, Done):
                return outcome, doubts
            doubts = (outcome.reason,)
        return outcome, doubts


def _are_those(documents: Sequence[bytes], parts: Sequence[PartFound]) -> bool:
    wanted = [part.digest for part in parts if part.fate is PartFate.DOCUMENT]
    return wanted == [digest_of(document) for document in documents]
