"""One mail of ours as it left, taken apart for the eye. It was written by our notifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

SHOWN = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "Auto-Submitted")


@dataclass(frozen=True)
class FileSent:
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class SentMail:
    """Its headers that matter to a person, its text, and the files that went with it."""

    headers: Sequence[tuple[str, str]]
    text: str
    files: Sequence[FileSent]
    size_bytes: int


def taken_apart(data: bytes) -> SentMail:
    """Return what a mail of ours says."""
    mail = message_from_bytes(data, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    return SentMail(
        headers=[(name, str(mail[name])) for name in SHOWN if mail[name] is not None],
        text=str(body.get_content()) if body is not None else "",
        files=[
            FileSent(str(part.get_filename()), part.get_content_type(), _size(part))
            for part in mail.iter_attachments()
            if part.get_filename()
        ],
        size_bytes=len(data),
    )


def _size(part: EmailMessage) -> int:
    payload = part.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else 0
