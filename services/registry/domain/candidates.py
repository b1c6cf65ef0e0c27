"""Whose a document may be: every municipality that something speaks for, the likeliest first.

For a registrar's eyes. Nothing is decided by it: a name that is read with a letter wrong is here
beside those it may have been.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.registry.domain.match import SenderEvidence
from shared.events import DocumentReading, Source, WitnessKind
from shared.municipalities import by_code, confusable_with, suggest


class Ground(StrEnum):
    """What speaks for a municipality, the strongest first."""

    CODE = "code"
    """The signed code of our own form."""
    PREPRINTED = "preprinted"
    NAME = "name"
    NUMBER = "number"
    SENDER = "sender"
    """The domain of the sender's address is its own, or shared by it."""
    CONTACT = "contact"
    ALIKE = "alike"
    """What was read as the name is nearly its name."""


_STRENGTH = {ground: len(Ground) - place for place, ground in enumerate(Ground)}
_BY_WITNESS = {
    WitnessKind.NAME: Ground.NAME,
    WitnessKind.NUMBER: Ground.NUMBER,
    WitnessKind.PREPRINTED: Ground.PREPRINTED,
    WitnessKind.CONTACT_DOMAIN: Ground.CONTACT,
    WitnessKind.SENDER_DOMAIN: Ground.SENDER,
}
MOST = 5


@dataclass(frozen=True)
class Candidate:
    """One municipality, what speaks for it, and those whose names are easily taken for its own."""

    code: str
    grounds: tuple[Ground, ...]
    easily_confused: tuple[str, ...]


def candidates(reading: DocumentReading, sender: SenderEvidence) -> tuple[Candidate, ...]:
    """Return whose the document may be, at most five, the strongest grounds first."""
    found: dict[str, set[Ground]] = {}
    for code, ground in _heard(reading, sender):
        if by_code(code) is not None:
            found.setdefault(code, set()).add(ground)
    ranked = sorted(
        found, key=lambda code: (-max(_STRENGTH[ground] for ground in found[code]),
                                 -len(found[code]), code)
    )  # fmt: skip
    return tuple(
        Candidate(
            code,
            tuple(ground for ground in Ground if ground in found[code]),
            tuple(other.code for other in confusable_with(code)),
        )
        for code in ranked[:MOST]
    )


def _heard(reading: DocumentReading, sender: SenderEvidence) -> Iterable[tuple[str, Ground]]:
    if reading.municipality is not None and reading.municipality.source is Source.CODE:
        yield reading.municipality.text, Ground.CODE
    for witness in reading.witnesses:
        for code in witness.names or ():
            yield code, _BY_WITNESS[witness.kind]
        if witness.kind is WitnessKind.NAME and not witness.names:
            for suggestion in suggest(witness.text, limit=3):
                yield suggestion.municipality.code, Ground.ALIKE
    for owners in sender.owners:
        for code in sorted(owners):
            yield code, Ground.SENDER
