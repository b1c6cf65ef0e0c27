"""Bounces in words only: of qmail, older Exim, Exchange and others that send no RFC 3464 parts.

Runs in the contained child. What it finds changes no answer; a bounce with a document that may be
somebody's answer is never taken for one.
"""

import re
from email.message import Message
from typing import Final

from services.intake.mail.bounce import MOST_RECIPIENTS, STATUS, token_of
from services.intake.mail.headers import all_values, one_address, sender, value_of
from services.intake.mail.parsed import DeliveryStatus, Report

INFORMAL: Final = "informal"
MOST_LOOKED_AT: Final = 8_000
MOST_DIAGNOSTIC: Final = 500
_DAEMON = re.compile(
    r"^(mailer-?daemon|postmaster|microsoftexchange[0-9a-f]{8,40}|mail\.?delivery.{0,20})@",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"this is the qmail-send program|a message that you sent (could|has) not|"
    r"this message was created automatically by mail delivery software|"
    r"this is the mailer-daemon|had permanent fatal errors|"
    r"delivery has failed to these recipients|your message (wasn't|couldn't be|could not be) deliv|"
    r"could not be delivered|undeliverable|delivery (status notification|failed|failure)|"
    r"(kunde|gick) inte (att )?levereras?|olevererbart|inte kunnat levereras",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"has not yet been delivered|delivery (is )?delayed|will be retried|försenad|"
    r"no action is required on your part",
    re.IGNORECASE,
)
# What comes after is our own mail, whose addresses did not fail.
_OWN_MAIL = re.compile(
    r"^.{0,10}(below this line is a copy|this is a copy of the message|original message|"
    r"ursprungliga meddelande|diagnostic information for administrators|"
    r"diagnostikinformation|the headers? of)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_REPLY_CODE = re.compile(r"(?<![0-9.])5[0-9]{2}[ -]")


def informal_report(message: Message, text: str) -> Report | None:
    """What a mail says that is a bounce by its sender and its words; None if it is none."""
    text = text[:MOST_LOOKED_AT]
    failed = [one_address(each) for value in all_values(message, "x-failed-recipients")
              for each in value.split(",")]  # fmt: skip
    status = STATUS.search(text)
    told_why = status is not None or _REPLY_CODE.search(text) is not None
    if not failed and not (_SAYS_SO.search(text) and _may_bounce(message, told_why)):
        return None
    recipients = failed or _recipients(message, text)
    code = status.group() if status else "5.0.0" if _REPLY_CODE.search(text) else ""
    delayed = _DELAYED.search(text) is not None or code.startswith("4")
    return Report(
        kind=INFORMAL,
        token=token_of(message),
        statuses=tuple(
            DeliveryStatus(
                action="delayed" if delayed else "failed",
                recipient=recipient,
                status=code,
                diagnostic=_diagnostic(text),
            )
            for recipient in (recipients or [""])[:MOST_RECIPIENTS]
        ),
    )


def _may_bounce(message: Message, told_why: bool) -> bool:
    """By its sender; of one without a sender, which autoreplies are too, only with a reason."""
    address, _ = sender(message)
    path = value_of(message, "return-path")
    nobody = path is not None and path.strip() == "<>"
    return _DAEMON.match(address) is not None or (nobody and told_why)


def _recipients(message: Message, text: str) -> list[str]:
    """The addresses that the bounce's own words name, without ours and its sender's."""
    words = _OWN_MAIL.split(text, maxsplit=1)[0]
    to = {each.lower() for value in all_values(message, "to") for each in _ADDRESS.findall(value)}
    own = {*to, *(f"{each.partition('+')[0]}@{each.rpartition('@')[2]}" for each in to)}
    found = dict.fromkeys(each.rstrip(".").lower() for each in _ADDRESS.findall(words))
    return [each for each in found if each not in own and not _DAEMON.match(each)]


def _diagnostic(text: str) -> str:
    """The line that says why, as far as one does."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    telling = (line for line in lines if STATUS.search(line) or _REPLY_CODE.search(line))
    return next(telling, "")[:MOST_DIAGNOSTIC]
