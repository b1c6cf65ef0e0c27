"""Who may be answered automatically: the one gate for everything that leaves. Pure.

After RFC 3834 (recommendations for automatic responses to electronic mail), and the checks that
Pigeonhole's vacation makes. Every rule looks at the mail to be answered and at what we sent
lately; all that object are returned, so that staff see every reason. Letters
that the registry orders have a gate of their own, beside this one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.events import Correspondence, Disposition, Reason

LOOP_HEADER: Final = "X-Handslag-Loop"
"""Stands on everything we send. Coming back, it means that a robot answers a robot."""

MANNERS: Final = (
    "auto-submitted",
    "precedence",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-autorespond",
    "x-autorespond-to",
    "x-autoresponse",
    "x-mail-autoreply",
    "x-failed-recipients",
    "content-type",
    "return-path",
    "x-loop",
    LOOP_HEADER.lower(),
)
"""The headers that the rules look at, besides every `list-…`: what a reader should pass on."""


@dataclass(frozen=True)
class Question:
    """May this mail be answered? All that a rule can know."""

    correspondence: Correspondence
    disposition: Disposition
    own_addresses: frozenset[str]
    """Our mailboxes, in lower case."""
    doubts: tuple[Reason, ...] = ()
    """What the reader doubts about the mail as a whole."""


Rule = Callable[[Question], bool]

# An address that can be put into a header and on an SMTP command line as it stands: a dot-atom of
# ASCII at a domain name (RFC 5321, 4.1.2), nothing quoted, no route, no address literal. It must
# not begin with a hyphen, which some mail programs would take for an option.
_SAFE_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*"
    r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)

# Mailboxes behind which no person reads. Words are compared without separators, so that
# no-reply, no_reply and No.Reply are one.
_ROBOTS: Final = frozenset(
    {
        "mailerdaemon",
        "postmaster",
        "listserv",
        "majordomo",
        "mailman",
        "nobody",
        "bounce",
        "bounces",
    }
)
_NO_REPLY: Final = (
    "noreply",
    "noreplies",
    "donotreply",
    "dontreply",
    "noresponse",
    "svarainte",
    "svaraej",
    "ejsvar",
    "ingensvara",
    "ingasvar",
    "kanintebesvaras",
    "autosvar",
    "autoreply",
    "autoresponder",
)
_ANSWERING_MACHINES: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-autorespond-to",
    "x-autoresponse",
    "x-mail-autoreply",
)
_LIST_MANAGER = re.compile(
    r"^owner-|-request$|-bounces?$|-bounces?[+-]|^bounces?[+=-]|-(un)?subscribe$"
)


def may_be_addressed(address: str) -> bool:
    """Tell whether an address is safe to stand in a header and on an SMTP command line."""
    return _SAFE_ADDRESS.fullmatch(address) is not None


def address_key(address: str) -> str:
    """The mailbox behind an address: lower case, without a +tag or a BATV wrapping.

    Two addresses with the same key are one correspondent to the caps.
    """
    local, at, domain = address.lower().rpartition("@")
    return f"{_unwrapped(local).partition('+')[0]}{at}{domain}"


def _unwrapped(local: str) -> str:
    # BATV: prvs=tag=local (draft-levine-smtp-batv)
    return re.sub(r"^(prvs|btv1|msprvs1)=[^=]*=", "", local)


def _no_return_path(question: Question) -> bool:
    return question.correspondence.return_path.strip() in ("", "<>")


def _unsafe_return_path(question: Question) -> bool:
    return not _no_return_path(question) and not may_be_addressed(
        question.correspondence.return_path
    )


def _own_address(question: Question) -> bool:
    ours = question.own_addresses | {question.correspondence.mailbox.lower()}
    keys = {address_key(address) for address in ours}
    return bool(keys & {address_key(address) for address in _addresses(question)})


def _no_person(question: Question) -> bool:
    return any(is_robot(address) for address in _addresses(question))


def is_robot(address: str) -> bool:
    """Tell whether nobody reads what comes to an address, as far as its name says."""
    local = _unwrapped(address.lower().rpartition("@")[0] or address.lower())
    word = re.sub(r"[._+-]", "", local)
    folded = word.replace("å", "a").replace("ä", "a").replace("ö", "o")
    return (
        re.sub(r"[._-]", "", local.partition("+")[0]) in _ROBOTS
        or any(phrase in folded for phrase in _NO_REPLY)
        or _LIST_MANAGER.search(local) is not None
    )


def _addresses(question: Question) -> tuple[str, ...]:
    return (question.correspondence.return_path, question.correspondence.from_address)


def _auto_submitted(question: Question) -> bool:
    value = _header(question, "auto-submitted")
    # Parameters and comments may follow: "auto-replied; owner-email=…", "no (by a person)".
    return value is not None and re.split(r"[;(]", value)[0].strip() != "no"


def _bulk(question: Question) -> bool:
    value = _header(question, "precedence")
    return value is not None and value.strip() in {"bulk", "junk", "list", "auto_reply"}


def _mailing_list(question: Question) -> bool:
    return any(name.lower().startswith("list-") for name in question.correspondence.manners)


def _suppressed(question: Question) -> bool:
    value = _header(question, "x-auto-response-suppress") or ""
    return bool({"all", "oof", "autoreply"} & set(re.split(r"[\s,;]+", value)))


def _answering_machine(question: Question) -> bool:
    return any(_header(question, name) not in (None, "", "no") for name in _ANSWERING_MACHINES)


def _report(question: Question) -> bool:
    if _header(question, "x-failed-recipients") is not None:
        return True
    return (_header(question, "content-type") or "").startswith("multipart/report")


def _our_own_loop(question: Question) -> bool:
    if _header(question, LOOP_HEADER.lower()) is not None:
        return True
    loop = _header(question, "x-loop")
    return loop is not None and any(own in loop for own in question.own_addresses)


def _set_aside(question: Question) -> bool:
    return question.disposition is Disposition.SET_ASIDE


def _not_authentic(question: Question) -> bool:
    return Reason.SENDER_NOT_AUTHENTIC in question.doubts


def _header(question: Question, name: str) -> str | None:
    for key, value in question.correspondence.manners.items():
        if key.lower() == name:
            return value.strip().lower()
    return None


RULES: Final[tuple[tuple[str, Rule], ...]] = (
    # A bounce or another report: answering it is how loops begin (RFC 5321, 4.5.5).
    ("no_return_path", _no_return_path),
    # Cannot be addressed without quoting or routing; nobody honest writes so, an attacker does.
    ("unsafe_return_path", _unsafe_return_path),
    # We would be talking to ourselves.
    ("own_address", _own_address),
    # Nobody reads it: mailer-daemon, postmaster, owner-, -request, noreply, svarainte.
    ("no_person", _no_person),
    # A robot says that it is one (RFC 3834, 5); only "no" says that it is a person.
    ("auto_submitted", _auto_submitted),
    # Older robots and lists say it so.
    ("precedence", _bulk),
    # A list would spread our answer to all its members (RFC 2369, RFC 2919).
    ("mailing_list", _mailing_list),
    # Exchange's way to ask for silence ([MS-OXCMAIL] 2.2.3.2.14).
    ("auto_response_suppressed", _suppressed),
    # Answering machines from before RFC 3834.
    ("answering_machine", _answering_machine),
    # Delivery and read receipts that come with a sender all the same (RFC 3462; Exim's header).
    ("report", _report),
    # Our own mail has come back to us, whoever sent it on.
    ("our_own_loop", _our_own_loop),
    # Triage has found that it is nothing to answer: spam, an autoreply, a bounce.
    ("set_aside", _set_aside),
    # Our mail server says that the sender is another: whoever is named there wrote nothing, and
    # gets mail that he never asked for (backscatter). A person writes to him instead.
    ("sender_not_authentic", _not_authentic),
)


def objections(question: Question) -> tuple[str, ...]:
    """Return the name of every rule that forbids an answer; none means that it may leave."""
    return tuple(name for name, applies in RULES if applies(question))


@dataclass(frozen=True)
class Caps:
    """How many mails may leave in 24 hours."""

    per_address: int
    in_all: int
    """Answers to mail."""
    letters: int = 30_000
    """What the registry orders: a mailing never uses up what answers may need."""


def cap_objections(caps: Caps, *, to_address: int, in_all: int) -> tuple[str, ...]:
    """The same for the caps, given what left or waits to leave since 24 hours.

    They end what no header reveals: two robots that answer each other politely.
    """
    rows = (
        ("cap_per_address", to_address >= caps.per_address),
        ("cap_in_all", in_all >= caps.in_all),
    )
    return tuple(name for name, reached in rows if reached)
