"""What kind of mail it is: a table of rules, read from the top; the first that fits decides. Pure.

A document outweighs every sign of a machine: a scanner that mails by itself says auto-generated,
a registrar's copy machine uses the registry's own address, and an answer in the junk folder has
arrived. Whether the sender may be answered is another question, and the notifier's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.intake.mail.informal import INFORMAL
from services.intake.mail.parsed import MailParsed
from shared.events import Disposition, MailboxRole, PartFate, Reason

_PROMISE = re.compile(
    r"\b(bifoga[rdst]*|bilag(a|or|an|t)|svarsformulär(et)?|svarsblankett(en)?|"
    r"blankett(en)?|inskanna[dt]|skannat?|vårt svar|kommunens svar)\b",
    re.IGNORECASE,
)
_PROPOSAL_SUBJECT = re.compile(r"\b(förslag|behov|idé|önskemål)\b", re.IGNORECASE)
_PROPOSAL = re.compile(
    r"\bvi (vill )?(föreslår?|önskar|ser (ett )?behov|har (ett )?behov|behöver)\b|"
    r"\b(vårt|ett) förslag är\b",
    re.IGNORECASE,
)
_LEAST_PROPOSAL_CHARS = 60
_AUTOREPLY_SUBJECT = re.compile(
    r"^\s*(autosvar|automatiskt svar|automatic reply|auto[ -]?reply|out of (the )?office|"
    r"frånvaro(meddelande)?|abwesen\w+)\b",
    re.IGNORECASE,
)


UNSEEN: Final = frozenset({"too_many_parts", "too_deep"})
"""Why a part was skipped that may be anything."""


@dataclass(frozen=True)
class Facts:
    """All that a rule can know."""

    mail: MailParsed
    role: MailboxRole
    junk: bool
    return_path: str | None
    own_addresses: frozenset[str]
    unsubscribes: str = ""
    """The token of the newsletter that it ends, if it was sent to an address for that."""

    @property
    def has_document(self) -> bool:
        return any(part.fate is PartFate.DOCUMENT for part in self.mail.parts)

    @property
    def all_looked_at(self) -> bool:
        """Nothing in the mail was too much, too deep or too broken to be looked at."""
        unseen = any(part.reason in UNSEEN for part in self.mail.parts)
        return not unseen and not self.mail.reasons

    def header(self, name: str) -> str:
        return self.mail.manners.get(name, "").strip().lower()


@dataclass(frozen=True)
class Sorted:
    """What a mail is, which rule said so, and the doubts that come with it."""

    disposition: Disposition
    rule: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class _Rule:
    name: str
    fits: Callable[[Facts], bool]
    disposition: Disposition
    reasons: tuple[Reason, ...] = ()


def _bounce(facts: Facts) -> bool:
    return facts.mail.report is not None and facts.mail.report.kind == "delivery-status"


def _other_report(facts: Facts) -> bool:
    return facts.mail.report is not None and facts.mail.report.kind != INFORMAL


def _not_all_looked_at(facts: Facts) -> bool:
    return not facts.has_document and not facts.all_looked_at


def _informal_bounce(facts: Facts) -> bool:
    local = facts.mail.from_address.lower().partition("@")[0]
    return not facts.has_document and (
        facts.mail.report is not None
        or "x-failed-recipients" in facts.mail.manners
        or local in ("mailer-daemon", "postmaster")
    )


def _answering_machine(facts: Facts) -> bool:
    automatic = re.split(r"[;(\s]", facts.header("auto-submitted"))[0] not in ("", "no")
    named = any(facts.header(name) not in ("", "no") for name in
                ("x-autoreply", "x-autorespond", "x-autoresponse", "x-mail-autoreply"))  # fmt: skip
    precedence = facts.header("precedence") == "auto_reply"
    subject = _AUTOREPLY_SUBJECT.match(facts.mail.subject) is not None
    return not facts.has_document and (automatic or named or precedence or subject)


def _list_or_bulk(facts: Facts) -> bool:
    listed = any(name.startswith("list-") for name in facts.mail.manners)
    bulk = facts.header("precedence") in ("bulk", "junk", "list")
    return not facts.has_document and (listed or bulk)


def _own_mail(facts: Facts) -> bool:
    return not facts.has_document and (
        facts.mail.from_address.lower() in facts.own_addresses
        or "x-handslag-loop" in facts.mail.manners
    )


def _unsubscribes(facts: Facts) -> bool:
    return not facts.has_document and facts.unsubscribes != ""


def _no_sender(facts: Facts) -> bool:
    return not facts.has_document and facts.return_path == ""


def _junk(facts: Facts) -> bool:
    return facts.junk and not facts.has_document


def _promised_attachment(facts: Facts) -> bool:
    return _PROMISE.search(f"{facts.mail.subject}\n{facts.mail.text}") is not None


def _proposal(facts: Facts) -> bool:
    """A proposal in the mail itself: long enough to say something, and neither asks nor replies."""
    subject, text = facts.mail.subject, facts.mail.text
    proposes = _PROPOSAL_SUBJECT.search(subject) or _PROPOSAL.search(text)
    return (
        proposes is not None
        and facts.role is MailboxRole.NEEDS
        and len(text.strip()) >= _LEAST_PROPOSAL_CHARS
        and "?" not in subject + text
        and "fråga" not in subject.lower()
        and not facts.mail.references
    )


TABLE: Final[tuple[_Rule, ...]] = (
    # A mail of ours that came back. Its attachments are ours: never an answer.
    _Rule("bounce", _bounce, Disposition.SET_ASIDE),
    # Read receipts, complaints: machines telling machines.
    _Rule("report", _other_report, Disposition.SET_ASIDE),
    # What was not looked at may be the document that the rules below find missing.
    _Rule("not_all_looked_at", _not_all_looked_at, Disposition.REVIEW),
    # Bounces of servers that do not follow RFC 3464.
    _Rule("informal_bounce", _informal_bounce, Disposition.SET_ASIDE),
    # Ends a newsletter: nobody waits for an answer, and the registry is told.
    _Rule("unsubscribe", _unsubscribes, Disposition.SET_ASIDE),
    # A loop: our own mail in our own mailbox. The copy machine's scans have a document.
    _Rule("own_mail", _own_mail, Disposition.SET_ASIDE),
    # On holiday: RFC 3834, and those who only say so in the subject.
    _Rule("autoreply", _answering_machine, Disposition.SET_ASIDE),
    # Newsletters and lists.
    _Rule("list_or_bulk", _list_or_bulk, Disposition.SET_ASIDE),
    # An empty envelope sender that is no bounce: a machine that wants no answer.
    _Rule("no_sender", _no_sender, Disposition.SET_ASIDE),
    # The spam filter was right: nothing in it can be an answer.
    _Rule("junk", _junk, Disposition.SET_ASIDE),
    # From here on, mail that a person sent.
    _Rule(
        "need",
        lambda facts: facts.has_document and facts.role is MailboxRole.NEEDS,
        Disposition.NEED,
    ),
    _Rule("answer_candidate", lambda facts: facts.has_document, Disposition.ANSWERS),
    # "Bifogat finns vårt svar", and nothing is attached: somebody must ask.
    _Rule(
        "attachment_forgotten",
        lambda facts: facts.role is MailboxRole.ANSWERS and _promised_attachment(facts),
        Disposition.REVIEW,
        (Reason.NO_ATTACHMENT,),
    ),
    _Rule(
        "empty",
        lambda facts: not facts.mail.text.strip(),
        Disposition.REVIEW,
        (Reason.NO_ATTACHMENT,),
    ),
    # Somebody proposes something in the mail's own words; what may be a question stays one.
    _Rule("need_in_text", _proposal, Disposition.NEED, (Reason.NEED_WITHOUT_TEMPLATE,)),
    _Rule("question", lambda facts: True, Disposition.QUESTION, (Reason.QUESTION,)),
)


def sort(facts: Facts) -> Sorted:
    """Return what kind of mail it is."""
    for rule in TABLE:
        if rule.fits(facts):
            return Sorted(rule.disposition, rule.name, rule.reasons)
    raise AssertionError("the last rule fits every mail")
