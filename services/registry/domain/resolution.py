"""A registrar's verdict on one matter: what it may be, and whether the register can follow it.

Pure. A person decides what the document is; the rules that hold for the machine hold here too: one
current answer per initiative and municipality, nothing replaced unseen, nothing decided twice.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from services.registry.domain.answer import Pair
from services.registry.domain.review import Offered
from shared.events import Reason, SignatureState

SIGNED = (SignatureState.HANDWRITTEN, SignatureState.ELECTRONIC)

ASKABLE: tuple[Reason, ...] = (
    Reason.SIGNATURE_MISSING,
    Reason.SIGNATURE_UNCLEAR,
    Reason.NONE_MARKED,
    Reason.SEVERAL_MARKED,
    Reason.MARK_DOUBTFUL,
    Reason.UNEXPLAINED_INK,
    Reason.LOW_RESOLUTION,
    Reason.BLANK_PAGE,
    Reason.UNREADABLE_FILE,
    Reason.LOCKED_FILE,
    Reason.EMPTY_FILE,
    Reason.UNSUPPORTED_FORMAT,
    Reason.TOO_LARGE,
    Reason.TOO_MANY_PAGES,
    Reason.SEVERAL_FORMS_ON_PAGE,
    Reason.UNKNOWN_INITIATIVE,
    Reason.UNKNOWN_MUNICIPALITY,
    Reason.SAME_MAIL_CONTRADICTS,
    Reason.E_SIGNATURE_UNTRUSTED,
    Reason.E_SIGNATURE_INVALID,
    Reason.E_SIGNATURE_ON_PAPER,
)
"""What the sender can mend, in the order that a registrar reads it."""


@dataclass(frozen=True)
class Details:
    """What else an answer says, as the registrar left it; empty where nothing is known."""

    signatory_name: str = ""
    signatory_title: str = ""
    place_date: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    their_reference: str = ""


@dataclass(frozen=True)
class Attach:
    """Koppla: it is the municipality's answer. `replaces` is the document of the answer that the
    registrar saw standing and means to replace with this newer one."""

    pair: Pair
    answer: str
    signature: SignatureState
    details: Details = Details()
    replaces: str | None = None


@dataclass(frozen=True)
class AsDuplicate:
    """Dubblett: it repeats what another document, `of`, has said."""

    of: str


@dataclass(frozen=True)
class AskAgain:
    """Begär nytt svar: the sender is told what is wrong. `message` is the registrar's own words."""

    reasons: tuple[Reason, ...]
    message: str = ""


@dataclass(frozen=True)
class ToNeeds:
    """För över till behov: it proposes something; the programme office takes it on."""


@dataclass(frozen=True)
class ToQuestions:
    """För över till fråga: it asks something, and staff answer it."""


@dataclass(frozen=True)
class LeaveOut:
    """Registreras inte, and why."""

    why: str


@dataclass(frozen=True)
class Done:
    """Hanterad: the mail itself needs nothing more."""


Verdict = Attach | AsDuplicate | AskAgain | ToNeeds | ToQuestions | LeaveOut | Done


class Objection(StrEnum):
    """Why the register does not follow a verdict."""

    STALE = "stale"
    """Somebody, or the machine, has changed the matter since it was shown."""
    NOT_OPEN = "not_open"
    BEING_READ = "being_read"
    """Its pages are being read anew, as a registrar arranged them."""
    UNKNOWN_INITIATIVE = "unknown_initiative"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    UNKNOWN_ANSWER = "unknown_answer"
    NOT_SIGNED = "not_signed"
    ANSWER_STANDS = "answer_stands"
    """Another answer is current: it must be replaced knowingly, or this one is a duplicate."""
    REPLACED_MEANWHILE = "replaced_meanwhile"
    """Not the answer stands, or no longer, that was to be replaced."""
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    NO_REASON = "no_reason"
    TEXT_TOO_LONG = "text_too_long"
    BAD_ADDRESS = "bad_address"
    ONLY_A_MAIL = "only_a_mail"
    """The mail itself is the matter: it holds no document that this could be done with."""
    ONLY_A_DOCUMENT = "only_a_document"
    BUILT_UPON = "built_upon"
    """A later answer or duplicate rests on what is to be taken back."""
    NOT_CURRENT = "not_current"
    """The answer that is to be changed is replaced or voided already."""
    UNCHANGED = "unchanged"
    """The correction says what stands already."""


