"""What may stand as a contact person, and what forbids a change of one. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.registry.domain.resolution import MOST_FIELD, is_address

ADDRESS_MAX: Final = 320
"""Longer is no address (RFC 3696, erratum 1690)."""


class ContactFault(StrEnum):
    """Why a contact was not changed."""

    STALE = "stale"
    ENDED = "ended"
    ANSWER_ENDED = "answer_ended"
    UNREACHABLE = "unreachable"
    BAD_ADDRESS = "bad_address"
    TOO_LONG = "too_long"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Named:
    """A contact person, as typed or as recorded."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Kept:
    """A contact as it is now, and the revision that the person saw."""

    named: Named
    ended: bool
    answer_stands: bool
    revision: int
    seen: int


def against_naming(named: Named) -> list[ContactFault]:
    """Return what is wrong with a contact as typed: it must be possible to reach somebody."""
    found: list[ContactFault] = []
    if not (named.email or named.phone):
        found.append(ContactFault.UNREACHABLE)
    if named.email and (len(named.email) > ADDRESS_MAX or not is_address(named.email)):
        found.append(ContactFault.BAD_ADDRESS)
    if max(len(named.name), len(named.phone)) > MOST_FIELD:
        found.append(ContactFault.TOO_LONG)
    return found


def against_change(kept: Kept) -> list[ContactFault]:
    """Return what forbids any change of a contact as it stands."""
    if kept.ended:
        return [ContactFault.ENDED]
    if not kept.answer_stands:
        return [ContactFault.ANSWER_ENDED]
    return [ContactFault.STALE] if kept.revision != kept.seen else []


def against_renaming(kept: Kept, named: Named) -> list[ContactFault]:
    """Return everything that forbids this change; nothing if it may be."""
    found = against_change(kept)
    if found:
        return found
    return against_naming(named) or ([ContactFault.UNCHANGED] if named == kept.named else [])
