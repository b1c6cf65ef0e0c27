"""Whose a form without codes is: what may tell, weighed together. Pure.

A name alone never decides: Habo and Håbo, Mora and Nora are a letter apart, and "Ange kommun" is
no answer. Enough witnesses of different kinds must name the same one municipality, and none may
name another. What is written where the name belongs, and cannot be read, may name another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.events import (
    DocumentReading,
    Outcome,
    Reason,
    Source,
    Value,
    Witness,
    WitnessKind,
)
from shared.municipalities import by_code, domain_belongs, exact

SAYS_WHOSE: Final = frozenset({WitnessKind.NAME, WitnessKind.NUMBER, WitnessKind.PREPRINTED})
"""What on the form is there to say whose it is. A neighbour's clerk may well be contact person and
sender of a form on which that was left empty: at least one of these must be among the witnesses.
"""

OUTSIDE: Final = frozenset({WitnessKind.SENDER_DOMAIN})
"""What does not stand on the paper: all that does may be by one hand, or copied with the paper."""

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class WitnessRule:
    """What it takes: so many kinds of witness, each naming one municipality and all the same.

    `counted` are the kinds that count for a municipality; any kind counts against one. `needed`
    of at least 2, or 0 to leave it to a person always. `outside`: one of them must come from
    outside the paper.
    """

    needed: int = 2
    counted: frozenset[WitnessKind] = frozenset(WitnessKind)
    outside: bool = True


@dataclass(frozen=True)
class Evidence:
    """What is known about domains and numbers, and about the sender of this mail.

    `domains` are pairs of a mail domain and a kommunkod, `numbers` of an organisation number in
    ten digits and a kommunkod; `sender_hosts` are the hosts of the sender's addresses, where the
    sender is authentic, else none.
    """

    domains: Sequence[tuple[str, str]] = ()
    numbers: Sequence[tuple[str, str]] = ()
    sender_hosts: Sequence[str] = ()


def weigh(reading: DocumentReading, known: Evidence, rule: WitnessRule) -> DocumentReading:
    """Return the reading with its municipality, where the witnesses prove it; else as it was."""
    if Reason.MUNICIPALITY_UNPROVEN not in reading.reasons or reading.municipality is not None:
        return reading
    heard = (*reading.witnesses, *_senders(known))
    witnesses = tuple(_weighed(one, known) for one in heard)
    told = reading.model_copy(update={"witnesses": witnesses})
    proven = _proven(witnesses, rule)
    if proven is None:
        return told
    area = next((one.area for one in witnesses if one.area is not None), None)
    return told.model_copy(
        update={
            "municipality": Value(
                text=proven, confidence=_CONFIDENCE, source=Source.WITNESSES, area=area
            ),
            "reasons": tuple(
                one for one in reading.reasons if one is not Reason.MUNICIPALITY_UNPROVEN
            ),
            "outcome": reading.once_proven or Outcome.REVIEW,
        }
    )


def _weighed(witness: Witness, known: Evidence) -> Witness:
    named = _named_by(witness, known)
    return witness.model_copy(update={"names": None if named is None else tuple(sorted(named))})


def _proven(witnesses: Sequence[Witness], rule: WitnessRule) -> str | None:
    """Return the one municipality that enough witnesses name and none speaks against."""
    if rule.needed < 2:
        return None
    named = [(one.kind, None if one.names is None else frozenset(one.names)) for one in witnesses]
    candidates: set[str] = set()
    for kind, codes in named:
        if codes is None:
            return None
        if kind in rule.counted and len(codes) == 1:
            candidates |= codes
    if len(candidates) != 1:
        return None
    [code] = candidates
    if any(codes and code not in codes for _, codes in named):
        return None
    only = frozenset({code})
    kinds = {kind for kind, codes in named if kind in rule.counted and codes == only}
    if rule.outside and kinds.isdisjoint(OUTSIDE):
        return None
    return code if len(kinds) >= rule.needed and not kinds.isdisjoint(SAYS_WHOSE) else None


def _named_by(witness: Witness, known: Evidence) -> frozenset[str] | None:
    """Return whom a witness names: nobody, one, or several that share a domain.

    None where it may name anybody: then nothing is proven.
    """
    match witness.kind:
        case WitnessKind.NAME:
            found = exact(witness.text) if witness.legible else None
            return None if found is None else frozenset({found.code})
        case WitnessKind.NUMBER:
            return _by_number(witness, known)
        case WitnessKind.CONTACT_DOMAIN | WitnessKind.SENDER_DOMAIN:
            return frozenset(
                code for domain, code in known.domains if domain_belongs(witness.text, domain)
            )
        case WitnessKind.PREPRINTED:
            return frozenset({witness.text}) if by_code(witness.text) else None


def _by_number(witness: Witness, known: Evidence) -> frozenset[str] | None:
    digits = organisation_number(witness.text)
    if not witness.legible or digits is None:
        return None
    return frozenset(code for number, code in known.numbers if number == digits)


def organisation_number(text: str) -> str | None:
    """Return an organisation number's ten digits, or None if its check digit is wrong (Luhn)."""
    digits = [int(one) for one in text if one in "0123456789"]
    if len(digits) != 10 or not all(one in "0123456789 -–" for one in text):
        return None
    doubled = [d * 2 if place % 2 == 0 else d for place, d in enumerate(digits)]
    if sum(d // 10 + d % 10 for d in doubled) % 10:
        return None
    return "".join(map(str, digits))


def _senders(known: Evidence) -> tuple[Witness, ...]:
    hosts = dict.fromkeys(known.sender_hosts)
    return tuple(Witness(kind=WitnessKind.SENDER_DOMAIN, text=host) for host in hosts)
