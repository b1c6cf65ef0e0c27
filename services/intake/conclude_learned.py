"""What is concluded of a page without codes: which learned form it is, and what may say whose.

Pure. Whose it is cannot be proven here: there is no signed code. What may tell is handed on as
witnesses, and the register, which knows the municipalities' domains and the sender, weighs them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.intake.reading.learned.verdict import LearnedIdentity, identify_learned
from services.intake.reading.measured import FieldMeasure, PageMeasured
from services.intake.reading.typed import (
    MOST_EMPTY_FIELD_MM2,
    SURE,
    confidence_of_typed,
    shows,
)
from services.intake.reading.verdict import outcome_of
from shared.events import Area, Outcome, Reason, Witness, WitnessKind
from shared.forms import MUNICIPALITY_NAME, MUNICIPALITY_NUMBER, FormTemplate
from shared.identifiers import InitiativeId, OptionKey

LEAST_LEGIBLE: Final = 0.2
"""Confidence of recognition; below, what was read is no evidence of anything. It may be low: a name
or a domain counts only if it is a municipality's letter by letter, and only beside another witness
that agrees; crumbs beside the words lower it as well.
"""

_ADDRESS: Final = re.compile(r"[^\s@]{1,64}@(?P<domain>[^\s@]{3,253})")


@dataclass(frozen=True)
class LearnedPage:
    """A learned form's page: which it is, every doubt about that, and the witnesses on it."""

    identity: LearnedIdentity
    reasons: tuple[Reason, ...]
    witnesses: tuple[Witness, ...] = ()


def conclude_learned(
    page: PageMeasured,
    templates: Mapping[tuple[InitiativeId, int], FormTemplate],
    options: Mapping[InitiativeId, Sequence[OptionKey]],
) -> LearnedPage:
    """Return what a page is that was laid over learned forms."""
    identity = identify_learned(page.learned, templates)
    if identity.like is None:
        return LearnedPage(identity, (Reason.NO_CODE,))
    reasons = list(identity.reasons)
    if identity.measured is None or identity.template is None:
        return LearnedPage(identity, tuple(reasons))
    known = options.get(identity.measured.initiative)
    if known is None:
        reasons.append(Reason.UNKNOWN_INITIATIVE)
    elif sorted(known) != sorted(box.option for box in identity.template.boxes):
        reasons.append(Reason.UNKNOWN_FORM_VERSION)
    reasons.append(Reason.MUNICIPALITY_UNPROVEN)
    return LearnedPage(identity, tuple(reasons), _witnesses(page, identity))


def once_proven(reasons: Sequence[Reason]) -> Outcome | None:
    """Return what a document comes to once it is proven whose it is; None if that is no question.

    `reasons` are all that there are in the end.
    """
    if Reason.MUNICIPALITY_UNPROVEN not in reasons:
        return None
    return outcome_of([one for one in reasons if one is not Reason.MUNICIPALITY_UNPROVEN])


def _witnesses(page: PageMeasured, identity: LearnedIdentity) -> tuple[Witness, ...]:
    assert identity.measured is not None
    assert identity.template is not None
    fields = {field.name: field for field in identity.measured.form.fields}
    found: list[Witness] = []
    for name, kind in (
        (MUNICIPALITY_NAME, WitnessKind.NAME),
        (MUNICIPALITY_NUMBER, WitnessKind.NUMBER),
    ):
        field = fields.get(name)
        if field is None or field.ink_mm2 <= MOST_EMPTY_FIELD_MM2:
            continue
        text, legible = _said(field, page)
        found.append(Witness(kind=kind, text=text, legible=legible, area=field.area))
    contact = fields.get("contact.email")
    if contact is not None:
        text, legible = _said(contact, page)
        address = _ADDRESS.fullmatch(text)
        # An address that cannot be read says nothing against anybody.
        if legible and address is not None:
            # What a streak or the end of a line adds is no letter.
            domain = address["domain"].lower().rstrip(".,;:|-_='")
            found.append(Witness(kind=WitnessKind.CONTACT_DOMAIN, text=domain, area=contact.area))
    if identity.template.municipality is not None:
        found.append(Witness(kind=WitnessKind.PREPRINTED, text=identity.template.municipality))
    return tuple(found)


def _said(field: FieldMeasure, page: PageMeasured) -> tuple[str, bool]:
    """Return what a field says, and whether that is certain enough to be evidence."""
    typed = page.form_values.get(field.name, "").strip()
    if typed and shows(field, typed):
        return typed, confidence_of_typed(field, typed) >= SURE
    # What is left of a line to write on is read as signs without letters or digits.
    text = " ".join(w for w in field.text.split() if any(c.isalnum() for c in w))
    return text, bool(text) and field.confidence >= LEAST_LEGIBLE


def on_page(witnesses: Sequence[Witness], number: int) -> tuple[Witness, ...]:
    """Return the witnesses as they stand on page `number` of their document."""

    def moved(area: Area | None) -> Area | None:
        return None if area is None else area.model_copy(update={"page": number})

    return tuple(one.model_copy(update={"area": moved(one.area)}) for one in witnesses)
