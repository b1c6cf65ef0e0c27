"""What a mail holds, as the contained child found it. Crosses to the service as JSON."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.events import PartFate, PartSummary, Reason
from shared.identifiers import Digest

MOST_LISTED: Final = 1_000
"""Parts that are listed one by one, whether they are looked at or not."""

Identifier = Annotated[str, Field(max_length=1000)]


class _Parsed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Authenticity(StrEnum):
    """What our own mail server found out about the sender."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    UNKNOWN = "unknown"


class DeliveryStatus(_Parsed):
    """What a bounce says of one recipient (RFC 3464)."""

    action: str
    recipient: str
    status: str
    diagnostic: str


class Report(_Parsed):
    """A multipart/report, or what has the look of a bounce without being one."""

    kind: str
    """`delivery-status`, `disposition-notification` …; `informal` if only its words say so."""
    token: str = ""
    """Of the envelope sender of ours that came back."""
    statuses: tuple[DeliveryStatus, ...] = ()


class PartFound(_Parsed):
    """One leaf part. `digest` is None only where it was not decoded."""

    index: int = Field(ge=0)
    filename: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    size_bytes: int = Field(ge=0)
    digest: Digest | None
    fate: PartFate
    reason: str = Field(default="", max_length=40)
    fault: Reason | None = None
    """Why a file that holds other files could not be opened, or not to its last file."""

    def summary(self) -> PartSummary:
        """The same, as the event has it."""
        return PartSummary(**dict(self))


class MailParsed(_Parsed):
    """Everything that the service needs to know of a mail's inside.

    The bytes of the parts with the fate `document` come beside it, in the same order.
    """

    return_path: str | None = Field(max_length=320)
    """The topmost Return-Path: empty for a bounce, None if the header is missing."""
    from_address: str = Field(max_length=320)
    from_name: str = Field(max_length=200)
    subject: str = Field(max_length=500)
    message_id: str = Field(max_length=1000)
    references: tuple[Identifier, ...] = Field(max_length=40)
    manners: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=200)]] = (
        Field(max_length=40)
    )
    token: str = Field(default="", max_length=64)
    """Of an envelope sender of ours, in the address that the mail was sent to."""
    sent_to: tuple[Annotated[str, Field(max_length=320)], ...] = Field(default=(), max_length=10)
    """The addresses that it was sent to, as its headers say."""
    text: str = Field(max_length=20_000)
    parts: tuple[PartFound, ...] = Field(max_length=MOST_LISTED)
    report: Report | None
    authenticity: Authenticity
    reasons: tuple[Reason, ...] = ()
    """Doubts about the mail as a whole."""


class FileParsed(_Parsed):
    """What a file without a mail is, and what it holds; the documents' bytes come beside it."""

    parts: tuple[PartFound, ...] = Field(max_length=MOST_LISTED)
    reasons: tuple[Reason, ...] = ()


class MessageLimits(_Parsed):
    """How far a mail may go before a person has to look."""

    parts: int = 100
    depth: int = 20
    """Parts in parts, mails in mails and archives in archives, together."""
    unpack: bool = True
    """Whether files that hold other files are opened."""
    unpacked_bytes: int = 60_000_000
    """Of all files in such files, together."""
    unpack_ratio: int = 200
    """Bytes of a packed file to one byte in the archive."""
    authserv_id: str | None = None
    """The name that our own mail server writes in Authentication-Results."""
