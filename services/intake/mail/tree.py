"""A mail as the tree of its parts, down to the leaves; mails attached in it are opened too.

Runs in the contained child: the standard library's parser can be brought to take minutes and
gigabytes by a small mail. Depth and length of headers are bounded here; time and memory around it.
"""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Final

from services.intake.mail import headers

_CONTENT_ID = re.compile(r"cid:([^\"'>\s)]{1,300})", re.IGNORECASE)
_CODED: Final = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"})


class UnreadableMail(Exception):
    """The bytes are no mail that the parser can take apart."""


class _Part(Message):
    """A part that the parser does not take apart while it still is in a transfer encoding."""

    def get_content_maintype(self) -> str:
        main = super().get_content_maintype()
        return "application" if main == "message" and _coding(self) in _CODED else main


@dataclass(frozen=True)
class Place:
    """A leaf, and where in the mail it stands.

    `damaged` says that it is a mail that cannot be taken apart, `too_deep` that it holds parts
    which are not looked at.
    """

    part: Message
    depth: int = 0
    in_report: bool = False
    has_plain_sibling: bool = False
    damaged: bool = False
    too_deep: bool = False


def message_of(data: bytes) -> Message:
    """Return the mail that the bytes are. Raises UnreadableMail."""
    try:
        return BytesParser(_Part, policy=headers.BoundedPolicy()).parsebytes(data)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableMail(f"{type(error).__name__}: {error}") from error


def leaves(message: Message, most_depth: int, depth: int = 0) -> Iterator[Place]:
    """Yield every leaf in the order of the mail, without recursion. Raises UnreadableMail."""
    waiting = [Place(message, depth)]
    while waiting:
        place = waiting.pop()
        part = place.part
        inner = _inner_parts(place)
        if inner is None:
            yield place
        elif place.depth >= most_depth:
            yield Place(part, place.depth, place.in_report, too_deep=True)
        else:
            # A bounce that somebody forwards is a mail in the mail, opened like any other.
            in_report = place.in_report or (
                part is message and depth == 0 and part.get_content_type() == "multipart/report"
            )
            plain = part.get_content_type() == "multipart/alternative" and any(
                one.get_content_type() == "text/plain" and text_of(one).strip() for one in inner
            )
            attached_mail = not part.is_multipart()
            waiting.extend(
                Place(
                    one,
                    place.depth + 1,
                    in_report,
                    place.has_plain_sibling or (plain and one.get_content_type() != "text/plain"),
                    damaged=attached_mail and not one.keys(),
                )
                for one in reversed(inner)
            )


def bytes_of(part: Message) -> bytes:
    """The part's content, its transfer encoding undone as far as it can be."""
    if part.is_multipart():
        return part.as_bytes()
    if "content-transfer-encoding" in part:
        # The parser knows no name that has a space behind it.
        part.replace_header("content-transfer-encoding", _coding(part))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def text_of(part: Message) -> str:
    """The part's words, lines ended by a line feed."""
    return headers.text_of(bytes_of(part), part.get_content_charset()).replace("\r\n", "\n")


def shown_ids(places: Sequence[Place]) -> set[str]:
    """The Content-IDs that the HTML among the leaves shows."""
    return {
        name
        for place in places
        if place.part.get_content_type() == "text/html"
        for name in _CONTENT_ID.findall(text_of(place.part))
    }


def _coding(part: Message) -> str:
    return (headers.value_of(part, "content-transfer-encoding") or "").strip().lower()


def _inner_parts(place: Place) -> Sequence[Message] | None:
    """The parts inside of a part, or None if it is a leaf."""
    part = place.part
    payload = part.get_payload()
    of_report = place.in_report and part.get_content_maintype() == "message"
    if place.damaged or of_report or part.get_content_type() == "message/delivery-status":
        return None
    if isinstance(payload, list):
        return [one for one in payload if isinstance(one, Message)]
    name = (part.get_filename() or "").lower()
    if part.get_content_type() == "message/rfc822" or name.endswith(".eml"):
        return [_attached_mail(part)]
    return None


def _attached_mail(part: Message) -> Message:
    """The mail that a part is, its transfer encoding undone.

    RFC 2046, 5.2.1 allows none on a mail, some gateways use one all the same, and others only say
    that they do: a mail in the clear is left as it is.
    """
    uncoded = copy(part)
    del uncoded["Content-Transfer-Encoding"]
    raw = bytes_of(uncoded)
    as_it_is = message_of(raw)
    head = re.split(rb"\r?\n\r?\n", raw.lstrip(), maxsplit=1)[0]
    in_the_clear = as_it_is.keys() and not (_coding(part) == "quoted-printable" and b"=3D" in head)
    return as_it_is if in_the_clear else message_of(bytes_of(part))
