"""What becomes of a mail: of each of its documents, and of the mail itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.domain.answer import (
    Conflict,
    Duplicate,
    Pair,
    Recorded,
    Statement,
    decide,
    statement_of,
)
from services.registry.domain.review import Known, answered, doubts, identity
from shared.events import (
    MENDABLE,
    MENDABLE_FILES,
    NEED_NOTES,
    Disposition,
    DocumentKind,
    DocumentReading,
    MailRead,
    Outcome,
    PartFate,
    Reason,
)


@dataclass(frozen=True)
class Review:
    """A person must look, for all these reasons."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Returned:
    """The sender is asked for a new one, for all these reasons."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Need:
    """A need: registered, and read by the programme office."""


DocumentVerdict = Recorded | Duplicate | Conflict | Review | Returned | Need


@dataclass(frozen=True)
class SetAside:
    """The mail is not registered; intake has stated why."""


@dataclass(frozen=True)
class ByDocuments:
    """All that the mail brought is in its documents."""


MailVerdict = SetAside | ByDocuments | Review | Need


@dataclass(frozen=True)
class DocumentDecision:
    """One document, what it is about where that is certain, and what becomes of it."""

    reading: DocumentReading
    pair: Pair | None
    verdict: DocumentVerdict


@dataclass(frozen=True)
class MailDecision:
    """The mail itself, and its documents in the order of the mail."""

    verdict: MailVerdict
    documents: tuple[DocumentDecision, ...]


def decide_mail(event: MailRead, known: Known, standing: Mapping[Pair, Statement]) -> MailDecision:
    """Decide a mail; `standing` are the current answers of the pairs that it names."""
    return MailDecision(
        verdict=_itself(event),
        documents=_documents(event, known, dict(standing)),
    )


def _itself(event: MailRead) -> MailVerdict:
    if event.documents:
        lost = _unaccounted(event)
        return Review(lost) if lost else ByDocuments()
    match event.disposition:
        case Disposition.SET_ASIDE if event.disposition_reason:
            return SetAside()
        case Disposition.NEED if NEED_NOTES.issuperset(event.mail_reasons):
            return Need()
        case Disposition.QUESTION:
            return Review(_about_mail(event))
        case Disposition.ANSWERS:
            return Review(event.mail_reasons or _unaccounted(event) or (Reason.NO_ATTACHMENT,))
        case _:
            return Review(event.mail_reasons)


def _unaccounted(event: MailRead) -> tuple[Reason, ...]:
    """A part that is said to be a document but stands in none, or was skipped without reason."""
    placed = {part for reading in event.documents for part in reading.parts}
    lost = any(
        (part.fate is PartFate.DOCUMENT and part.index not in placed)
        or (part.fate is PartFate.SKIPPED and not part.reason)
        for part in event.parts
    )
    return (Reason.UNREADABLE_FILE,) if lost else ()


def _documents(
    event: MailRead, known: Known, standing: dict[Pair, Statement]
) -> tuple[DocumentDecision, ...]:
    pairs = {reading.document_id: identity(reading, known) for reading in event.documents}
    contradicted = _contradicted(event, pairs, known)
    decided: dict[str, DocumentDecision] = {}
    # The certain ones first: an unsigned copy beside a signed answer then counts as its copy.
    for reading in sorted(event.documents, key=lambda one: one.outcome is not Outcome.AUTO):
        pair = pairs[reading.document_id]
        extra = (Reason.SAME_MAIL_CONTRADICTS,) if reading.document_id in contradicted else ()
        verdict = _verdict(event, reading, pair, known, standing, extra)
        if isinstance(verdict, Recorded) and pair is not None:
            standing[pair] = statement_of(reading, event.mail_id)
        decided[reading.document_id] = DocumentDecision(reading, pair, verdict)
    return tuple(decided[reading.document_id] for reading in event.documents)


def _contradicted(
    event: MailRead, pairs: Mapping[str, Pair | None], known: Known
) -> frozenset[str]:
    """The documents of certain pairs that another of the mail may answer in another way.

    No readable mark is a way too; an answer whose pair is not certain may be of any that it fits.
    """
    answers = [one for one in event.documents if one.kind is DocumentKind.ANSWER]

    def may_be_of(other: DocumentReading, pair: Pair) -> bool:
        its = pairs[other.document_id]
        if its is not None:
            return its == pair
        return answered(other, known) in (None, pair.initiative)

    def contradicted(one: DocumentReading, pair: Pair) -> bool:
        said = one.answer.text if one.answer else None
        return any(
            may_be_of(other, pair) and said != (other.answer.text if other.answer else None)
            for other in answers
        )

    return frozenset(
        one.document_id
        for one in answers
        if (pair := pairs[one.document_id]) is not None and contradicted(one, pair)
    )


def _verdict(
    event: MailRead,
    reading: DocumentReading,
    pair: Pair | None,
    known: Known,
    standing: Mapping[Pair, Statement],
    extra: tuple[Reason, ...],
) -> DocumentVerdict:
    about_mail = _about_mail(event)
    held_back = event.disposition not in (Disposition.ANSWERS, Disposition.NEED)
    if reading.kind is not DocumentKind.ANSWER:
        return _other(event, reading, about_mail, held_back=held_back)
    found = tuple(dict.fromkeys((*about_mail, *doubts(reading, known), *extra)))
    current = standing.get(pair) if pair is not None else None
    clear = not held_back and not about_mail and not extra
    if clear and _may_return(reading) and set(found) == set(reading.reasons):
        return _returned(event, reading, current)
    by_rule = decide(statement_of(reading, event.mail_id), current)
    if clear and reading.outcome is Outcome.AUTO and pair is not None and not found:
        return by_rule
    if isinstance(by_rule, Conflict):
        found = tuple(dict.fromkeys((*found, Reason.CONFLICT)))
    return Review(found)


def _about_mail(event: MailRead) -> tuple[Reason, ...]:
    if event.disposition is Disposition.QUESTION:
        return tuple(dict.fromkeys((Reason.QUESTION, *event.mail_reasons)))
    return event.mail_reasons


def _other(
    event: MailRead, reading: DocumentReading, about_mail: tuple[Reason, ...], *, held_back: bool
) -> DocumentVerdict:
    """What is no answer: a need, a file that could not be read, some other paper."""
    reasons = tuple(dict.fromkeys((*about_mail, *reading.reasons)))
    if held_back or about_mail:
        return Review(reasons)
    if _may_return(reading):
        return Returned(reading.reasons)
    if reading.kind is DocumentKind.NEED and NEED_NOTES.issuperset(reading.reasons):
        return Need()
    if event.disposition is Disposition.NEED and not reading.reasons:
        return Need()
    return Review(reasons or (Reason.NO_CODE,))


def _may_return(reading: DocumentReading) -> bool:
    """Whether the sender can mend all that is wrong, whatever the outcome came from."""
    return reading.outcome is Outcome.RETURN and (
        MENDABLE.issuperset(reading.reasons) or MENDABLE_FILES.issuperset(reading.reasons)
    )


def _returned(
    event: MailRead, reading: DocumentReading, current: Statement | None
) -> DocumentVerdict:
    unsigned_copy = (
        current is not None
        and current.mail_id == event.mail_id
        and set(reading.reasons) == {Reason.SIGNATURE_MISSING}
        and reading.answer is not None
        and reading.answer.text == current.values.answer
    )
    if unsigned_copy and current is not None:
        return Duplicate(of=current.document_id)
    return Returned(reading.reasons)
