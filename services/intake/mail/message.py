"""From a mail's bytes to what it holds: headers, text, and every part with its fate.

Runs in the contained child: the standard library's parser can be brought to take minutes and
gigabytes by a small mail. Depth, number of parts and length of headers are bounded here; time
and memory around it.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Final

from services.intake.mail import headers, magic
from services.intake.mail.authenticity import authenticity
from services.intake.mail.bounce import report_of
from services.intake.mail.parsed import MOST_LISTED, MailParsed, MessageLimits, PartFound
from services.intake.mail.parts import Leaf, fate_of
from shared.events import PartFate, Reason

MOST_TEXT: Final = 20_000
_CONTENT_ID = re.compile(r"cid:([^\"'>\s)]{1,300})", re.IGNORECASE)
_CODED: Final = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"})
_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "image/tiff": ".tif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
}


class UnreadableMail(Exception):
    """The bytes are no mail that the parser can take apart."""


class _Part(Message):
    """A part that the parser does not take apart while it still is in a transfer encoding."""

    def get_content_maintype(self) -> str:
        main = super().get_content_maintype()
        return "application" if main == "message" and _coding(self) in _CODED else main


def _coding(part: Message) -> str:
    return (headers.value_of(part, "content-transfer-encoding") or "").strip().lower()


@dataclass(frozen=True)
class _Place:
    """A leaf, and where in the mail it stands."""

    part: Message
    depth: int = 0
    in_report: bool = False
    has_plain_sibling: bool = False


@dataclass
class _Found:
    """What is gathered on the way through the parts."""

    parts: list[PartFound] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)

    def doubt(self, reason: Reason) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def parse(data: bytes, limits: MessageLimits) -> tuple[MailParsed, list[bytes]]:
    """Return what a mail holds, and the bytes of its documents. Raises UnreadableMail."""
    message = _message(data)
    report = report_of(message)
    found = _Found()
    leaves = list(_leaves(message, limits, found))
    referenced = _referenced(leaves)
    for place in leaves:
        _take(place, referenced, limits, found)
    from_address, from_name = headers.sender(message)
    ids = headers.message_ids(headers.value_of(message, "message-id"))
    quoted = (
        *headers.message_ids(headers.value_of(message, "references")),
        *headers.message_ids(headers.value_of(message, "in-reply-to")),
    )
    parsed = MailParsed(
        return_path=headers.return_path(message),
        from_address=from_address,
        from_name=from_name,
        subject=headers.decoded(headers.value_of(message, "subject") or "", 500),
        message_id=ids[0] if ids else "",
        references=tuple(dict.fromkeys(quoted)),
        manners=headers.manners(message),
        text="\n\n".join(found.texts)[:MOST_TEXT],
        parts=tuple(found.parts),
        report=report,
        authenticity=authenticity(
            list(headers.all_values(message, "authentication-results")), limits.authserv_id
        ),
        reasons=tuple(found.reasons),
    )
    return parsed, found.documents


def _message(data: bytes) -> Message:
    try:
        return BytesParser(_Part, policy=headers.BoundedPolicy()).parsebytes(data)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableMail(f"{type(error).__name__}: {error}") from error


def _leaves(message: Message, limits: MessageLimits, found: _Found) -> Iterator[_Place]:
    """Every leaf in the order of the mail, without recursion; mails in the mail are opened."""
    waiting = [_Place(message)]
    while waiting:
        place = waiting.pop()
        part = place.part
        inner = _inner_parts(place, found)
        if inner is None:
            yield place
        elif place.depth >= limits.depth:
            found.doubt(Reason.UNREADABLE_MAIL)
            yield place
        else:
            # A bounce that somebody forwards is a mail in the mail, opened like any other.
            in_report = place.in_report or (
                part is message and part.get_content_type() == "multipart/report"
            )
            plain = part.get_content_type() == "multipart/alternative" and any(
                one.get_content_type() == "text/plain" and _text(one).strip() for one in inner
            )
            waiting.extend(
                _Place(
                    one,
                    place.depth + 1,
                    in_report,
                    place.has_plain_sibling or (plain and one.get_content_type() != "text/plain"),
                )
                for one in reversed(inner)
            )


def _inner_parts(place: _Place, found: _Found) -> Sequence[Message] | None:
    """The parts inside of a part, or None if it is a leaf."""
    part = place.part
    payload = part.get_payload()
    of_report = place.in_report and part.get_content_maintype() == "message"
    if of_report or part.get_content_type() == "message/delivery-status":
        return None
    if isinstance(payload, list):
        return [one for one in payload if isinstance(one, Message)]
    name = (part.get_filename() or "").lower()
    if part.get_content_type() == "message/rfc822" or name.endswith(".eml"):
        return [_attached_mail(part, found)]
    return None


def _attached_mail(part: Message, found: _Found) -> Message:
    """The mail that a part is, its transfer encoding undone.

    RFC 2046, 5.2.1 allows none on a mail, some gateways use one all the same, and others only say
    that they do: a mail in the clear is left as it is.
    """
    uncoded = copy(part)
    del uncoded["Content-Transfer-Encoding"]
    raw = _bytes(uncoded)
    as_it_is = _message(raw)
    head = re.split(rb"\r?\n\r?\n", raw.lstrip(), maxsplit=1)[0]
    in_the_clear = as_it_is.keys() and not (_coding(part) == "quoted-printable" and b"=3D" in head)
    mail = as_it_is if in_the_clear else _message(_bytes(part))
    if not mail.keys():
        found.doubt(Reason.UNREADABLE_MAIL)
    return mail


def _take(place: _Place, referenced: set[str], limits: MessageLimits, found: _Found) -> None:
    index = len(found.parts)
    if index >= min(limits.parts, MOST_LISTED):
        found.doubt(Reason.TOO_MANY_PARTS)
        if index < MOST_LISTED:
            found.parts.append(_not_taken(place.part, index, "too_many_parts"))
        return
    of_machine = place.part.get_content_type() == "message/delivery-status"
    if place.part.is_multipart() and not place.in_report and not of_machine:
        found.parts.append(_not_taken(place.part, index, "too_deep"))
        return
    data = _bytes(place.part)
    claimed = headers.printable(place.part.get_content_type(), 100)
    if claimed.startswith("multipart/"):
        # A multipart whose boundary is lost: its parts cannot be told apart.
        found.doubt(Reason.UNREADABLE_MAIL)
    digest = hashlib.sha256(data).hexdigest()
    content_id = headers.printable(headers.value_of(place.part, "content-id") or "", 300)
    filename = _filename(place.part)
    leaf = Leaf(
        claimed_type=claimed,
        shown_type=magic.content_type(data),
        filename=filename,
        size_bytes=len(data),
        attached=place.part.get_content_disposition() == "attachment",
        referenced=content_id.strip("<>") in referenced,
        picture_px=magic.picture_size(data),
        has_plain_sibling=place.has_plain_sibling,
        in_report=place.in_report,
        same_as_earlier=digest in found.digests,
    )
    fate, reason = fate_of(leaf)
    if fate is PartFate.DOCUMENT:
        found.documents.append(data)
        found.digests.add(digest)
    elif fate is PartFate.TEXT:
        text = _text(place.part)
        words = _without_markup(text) if claimed == "text/html" else text
        found.texts.append(headers.printable_text(words, MOST_TEXT))
    ending = _ENDINGS.get(leaf.content_type, "")
    found.parts.append(
        PartFound(
            index=index,
            filename=filename
            or (f"bilaga-{index + 1}{ending}" if fate is PartFate.DOCUMENT else ""),
            content_type=leaf.content_type,
            size_bytes=len(data),
            digest=digest,
            fate=fate,
            reason=reason,
        )
    )


def _not_taken(part: Message, index: int, reason: str) -> PartFound:
    return PartFound(
        index=index,
        filename=_filename(part),
        content_type=headers.printable(part.get_content_type(), 100),
        size_bytes=0,
        digest=None,
        fate=PartFate.SKIPPED,
        reason=reason,
    )


def _bytes(part: Message) -> bytes:
    """The part's content, its transfer encoding undone as far as it can be."""
    if part.is_multipart():
        return part.as_bytes()
    if "content-transfer-encoding" in part:
        # The parser knows no name that has a space behind it.
        part.replace_header("content-transfer-encoding", _coding(part))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message) -> str:
    return headers.text_of(_bytes(part), part.get_content_charset()).replace("\r\n", "\n")


def _filename(part: Message) -> str:
    """The name without folders, on one line, short, its ending kept."""
    raw = part.get_filename()
    if raw is None:
        return ""
    name = headers.decoded(raw, 1000).replace("\\", "/").rpartition("/")[2].lstrip(".")
    ending = PurePosixPath(name).suffix[:10]
    return name if len(name) <= 150 else name[: 150 - len(ending)] + ending


def _referenced(leaves: Sequence[_Place]) -> set[str]:
    """The Content-IDs that the mail's HTML shows."""
    return {
        name
        for place in leaves
        if place.part.get_content_type() == "text/html"
        for name in _CONTENT_ID.findall(_text(place.part))
    }


class _Words(HTMLParser):
    """The words of an HTML text, without scripts and styles."""

    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table"})
    _SILENT = frozenset({"script", "style", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self._SILENT:
            self._silent += 1
        elif tag in self._BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _without_markup(html: str) -> str:
    words = _Words()
    words.feed(html[: MOST_TEXT * 20])
    text = "".join(words.words)
    return re.sub(r"\n\s*\n\s*", "\n\n", re.sub(r"[ \t\xa0]+", " ", text)).strip()
