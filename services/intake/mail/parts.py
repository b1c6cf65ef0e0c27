"""Which parts of a mail may be documents, and why the others are not. Pure.

The table is read from the top; the first row that fits decides. What no row knows is a document:
a person then sees what the reader cannot open. A part is never left out without a reason.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.events import PartFate

LOGO_SIDE_PX: Final = 500
"""A page, even at 72 dpi, is wider; a picture in a mail's signature is not."""
TINY_SIDE_PX: Final = 120


@dataclass(frozen=True)
class Leaf:
    """What is known of a part that holds no other parts."""

    claimed_type: str
    shown_type: str | None
    """What the bytes show, if they show anything."""
    filename: str
    size_bytes: int
    attached: bool
    """Content-Disposition: attachment."""
    referenced: bool
    """The mail's HTML shows it, by its Content-ID."""
    picture_px: tuple[int, int] | None
    has_plain_sibling: bool
    """An alternative to a text/plain part beside it."""
    in_report: bool
    same_as_earlier: bool
    path_in_container: str = ""
    """As the container has it; empty outside of one."""
    own_name: str = ""
    """What the mail or the container calls it; empty for the words of a mail."""
    whole_mail: bool = False
    """The mail has no other part: whatever it calls this one, it is what the mail says."""

    @property
    def content_type(self) -> str:
        return self.shown_type or self.claimed_type

    @property
    def short_side_px(self) -> int:
        return min(self.picture_px) if self.picture_px else 10**6


_SYSTEM_FILES: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})

_WORDS_OF_MAIL: Final = ("text/plain", "text/html", "text/enriched")
_SPLIT_TEXT: Final = re.compile(r"att\d{4,}(-\d+)?\.(txt|html?)", re.IGNORECASE)
"""The remainders that Exchange makes of a text with something in its middle."""
_BELOW_TEXT: Final = re.compile(r"signatur|disclaimer|footer|sidfot", re.IGNORECASE)
_MOST_BELOW_TEXT_BYTES: Final = 2_000

Rule = Callable[[Leaf], bool]
TEXT, SKIPPED = PartFate.TEXT, PartFate.SKIPPED


def _claims(*types: str) -> Rule:
    return lambda leaf: leaf.shown_type is None and leaf.claimed_type in types


def _system_file(leaf: Leaf) -> bool:
    """What operating systems leave in archives, beside the files."""
    pieces = leaf.path_in_container.replace("\\", "/").split("/")
    return "__MACOSX" in pieces[:-1] or pieces[-1].lower() in _SYSTEM_FILES


def _is_text_file(leaf: Leaf) -> bool:
    """Whether a text is a file that somebody attached, such as conditions to an answer."""
    is_text = leaf.shown_type is None and leaf.claimed_type in _WORDS_OF_MAIL
    if not is_text or not leaf.own_name or not leaf.size_bytes or leaf.in_report:
        return False
    if leaf.whole_mail and not leaf.attached:
        return False
    below = not leaf.attached and _BELOW_TEXT.search(leaf.own_name) is not None
    if below and leaf.size_bytes <= _MOST_BELOW_TEXT_BYTES:
        return False
    return _SPLIT_TEXT.fullmatch(leaf.own_name) is None


RULES: Final[tuple[tuple[Rule, PartFate, str], ...]] = (
    # A bounce brings our own mail back; what is in it is ours, not an answer.
    (lambda leaf: leaf.in_report and leaf.claimed_type != "text/plain", SKIPPED, "delivery_report"),
    (_claims("message/delivery-status", "message/disposition-notification",
             "message/feedback-report", "text/rfc822-headers"), SKIPPED, "delivery_report"),
    (_system_file, SKIPPED, "system_file"),
    # Said already, in another dress.
    (lambda leaf: leaf.has_plain_sibling and leaf.shown_type is None
     and leaf.claimed_type.startswith("text/") and not _is_text_file(leaf),
     SKIPPED, "html_alternative"),
    # The mail's own words.
    (lambda leaf: leaf.shown_type is None and leaf.claimed_type in _WORDS_OF_MAIL
     and not _is_text_file(leaf), TEXT, ""),
    # The same file attached twice is one file.
    (lambda leaf: leaf.same_as_earlier, SKIPPED, "same_as_earlier"),
    # Not documents, by what mail programs and standards say they are.
    (_claims("text/calendar", "application/ics"), SKIPPED, "calendar"),
    (_claims("text/vcard", "text/x-vcard", "text/directory"), SKIPPED, "business_card"),
    (_claims("application/pgp-signature", "application/pkcs7-signature",
             "application/x-pkcs7-signature", "application/pgp-keys"), SKIPPED, "mail_signature"),
    (_claims("text/x-amp-html"), SKIPPED, "html_alternative"),
    # Logos: shown inside the mail and smaller than a page. A page photographed into the mail is
    # larger, and is read.
    (lambda leaf: leaf.referenced and leaf.short_side_px < LOGO_SIDE_PX, SKIPPED, "inline_image"),
    (lambda leaf: leaf.referenced and leaf.content_type in ("image/gif", "image/svg+xml"),
     SKIPPED, "inline_image"),
    (lambda leaf: leaf.short_side_px < TINY_SIDE_PX, SKIPPED, "tiny_image"),
)  # fmt: skip


def fate_of(leaf: Leaf) -> tuple[PartFate, str]:
    """What becomes of a part, and the reason if it is skipped."""
    for rule, fate, reason in RULES:
        if rule(leaf):
            return fate, reason
    return PartFate.DOCUMENT, ""
