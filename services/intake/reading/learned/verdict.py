"""Which learned form a page is, if that is beyond doubt. Pure.

A form counts only if the page shows all of it, each telling word included, and no other form that
was learned could be it. What comes near without that is for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.intake.reading.measured import LearnedMeasured
from services.intake.reading.verdict import registration_reasons
from shared.events import Reason
from shared.forms import FormTemplate, Rect
from shared.identifiers import InitiativeId

LEAST_WORD = 0.6
LEAST_TELLING = 0.7
LEAST_TELLING_PART = 0.5
LEAST_DIGIT = 0.8
"""An 8 in the place of a 6, in print of 8 points, is at most 0.78."""

LEAST_WORDS_SEEN = 0.93
"""The rest may lie under a signature or a stamp; not what tells this form from another."""

CLEARLY_OTHER = 0.45
"""A telling word, or a part of one, as unlike as this is another word."""

LEAST_LIKE = 0.5
"""Share of the words; with fewer the page is some other paper."""

_SAME_PLACE_MM = 0.3


@dataclass(frozen=True)
class LearnedIdentity:
    """The learned form that a page is: `measured` and `template` are None where none is sure.

    `like` is what it resembles most, sure or not; None is some other paper.
    """

    like: LearnedMeasured | None
    measured: LearnedMeasured | None
    template: FormTemplate | None
    reasons: tuple[Reason, ...] = ()


def identify_learned(
    found: Sequence[LearnedMeasured],
    templates: Mapping[tuple[InitiativeId, int], FormTemplate],
) -> LearnedIdentity:
    """Return which form a page is. `found` begins with the one that it is most like."""
    known = [
        (one, templates[one.initiative, one.version])
        for one in found
        if (one.initiative, one.version) in templates
    ]
    known = [(one, template) for one, template in known if _resembles(one, template)]
    if not known:
        return LearnedIdentity(None, None, None)
    best, template = known[0]
    rivals = [
        (other, its)
        for other, its in known[1:]
        if not _clearly_other(other, its) and not _same_meaning(best, template, other, its)
    ]
    reasons: list[Reason] = []
    if rivals:
        reasons.append(Reason.FORM_AMBIGUOUS)
    if not is_complete(best, template):
        faults = registration_reasons(best.form.registration)
        reasons += faults or [Reason.UNKNOWN_FORM_VERSION]
    if reasons:
        return LearnedIdentity(best, None, None, tuple(dict.fromkeys(reasons)))
    return LearnedIdentity(best, best, template)


def is_complete(one: LearnedMeasured, template: FormTemplate) -> bool:
    """Whether the page shows all of a form."""
    assert template.print is not None
    words = template.print.words
    measures = one.print
    if {len(measures.likeness), len(measures.least), len(measures.digits)} != {len(words)}:
        return False
    if registration_reasons(one.form.registration):
        return False
    telling = all(
        likeness >= LEAST_TELLING and least >= LEAST_TELLING_PART and digit >= LEAST_DIGIT
        for word, likeness, least, digit in zip(
            words, measures.likeness, measures.least, measures.digits, strict=True
        )
        if word.telling
    )
    return telling and _share_seen(one) >= LEAST_WORDS_SEEN


def _resembles(one: LearnedMeasured, template: FormTemplate) -> bool:
    assert template.print is not None
    return (
        len(one.print.likeness) == len(one.print.least) == len(template.print.words)
        and _share_seen(one) >= LEAST_LIKE
    )


def _clearly_other(one: LearnedMeasured, template: FormTemplate) -> bool:
    assert template.print is not None
    return any(
        word.telling and min(likeness, least) < CLEARLY_OTHER
        for word, likeness, least in zip(
            template.print.words, one.print.likeness, one.print.least, strict=True
        )
    )


def _share_seen(one: LearnedMeasured) -> float:
    seen = sum(likeness >= LEAST_WORD for likeness in one.print.likeness)
    return seen / max(len(one.print.likeness), 1)


def _same_meaning(
    one: LearnedMeasured, template: FormTemplate, other: LearnedMeasured, its: FormTemplate
) -> bool:
    """Two versions for one initiative that ask for the same in the same places."""
    if one.initiative != other.initiative or template.municipality != its.municipality:
        return False
    here, there = _places(template), _places(its)
    return here.keys() == there.keys() and all(_near(here[name], there[name]) for name in here)


def _places(template: FormTemplate) -> dict[str, Rect]:
    return {
        **{f"answer.{box.option}": box.area for box in template.boxes},
        **{signature.name: signature.area for signature in template.signatures},
        **{field.name: field.area for field in template.fields},
    }


def _near(one: Rect, other: Rect) -> bool:
    return all(
        abs(a - b) <= _SAME_PLACE_MM
        for a, b in (
            (one.left_mm, other.left_mm),
            (one.top_mm, other.top_mm),
            (one.right_mm, other.right_mm),
            (one.bottom_mm, other.bottom_mm),
        )
    )
