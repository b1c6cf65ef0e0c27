"""Measuring a page without codes by the forms that were learned, and all of the most alike."""

from collections.abc import Iterator, Sequence
from functools import partial

import cv2
from cv2.typing import MatLike

from services.intake.pages.page import Page
from services.intake.reading.align import as_matrix, quarter_turns_to_upright
from services.intake.reading.beside import print_beside_cm2
from services.intake.reading.ink import measure_ink
from services.intake.reading.joined import signatures_joined
from services.intake.reading.learned.blank import Blank, LearnedForm, blank_of
from services.intake.reading.learned.features import Coarse, Features, look_for
from services.intake.reading.learned.lay import described, lay
from services.intake.reading.learned.marks import measure_learned_marks
from services.intake.reading.learned.paper import LearnedPage, lay_learned, without_lines_across
from services.intake.reading.learned.words import compare_print
from services.intake.reading.measured import FormMeasured, LearnedMeasured
from services.intake.reading.signature import measure_signatures
from services.intake.reading.signature_print import measure_signature_prints, measure_stamp_print
from services.intake.reading.text import measure_fields

_MOST_COMPARED = 8
"""Of the forms that the page is like, so many are compared word by word."""


class KnownBlanks:
    """The blanks of learned forms, for all pages of a file: the features of each are found once.

    Features are small and stay; the pictures, of some 15 MB each, are decoded when needed.
    """

    def __init__(self, forms: Sequence[LearnedForm]) -> None:
        self._known = [(form, Features(partial(_print_of, form))) for form in forms]

    def __bool__(self) -> bool:
        return bool(self._known)

    def alike(self, page: Features) -> list[tuple[LearnedForm, Coarse]]:
        """Return the forms that the page may be, those that most features agree on first."""
        found = [(form, look_for(page, blank)) for form, blank in self._known]
        alike = [(form, coarse) for form, coarse in found if coarse is not None]
        return sorted(alike, key=lambda one: one[1].agreeing, reverse=True)


def _print_of(form: LearnedForm) -> MatLike:
    return cv2.bitwise_not(blank_of(form).flat)


def measure_learned(page: Page, blanks: KnownBlanks) -> tuple[tuple[LearnedMeasured, ...], int]:
    """Return the forms that the page can be laid over, the most alike first and measured to the
    end, and how often to turn the page to be upright.
    """
    others: list[LearnedMeasured] = []
    best: tuple[LearnedMeasured, LearnedPage, Blank] | None = None
    for told, flat, blank in _candidates(page, blanks):
        if best is None:
            best = told, flat, blank
        elif _likeness(told) > _likeness(best[0]):
            others.append(best[0])
            best = told, flat, blank
        else:
            others.append(told)
    if best is None:
        return (), 0
    told, flat, blank = best
    complete = told.model_copy(update={"form": _measured(page, told.form, flat, blank)})
    others.sort(key=_likeness, reverse=True)
    return (complete, *others), quarter_turns_to_upright(flat.to_source)


def _candidates(
    page: Page, blanks: KnownBlanks
) -> Iterator[tuple[LearnedMeasured, LearnedPage, Blank]]:
    alike = blanks.alike(Features(lambda: page.grey))
    for form, coarse in alike[:_MOST_COMPARED]:
        blank = blank_of(form)
        laid = lay(page.grey, coarse, blank)
        if laid is None:
            continue
        registration = described(laid, form.template, page.dpi, page.coarse_dpi)
        flat = lay_learned(page.grey, laid, blank)
        if registration is None or flat is None:
            continue
        told = LearnedMeasured(
            initiative=form.initiative,
            version=form.template.version,
            print=compare_print(flat.whole, blank),
            form=FormMeasured(registration=registration),
        )
        yield told, flat, blank


def _likeness(told: LearnedMeasured) -> float:
    return sum(told.print.likeness) / max(len(told.print.likeness), 1)


def _measured(page: Page, form: FormMeasured, flat: LearnedPage, blank: Blank) -> FormMeasured:
    assert form.registration is not None
    matrix = as_matrix(form.registration)
    flat = without_lines_across(flat)
    return FormMeasured(
        registration=form.registration,
        anchors=tuple(flat.area(rect) for rect in form.registration.rests_on),
        marks=measure_learned_marks(flat, blank),
        signatures=measure_signatures(flat),
        signature_prints=measure_signature_prints(flat),
        stamp_print=measure_stamp_print(flat),
        signatures_joined=signatures_joined(flat),
        ink=measure_ink(flat),
        print_beside_cm2=print_beside_cm2(page.grey, matrix, blank.template),
        fields=measure_fields(flat),
    )
