"""What a bounce says (RFC 3464): which recipient, which status, and which mail of ours it was.

Runs in the contained child. A bounce can be forged; what it says changes no answer.
"""

import re
from collections.abc import Iterable
from email.message import Message

from services.intake.mail.headers import all_values, decoded, one_address, value_of
from services.intake.mail.parsed import DeliveryStatus, Report

MOST_RECIPIENTS = 20
_TOKEN = re.compile(
    r"(?:^|[<\s:;+.=_-])([0-9a-f]{16,64})(?=[^0-9a-f@][^@\s]{0,60}@|@)", re.IGNORECASE
)
STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")


def report_of(message: Message) -> Report | None:
    """The report that a mail is, if it is one."""
    if message.get_content_type() != "multipart/report":
        return None
    kind = str(message.get_param("report-type") or "").lower()
    leaves = list(message.walk())
    if not kind and any(leaf.get_content_type() == "message/delivery-status" for leaf in leaves):
        kind = "delivery-status"
    return Report(
        kind=decoded(kind, 60), token=token_of(message, leaves), statuses=tuple(_statuses(leaves))
    )


def _statuses(leaves: Iterable[Message]) -> list[DeliveryStatus]:
    found = []
    for leaf in leaves:
        if leaf.get_content_type() != "message/delivery-status":
            continue
        blocks = leaf.get_payload()
        for block in blocks if isinstance(blocks, list) else ():
            if not isinstance(block, Message):
                continue
            recipient = value_of(block, "final-recipient") or value_of(block, "original-recipient")
            if recipient is None:
                continue
            diagnostic = decoded(value_of(block, "diagnostic-code") or "", 500)
            found.append(
                DeliveryStatus(
                    action=decoded(value_of(block, "action") or "", 20).lower(),
                    recipient=one_address(recipient.rpartition(";")[2].strip().strip("<>")),
                    status=_status(value_of(block, "status") or "", diagnostic),
                    diagnostic=diagnostic,
                )
            )
    return found[:MOST_RECIPIENTS]


def _status(said: str, diagnostic: str) -> str:
    """The status; of one that says nothing, as Exim's does, that of the other server's words."""
    found = STATUS.search(said)
    if found is None or found.group().endswith(".0.0"):
        found = STATUS.search(diagnostic) or found
    return found.group() if found else ""


def token_of(message: Message, leaves: Iterable[Message] = ()) -> str:
    """The token of the envelope sender: where the mail was sent to, or as a bounce quotes ours."""
    own = [
        value
        for name in ("x-original-to", "delivered-to", "envelope-to", "to")
        for value in all_values(message, name)
    ]
    quoted = [
        value
        for leaf in leaves
        if leaf is not message
        for name in ("return-path", "x-envelope-from")
        for value in all_values(leaf, name)
    ]
    for value in (*own, *quoted):
        found = _TOKEN.search(value)
        if found:
            return found.group(1).lower()
    return ""