MOST_TEXT = 2_000
MOST_FIELD = 300


@dataclass(frozen=True)
class Matter:
    """What the decision must know: the matter as it is now, and as the registrar saw it."""

    is_open: bool
    revision: int
    seen: int
    has_document: bool
    offered: Mapping[str, Offered] = field(default_factory=dict)
    municipalities: Container[str] = frozenset()
    standing: str | None = None
    """The document whose answer is current for the verdict's pair, this one left out."""
    being_read: bool = False
    repeatable: bool = False
    """Whether the document that `AsDuplicate` names exists, and carries an answer."""


def objections(verdict: Verdict, matter: Matter) -> tuple[Objection, ...]:
    """Return everything that speaks against following the verdict; nothing if it may be."""
    if not matter.is_open:
        return (Objection.NOT_OPEN,)
    if matter.being_read:
        return (Objection.BEING_READ,)
    if matter.seen != matter.revision:
        return (Objection.STALE,)
    if not matter.has_document and not isinstance(verdict, ToNeeds | ToQuestions | LeaveOut | Done):
        return (Objection.ONLY_A_MAIL,)
    match verdict:
        case Attach():
            return _against_attaching(verdict, matter)
        case AsDuplicate():
            return () if matter.repeatable else (Objection.NOTHING_TO_REPEAT,)
        case AskAgain(reasons, message):
            found = [] if reasons and set(reasons) <= set(ASKABLE) else [Objection.NO_REASON]
            return tuple(found + _too_long(message, MOST_TEXT))
        case LeaveOut(why):
            return tuple(against_reason(why))
        case ToNeeds() | ToQuestions():
            return ()
        case Done():
            return (Objection.ONLY_A_DOCUMENT,) if matter.has_document else ()
        case _:
            assert_never(verdict)


def _against_attaching(verdict: Attach, matter: Matter) -> tuple[Objection, ...]:
    found: list[Objection] = []
    offered = matter.offered.get(verdict.pair.initiative)
    if offered is None:
        found.append(Objection.UNKNOWN_INITIATIVE)
    elif verdict.answer not in offered.options:
        found.append(Objection.UNKNOWN_ANSWER)
    if verdict.pair.municipality not in matter.municipalities:
        found.append(Objection.UNKNOWN_MUNICIPALITY)
    if verdict.signature not in SIGNED:
        found.append(Objection.NOT_SIGNED)
    if matter.standing != verdict.replaces:
        found.append(
            Objection.ANSWER_STANDS if verdict.replaces is None else Objection.REPLACED_MEANWHILE
        )
    return tuple(found + against_details(verdict.details))


def against_details(details: Details) -> list[Objection]:
    """Return what is wrong with the details of an answer."""
    found: list[Objection] = []
    if details.contact_email and not is_address(details.contact_email):
        found.append(Objection.BAD_ADDRESS)
    if max(map(len, vars(details).values())) > MOST_FIELD:
        found.append(Objection.TEXT_TOO_LONG)
    return found


def against_reason(why: str) -> list[Objection]:
    """Return what is wrong with a reason that a person must give."""
    found = [] if why.strip() else [Objection.NO_REASON]
    return found + _too_long(why, MOST_TEXT)


def is_address(text: str) -> bool:
    """Whether it has the shape of an address; whether it works, only a mail can tell."""
    local, at, host = text.rpartition("@")
    return bool(local and at and "." in host.strip(".")) and not any(
        sign.isspace() or sign in "<>,;" for sign in text
    )


def _too_long(text: str, most: int) -> list[Objection]:
    return [Objection.TEXT_TOO_LONG] if len(text) > most else []
