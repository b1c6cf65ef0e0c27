"""Mails that answer a mail of ours: which one, and what its reader should know of it. Pure.

Somebody has left, or is the wrong one: a task for staff, with the address that is suggested. None
of it decides what becomes of the mail; that is triage's.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.intake.mail.parsed import MailParsed
from shared.events import ReplyKind

MOST_LOOKED_AT: Final = 4_000
MOST_SUGGESTED: Final = 3
# What the notifier calls its mails: the kind, and the mail, decision or letter, in hex.
_OURS = re.compile(r"<[a-z_]{3,30}\.(?:m[0-9a-f]{23}|[0-9a-f]{32})@[^<>@\s]{1,253}>")
_QUOTED = re.compile(
    r"^(?:>|-{2,}\s*(?:original|ursprungligt|vidarebefordrat)|_{10,}|från: |from: |"
    r"(?:den|on) .{5,80} (?:skrev|wrote)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_LEFT = re.compile(
    r"\b(?:har|hade) (?!inte )(?:\w{1,15} )?slutat(?! för (?:dagen|i ?dag|veckan))|"
    r"\b(?:arbetar|jobbar|är) (?:inte|ej) (?:längre|kvar)\b(?! (?:rätt|kontaktperson))|"
    r"\bhar avslutat (?:min|sin) (?:anställning|tjänst)|\bhar gått i pension\b|"
    r"\bhar lämnat (?:min|sin|kommunen|organisationen)|"
    r"\b(?:no longer (?:works?|working|employed|with|at)|has left the|have left the)\b|"
    r"\b(?:adressen|brevlådan) (?:är|används|bevakas|läses) (?:inte|ej) (?:längre|mer)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\bfel (?:person|adress|mottagare|kommun)\b|"
    r"\bhar (?!inte )(?:\w{1,15} ){0,2}(?:hamnat|kommit|blivit) fel\b|"
    r"\bfel(?:skickat|sänt|adresserat)\b|"
    r"\bär (?:inte|ej) (?:längre )?(?:rätt (?:person|mottagare)|kontaktperson|ansvarig)\b|"
    r"\b(?:någon annan|en annan) (?:är|ska vara) kontaktperson\b|\bwrong person\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+=-])[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)


@dataclass(frozen=True)
class Reply:
    """A reply to a mail of ours."""

    kind: ReplyKind
    token: str
    """Of the envelope that it came back to, where a machine sent it."""
    answers: tuple[str, ...]
    """Message-IDs of ours that it names, oldest first."""
    suggested: tuple[str, ...]
    """Addresses to write to instead."""


def reply_of(mail: MailParsed, *, automatic: bool, own_addresses: Collection[str]) -> Reply | None:
    """What a mail is as an answer to a mail of ours; None if it is none.

    `automatic` is what triage found. A forged one can name a mail of ours, or somebody else's
    address: the register checks the first, and a person the second.
    """
    answers = tuple(each for each in mail.references if _OURS.fullmatch(each))
    if mail.report is not None or not (answers or mail.token):
        return None
    text = mail.text[:MOST_LOOKED_AT]
    words = _QUOTED.split(text, maxsplit=1)[0]
    kind = _kind(f"{mail.subject}\n{words}", automatic)
    wanted = kind in (ReplyKind.LEFT, ReplyKind.AWAY, ReplyKind.WRONG_PERSON)
    suggested = _suggested(words, mail.from_address, own_addresses) if wanted else ()
    return Reply(kind, mail.token, answers, suggested)


def _kind(words: str, automatic: bool) -> ReplyKind:
    if _LEFT.search(words):
        return ReplyKind.LEFT
    if automatic:
        return ReplyKind.AWAY
    return ReplyKind.WRONG_PERSON if _WRONG.search(words) else ReplyKind.REPLY


def _suggested(words: str, sender: str, own_addresses: Collection[str]) -> tuple[str, ...]:
    known = {sender.lower(), *(each.lower() for each in own_addresses)}
    found = dict.fromkeys(each.rstrip(".-").lower() for each in _ADDRESS.findall(words))
    return tuple(each for each in found if each not in known)[:MOST_SUGGESTED]
