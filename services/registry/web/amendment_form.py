"""The forms by which a recorded answer is voided or corrected: what stands in them, what they mean.

The fields are those of the verdict's form, so that what was typed is shown again if it is refused.
"""

from collections.abc import Mapping
from dataclasses import asdict

from services.registry.amend import said_in
from services.registry.domain.amendment import Correct, Said, Void
from services.registry.domain.resolution import Details
from services.registry.tables import Answer
from services.registry.web.verdict_form import DETAILS
from shared.events import SignatureState


def proposed(answer: Answer) -> dict[str, str]:
    """Return what stands in the correction's form at first: what was recorded."""
    said = said_in(answer)
    details = asdict(said.details)
    return {"svar": said.answer, "underskrift": said.signature.value} | {
        field: details[key] for key, (field, _) in DETAILS.items()
    }


def correction_in(form: Mapping[str, str]) -> Correct:
    """Return the correction that a form amounts to."""
    signature = form.get("underskrift", "")
    details = Details(**{key: form.get(field, "").strip() for key, (field, _) in DETAILS.items()})
    said = Said(
        form.get("svar", ""),
        SignatureState(signature) if signature in set(SignatureState) else SignatureState.UNCLEAR,
        details,
    )
    return Correct(said, _reason_in(form))


def voiding_in(form: Mapping[str, str]) -> Void:
    """Return the voiding that a form amounts to."""
    return Void(_reason_in(form))


def _reason_in(form: Mapping[str, str]) -> str:
    return form.get("varfor", "").strip()
