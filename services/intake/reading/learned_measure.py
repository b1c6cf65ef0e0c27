"""Measuring a page without codes by the forms that were learned, and all of the most alike."""

from collections.abc import Sequence

from services.intake.pages.page import Page
from services.intake.reading.align import quarter_turns_to_upright
from services.intake.reading.ink import measure_ink
from services.intake.reading.learned import (
    Blank,
    Features,
    Laid,
    LearnedForm,
    blank_of,
    compare_print,
    described,
    lay,
)
from services.intake.reading.learned_marks import measure_learned_marks
from services.intake.reading.learned_paper import LearnedPage, lay_learned
from services.intake.reading.measured import FormMeasured, LearnedMeasured, Registration
from services.intake.reading.signature import measure_signatures
from services.intake.reading.signature_print import measure_signature_prints
from services.intake.reading.text import measure_fields

_MOST_REPORTED = 5


def measure_learned(
    page: Page, forms: Sequence[LearnedForm]
) -> tuple[tuple[LearnedMeasured, ...], int]:
    """Return the forms that the page can be laid over, the most alike first and measured to the
    end, and how often to turn the page to be upright.
    """
    features = Features(page.grey)
    found: list[tuple[LearnedMeasured, LearnedPage | None, Blank, Laid]] = []
    for form in forms:
        blank = blank_of(form)
        laid = lay(page.grey, features, blank)
        registration = None
        if laid is not None:
            registration = described(laid, form.template, page.dpi, page.coarse_dpi)
        if laid is None or registration is None:
            continue
        flat = lay_learned(page.grey, laid, blank)
        if flat is None:
            continue
        found.append((_told(form, registration, flat, blank), flat, blank, laid))
    if not found:
        return (), 0
    found.sort(key=lambda one: -sum(one[0].print.likeness) / len(one[0].print.likeness))
    best, flat, blank, laid = found[0]
    assert flat is not None
    complete = best.model_copy(update={"form": _measured(best.form.registration, flat, blank)})
    rest = [one[0] for one in found[1:_MOST_REPORTED]]
    return (complete, *rest), quarter_turns_to_upright(laid.matrix)


def _told(
    form: LearnedForm, registration: Registration, flat: LearnedPage, blank: Blank
) -> LearnedMeasured:
    return LearnedMeasured(
        initiative=form.initiative,
        version=form.template.version,
        print=compare_print(flat.whole, blank),
        form=FormMeasured(registration=registration),
    )


def _measured(registration: Registration | None, flat: LearnedPage, blank: Blank) -> FormMeasured:
    return FormMeasured(
        registration=registration,
        anchors=tuple(flat.area(rect) for rect in registration.rests_on) if registration else (),
        marks=measure_learned_marks(flat, blank),
        signatures=measure_signatures(flat),
        signature_prints=measure_signature_prints(flat),
        ink=measure_ink(flat),
        fields=measure_fields(flat),
    )
