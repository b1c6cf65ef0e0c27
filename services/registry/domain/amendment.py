"""Changing an answer that was recorded: makulera and rätta. Pure.

Nothing is deleted. A voided answer stays in the register with who, when and why, and the
municipality then counts as silent; a corrected one says what the document says, and the
händelselogg holds what stood before.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import assert_never

from services.registry.domain.resolution import (
    SIGNED,
    Details,
    Objection,
    against_details,
    against_reason,
)
from shared.events import SignatureState


@dataclass(frozen=True)
class Said:
    """What an answer says, as far as a person may correct it."""

    answer: str
    signature: SignatureState
    details: Details


@dataclass(frozen=True)
class Void:
    """Makulera: the answer no longer counts, and no other takes its place."""

    why: str


@dataclass(frozen=True)
class Correct:
    """Rätta: the document says this, and why what was recorded is wrong."""

    said: Said
    why: str


Amendment = Void | Correct


@dataclass(frozen=True)
class Standing:
    """What the decision must know: the answer as it is now, and as the registrar saw it.

    `state` and `seen` are marks of the answer's whole row; they differ once anything has changed.
    """

    is_current: bool
    state: str
    seen: str
    said: Said
    options: Container[str]


def objections(amendment: Amendment, standing: Standing) -> tuple[Objection, ...]:
    """Return everything that speaks against the change; nothing if it may be."""
    if not standing.is_current:
        return (Objection.NOT_CURRENT,)
    if standing.state != standing.seen:
        return (Objection.STALE,)
    found = against_reason(amendment.why)
    match amendment:
        case Void():
            return tuple(found)
        case Correct(said):
            if said.answer not in standing.options:
                found.append(Objection.UNKNOWN_ANSWER)
            if said.signature not in SIGNED:
                found.append(Objection.NOT_SIGNED)
            found += against_details(said.details)
            if said == standing.said:
                found.append(Objection.UNCHANGED)
            return tuple(dict.fromkeys(found))
        case _:
            assert_never(amendment)
