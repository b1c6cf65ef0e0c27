"""What forbids a verdict, as a problem document: the same reasons as in the pages, all of them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from services.registry.api.problems import ObjectionItem, Problem
from services.registry.domain.resolution import Objection
from services.registry.web.words import OBJECTIONS

_CHANGED = frozenset(
    {
        Objection.STALE,
        Objection.NOT_OPEN,
        Objection.BEING_READ,
        Objection.NOT_CURRENT,
        Objection.ANSWER_STANDS,
        Objection.REPLACED_MEANWHILE,
        Objection.BUILT_UPON,
    }
)
"""Objections that come of what others did, not of what was asked."""

_TEXTS: Mapping[Objection, str] = MappingProxyType(
    {
        **OBJECTIONS,
        Objection.STALE: "Har ändrats sedan det hämtades. Hämta på nytt och bedöm igen.",
        Objection.UNKNOWN_INITIATIVE: "Initiativet finns inte.",
        Objection.UNKNOWN_MUNICIPALITY: "Ingen kommun har den kommunkoden.",
        Objection.UNKNOWN_ANSWER: "Initiativet har inte det svarsalternativet.",
        Objection.ANSWER_STANDS: "Kommunen har redan ett registrerat svar om initiativet. Ange det "
        "i replaces för att ersätta det, eller avgör som dubblett.",
        Objection.REPLACED_MEANWHILE: "Svaret i replaces är inte det som gäller nu. Hämta "
        "kommunens svar om initiativet på nytt.",
    }
)
"""Where the pages' words speak of what stands on the page, others."""


def text_of(objection: Objection) -> str:
    """The objection in Swedish, as a program may show it."""
    return _TEXTS[objection]


def refused(objections: Sequence[Objection]) -> Problem:
    """Return the problem of a verdict not followed: 409 where others came before, else 422."""
    code = "conflict" if _CHANGED.intersection(objections) else "refused"
    return Problem(
        code, objections=[ObjectionItem(key=one.value, text=text_of(one)) for one in objections]
    )
