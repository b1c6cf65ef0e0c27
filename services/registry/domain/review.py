"""What the register itself doubts about a document, beside the doubts that came with it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.registry.domain.answer import Pair
from services.registry.domain.match import SenderEvidence, sender_doubts
from shared.events import DocumentReading, Outcome, Reason, SignatureState, Source

IDENTITY_DOUBTS: Final = frozenset(
    {
        Reason.NO_CODE,
        Reason.CODE_FORGED,
        Reason.CODE_CONFLICT,
        Reason.SEVERAL_FORMS_ON_PAGE,
        Reason.FORM_AMBIGUOUS,
        Reason.UNKNOWN_INITIATIVE,
        Reason.UNKNOWN_MUNICIPALITY,
        Reason.MUNICIPALITY_UNPROVEN,
    }
)
"""With any of these it is not certain whose answer it is, nor to what."""


@dataclass(frozen=True)
class Offered:
    """An initiative as the decision needs it."""

    options: tuple[str, ...]
    last_answer_day: date
    signatories: int = 1


@dataclass(frozen=True)
class Known:
    """Whom and what the register knows."""

    initiatives: Mapping[str, Offered]
    municipalities: Container[str]
    sender: SenderEvidence
    unknown_sender_is_doubt: bool


def identity(reading: DocumentReading, known: Known) -> Pair | None:
    """Return what the document is about, if that is certain: it then belongs to that case.

    A doubtful sender does not make it uncertain what the form is; that holds back the answer.
    """
    if reading.initiative is None or reading.municipality is None:
        return None
    if _unknown_names(reading, known) or not IDENTITY_DOUBTS.isdisjoint(reading.reasons):
        return None
    sources = {reading.initiative.source, reading.municipality.source}
    if reading.outcome is Outcome.REVIEW and sources != {Source.CODE}:
        return None
    return Pair(reading.initiative.text, reading.municipality.text)


def answered(reading: DocumentReading, known: Known) -> str | None:
    """Return the initiative that the document is about, if that is certain, be it not for whom."""
    if reading.initiative is None or reading.initiative.text not in known.initiatives:
        return None
    of_whom = {Reason.UNKNOWN_MUNICIPALITY, Reason.MUNICIPALITY_UNPROVEN}
    uncertain = not (IDENTITY_DOUBTS - of_whom).isdisjoint(reading.reasons)
    return None if uncertain else reading.initiative.text


def doubts(reading: DocumentReading, known: Known) -> tuple[Reason, ...]:
    """Everything that holds back an answer or its return: what came with it and what we add."""
    found = [*reading.reasons, *_unknown_names(reading, known)]
    if reading.municipality is not None:
        found += sender_doubts(
            known.sender,
            reading.municipality.text,
            unknown_is_doubt=known.unknown_sender_is_doubt,
        )
    if reading.outcome is Outcome.AUTO:
        found += _gaps(reading, known)
    return tuple(dict.fromkeys(found))


def _unknown_names(reading: DocumentReading, known: Known) -> list[Reason]:
    found = []
    if reading.initiative is not None and reading.initiative.text not in known.initiatives:
        found.append(Reason.UNKNOWN_INITIATIVE)
    if reading.municipality is not None and reading.municipality.text not in known.municipalities:
        found.append(Reason.UNKNOWN_MUNICIPALITY)
    return found


def _gaps(reading: DocumentReading, known: Known) -> list[Reason]:
    """What an answer must have before it is recorded, whatever the reader thought of it."""
    found = []
    if reading.initiative is None:
        found.append(Reason.UNKNOWN_INITIATIVE)
    if reading.municipality is None:
        found.append(Reason.UNKNOWN_MUNICIPALITY)
    offered = known.initiatives.get(reading.initiative.text) if reading.initiative else None
    if reading.answer is None:
        found.append(Reason.NONE_MARKED)
    elif offered is not None and reading.answer.text not in offered.options:
        # Printed before the initiative got the options that it has now.
        found.append(Reason.UNKNOWN_FORM_VERSION)
    if reading.signature is SignatureState.MISSING:
        found.append(Reason.SIGNATURE_MISSING)
    elif reading.signature in (None, SignatureState.UNCLEAR):
        found.append(Reason.SIGNATURE_UNCLEAR)
    elif offered is not None and _signatures_given(reading) < offered.signatories:
        # The form asked for fewer than the initiative does.
        found.append(Reason.SIGNATURE_MISSING)
    return found


def _signatures_given(reading: DocumentReading) -> int:
    if not reading.signatures:
        return 1
    given = (SignatureState.HANDWRITTEN, SignatureState.ELECTRONIC)
    return sum(each.state in given for each in reading.signatures)
