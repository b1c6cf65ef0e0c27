"""Who gets a letter of a mailing, who is left out, and why. Pure.

An offer and a reminder go to municipalities: each gets one letter, at its registrar's address,
about what it has not answered yet. All other letters go to people, once to each address.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from services.registry.domain.contact import ADDRESS_MAX
from services.registry.domain.recipient_rows import HandRow
from services.registry.domain.resolution import is_address
from shared.events import LetterKind

TO_MUNICIPALITIES: Final = frozenset({LetterKind.OFFER, LetterKind.REMINDER})
"""They ask a municipality to answer, and carry its own forms."""

Pair = tuple[str, str]
"""An initiative and a municipality (kommunkod)."""


class RecipientRole(StrEnum):
    """In what capacity somebody gets a letter."""

    REGISTRAR = "registrar"
    NAMED = "named"
    """The contact person on the form of an answer."""
    ADDED = "added"
    """A contact person that staff added."""
    BY_HAND = "by_hand"


class LeftOut(StrEnum):
    """Why somebody gets no letter."""

    NO_REGISTRAR = "no_registrar"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    BOUNCES = "bounces"
    UNSUBSCRIBED = "unsubscribed"
    SAME_ADDRESS = "same_address"
    BY_HAND_INSTEAD = "by_hand_instead"
    ANSWERED = "answered"
    IN_REVIEW = "in_review"
    """What it has not answered for certain is with a registrar."""
    EXCEPTED = "excepted"
    """Staff wanted it out."""


@dataclass(frozen=True)
class Audience:
    """Who is wanted, of those whom the register knows; what is empty lets all through."""

    roles: frozenset[RecipientRole] = frozenset()
    answers: frozenset[str] = frozenset()
    """By the option that the municipality chose in one of the initiatives."""
    counties: frozenset[str] = frozenset()
    excepted: frozenset[str] = frozenset()
    """Addresses in lower case, and kommunkoder, of those who get none in any case."""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Audience":
        """Read what `kept` wrote."""
        return cls(
            frozenset(RecipientRole(role) for role in kept.get("roles", ())),
            frozenset(kept.get("answers", ())),
            frozenset(kept.get("counties", ())),
            frozenset(kept.get("excepted", ())),
        )

    def kept(self) -> dict[str, list[str]]:
        """As it is kept in a mailing."""
        return {
            "roles": sorted(self.roles),
            "answers": sorted(self.answers),
            "counties": sorted(self.counties),
            "excepted": sorted(self.excepted),
        }


@dataclass(frozen=True)
class Place:
    """A municipality, and where its registrar is reached."""

    code: str
    name: str
    county: str
    registrar_address: str = ""


@dataclass(frozen=True)
class Person:
    """A contact person of an answer that stands."""

    contact_id: int
    name: str
    address: str
    municipality: str
    initiative: str
    named: bool
    """On the form of the answer; else staff added the person."""


@dataclass(frozen=True)
class Known:
    """What the register knows at this moment. Addresses are in lower case."""

    places: Sequence[Place] = ()
    persons: Sequence[Person] = ()
    answers: Mapping[Pair, str] = field(default_factory=dict)
    """The answers that stand."""
    in_review: frozenset[Pair] = frozenset()
    bouncing: frozenset[str] = frozenset()
    unsubscribed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Recipient:
    """Somebody who was wanted; without `left_out`, a letter is written."""

    address: str
    role: RecipientRole
    name: str = ""
    municipality: str = ""
    contact_id: int | None = None
    initiatives: tuple[str, ...] = ()
    left_out: LeftOut | None = None


def recipients(
    kind: LetterKind,
    initiatives: Sequence[str],
    audience: Audience,
    by_hand: Sequence[HandRow],
    known: Known,
) -> list[Recipient]:
    """Return all that are wanted, those by hand first, each with what keeps it out, if anything."""
    if kind in TO_MUNICIPALITIES:
        wanted = _municipalities(initiatives, audience, by_hand, known)
    else:
        wanted = _people(initiatives, audience, by_hand, known)
    judged = (_judged(kind, one, audience, known) for one in wanted)
    return list(_without_repeats(kind, judged))


def unanswered(initiatives: Iterable[str], municipality: str, known: Known) -> tuple[str, ...]:
    """Which of the initiatives a municipality has sent no answer to at all."""
    return tuple(
        one
        for one in initiatives
        if (one, municipality) not in known.answers and (one, municipality) not in known.in_review
    )


def objection(
    kind: LetterKind, address: str, municipality: str, initiatives: Sequence[str], known: Known
) -> LeftOut | None:
    """What forbids a letter now: asked when it is listed, and once more when it is to leave."""
    if not address:
        return LeftOut.NO_REGISTRAR if kind in TO_MUNICIPALITIES else LeftOut.NO_ADDRESS
    if len(address) > ADDRESS_MAX or not is_address(address):
        return LeftOut.BAD_ADDRESS
    if kind in TO_MUNICIPALITIES and not unanswered(initiatives, municipality, known):
        all_answered = all((one, municipality) in known.answers for one in initiatives)
        return LeftOut.ANSWERED if all_answered else LeftOut.IN_REVIEW
    if kind is LetterKind.NEWSLETTER and address.lower() in known.unsubscribed:
        return LeftOut.UNSUBSCRIBED
    if address.lower() in known.bouncing:
        return LeftOut.BOUNCES
    return None


def _judged(kind: LetterKind, one: Recipient, audience: Audience, known: Known) -> Recipient:
    if not audience.excepted.isdisjoint((one.address.lower(), one.municipality)):
        return replace(one, left_out=LeftOut.EXCEPTED)
    found = objection(kind, one.address, one.municipality, one.initiatives, known)
    if found is LeftOut.NO_ADDRESS and one.role is RecipientRole.REGISTRAR:
        found = LeftOut.NO_REGISTRAR
    if found is None and kind in TO_MUNICIPALITIES:
        one = replace(one, initiatives=unanswered(one.initiatives, one.municipality, known))
    return replace(one, left_out=found)


def _municipalities(
    initiatives: Sequence[str], audience: Audience, by_hand: Sequence[HandRow], known: Known
) -> Iterator[Recipient]:
    names = {place.code: place.name for place in known.places}
    for row in by_hand:
        yield _of_row(row, initiatives, row.name or names.get(row.municipality, ""))
    if RecipientRole.REGISTRAR in audience.roles:
        for place in known.places:
            if not audience.counties or place.county in audience.counties:
                yield _registrar(place, initiatives)


def _people(
    initiatives: Sequence[str], audience: Audience, by_hand: Sequence[HandRow], known: Known
) -> Iterator[Recipient]:
    for row in by_hand:
        yield _of_row(row, initiatives, row.name)
    chosen = frozenset(_in_audience(initiatives, audience, known))
    wanted = frozenset(initiatives)
    for person in known.persons:
        role = RecipientRole.NAMED if person.named else RecipientRole.ADDED
        if (
            role in audience.roles
            and person.municipality in chosen
            and (not wanted or person.initiative in wanted)
            and _answered_so(person.initiative, person.municipality, audience, known)
        ):
            yield Recipient(
                person.address,
                role,
                person.name,
                person.municipality,
                person.contact_id,
                (person.initiative,),
            )
    if RecipientRole.REGISTRAR in audience.roles:
        for place in known.places:
            if place.code in chosen:
                yield _registrar(place, initiatives)


def _in_audience(initiatives: Sequence[str], audience: Audience, known: Known) -> Iterator[str]:
    for place in known.places:
        in_county = not audience.counties or place.county in audience.counties
        answered_so = not audience.answers or any(
            _answered_so(one, place.code, audience, known) for one in initiatives
        )
        if in_county and answered_so:
            yield place.code


def _answered_so(initiative: str, municipality: str, audience: Audience, known: Known) -> bool:
    return not audience.answers or known.answers.get((initiative, municipality)) in audience.answers


def _registrar(place: Place, initiatives: Sequence[str]) -> Recipient:
    return Recipient(
        place.registrar_address,
        RecipientRole.REGISTRAR,
        place.name,
        place.code,
        initiatives=tuple(initiatives),
    )


def _of_row(row: HandRow, initiatives: Sequence[str], name: str) -> Recipient:
    return Recipient(
        row.address,
        RecipientRole.BY_HAND,
        name,
        row.municipality,
        initiatives=tuple(initiatives),
    )


def _without_repeats(kind: LetterKind, found: Iterable[Recipient]) -> Iterator[Recipient]:
    """One letter to each municipality, or to each address; who comes first gets it."""
    taken: dict[str, RecipientRole] = {}
    for one in found:
        key = one.municipality if kind in TO_MUNICIPALITIES else one.address.lower()
        first = taken.get(key)
        if one.left_out is not None:
            yield one
        elif first is None:
            taken[key] = one.role
            yield one
        elif kind in TO_MUNICIPALITIES and one.role is not RecipientRole.BY_HAND:
            yield replace(one, left_out=LeftOut.BY_HAND_INSTEAD)
        else:
            yield replace(one, left_out=LeftOut.SAME_ADDRESS)
