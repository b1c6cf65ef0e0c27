"""A mail with files, read as the service reads it, in this very process."""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage

from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.mail.message import parse
from services.intake.mail.parsed import MailParsed, MessageLimits
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.reading.measured import FileMeasured
from shared.events import DocumentReading, PartFate, Reason
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.cases import KEY, MUNICIPALITY
from tests.unit.reading.papers import KNOWN


def mail_of(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """Return a mail with these files attached, in their order."""
    mail = EmailMessage()
    mail["From"] = "registrator@umea.example"
    mail.set_content("Här kommer vårt svar.")
    for name, data in files.items() if isinstance(files, Mapping) else files:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def read_mail(data: bytes) -> tuple[MailParsed, list[DocumentReading]]:
    """Return what the mail holds, and its documents."""
    parsed, blobs = parse(data, MessageLimits())
    parts = [part for part in parsed.parts if part.fate is PartFate.DOCUMENT]
    files = []
    for part, blob in zip(parts, blobs, strict=True):
        assert part.digest is not None
        if part.fault is not None:
            found = FileMeasured(fault=part.fault)
        else:
            found = measure_file(blob, part.filename, part.content_type, Limits(), KNOWN)
        files.append(placed(found, part.index, part.digest))
    readings = conclude(
        files,
        key=KEY,
        options=KNOWN,
        municipalities={MUNICIPALITY},
        mail_id=mail_id_of(digest_of(data)),
    )
    return parsed, readings


def readings_of(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> list[DocumentReading]:
    """Return the documents of a mail with these files."""
    return read_mail(mail_of(files))[1]


def reasons_of(files: Mapping[str, bytes]) -> set[Reason]:
    """Return every reason of every document of a mail with these files, and of the mail."""
    parsed, readings = read_mail(mail_of(files))
    return {*parsed.reasons, *(reason for reading in readings for reason in reading.reasons)}
