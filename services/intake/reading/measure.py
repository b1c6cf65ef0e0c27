"""One page, measured: codes, registration, boxes, signature, stray ink and fields, in that order.

Each step runs only where the one before it found something to stand on. Nothing is judged here.
"""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.pages.page import Page
from services.intake.reading.align import as_matrix, quarter_turns_to_upright, register
from services.intake.reading.beside import print_beside_cm2
from services.intake.reading.code import find_codes
from services.intake.reading.identify import claimed, own_codes
from services.intake.reading.ink import measure_ink
from services.intake.reading.joined import signatures_joined
from services.intake.reading.learned.measure import KnownBlanks, measure_learned
from services.intake.reading.marks import measure_marks
from services.intake.reading.measured import (
    MOST_FIELD_TEXT,
    CodeSighting,
    FormMeasured,
    LearnedMeasured,
    PageMeasured,
    Peculiarity,
)
from services.intake.reading.paper import lay_flat
from services.intake.reading.paper_lines import without_paper_lines
from services.intake.reading.sender_line import without_sender_line
from services.intake.reading.signature import measure_signatures
from services.intake.reading.signature_print import measure_signature_prints, measure_stamp_print
from services.intake.reading.text import measure_fields
from services.intake.reading.verdict import ANSWER_FIELD
from shared.forms import FormTemplate
from shared.identifiers import InitiativeId, OptionKey
from shared.own_form import own_form

_IMAGE_LONG_SIDE_PX = 1754
"""A4 at 150 dpi: enough for a person to read a form."""

_IMAGE_QUALITY = 45
_BLANK_SHARE = 0.0006
_BLANK_DARK = 0.75
"""Of the paper's level."""


def measure_page(
    page: Page,
    options: Mapping[InitiativeId, tuple[OptionKey, ...]],
    learned: KnownBlanks | None = None,
) -> PageMeasured:
    """Return everything measured of one page.

    `options` names, for each known initiative, the boxes of its form. A page without a code of
    ours is compared with the forms that were `learned`; one that is like none of them, or of an
    unknown initiative, gets its picture and text only.
    """
    codes = find_codes(page.grey)
    template = _template(codes, options)
    form, turns = (None, 0) if template is None else _measure_form(page, codes, template)
    like: tuple[LearnedMeasured, ...] = ()
    if learned and not own_codes(codes) and not _is_blank(_small(page.grey)):
        like, turns = measure_learned(page, learned)
    image = _small(np.rot90(page.grey, turns) if turns else page.grey)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _IMAGE_QUALITY])[1]
    return PageMeasured(
        number=page.number,
        image=encoded.tobytes(),
        width_px=image.shape[1],
        height_px=image.shape[0],
        born_digital=page.born_digital,
        blank=not codes and _is_blank(image),
        codes=codes,
        form=form,
        learned=like,
        form_values=_cut(page.form_values),
        electronic_signatures=tuple(page.electronic_signatures),
        peculiarities=_peculiarities(page, template),
        text=page.text,
    )


def _peculiarities(page: Page, template: FormTemplate | None) -> tuple[Peculiarity, ...]:
    found = set(page.peculiarities)
    if template is not None:
        printed = {
            *(ANSWER_FIELD + box.option for box in template.boxes),
            *(field.name for field in template.fields),
            *(signature.name for signature in template.signatures),
        }
        if not printed.issuperset(page.form_values):
            found.add(Peculiarity.FOREIGN_FIELDS)
    return tuple(sorted(found))


def _cut(form_values: Mapping[str, str]) -> dict[str, str]:
    """What an answer form's fields may say; those of a needs template say more, elsewhere."""
    return {name: value[: MOST_FIELD_TEXT + 1] for name, value in form_values.items()}


def _template(
    codes: tuple[CodeSighting, ...], options: Mapping[InitiativeId, tuple[OptionKey, ...]]
) -> FormTemplate | None:
    claim = claimed(codes)
    if claim is None or claim.initiative not in options:
        return None
    return own_form(options[claim.initiative], claim.version, claim.signatories)


def _measure_form(
    page: Page, codes: tuple[CodeSighting, ...], template: FormTemplate
) -> tuple[FormMeasured, int]:
    """Return the form's measures and how often to turn the page to be upright."""
    registration = register(
        page.grey,
        own_codes(codes),
        template,
        stated_dpi=page.dpi,
        stated_coarse_dpi=page.coarse_dpi,
    )
    if registration is None:
        return FormMeasured(registration=None), 0
    matrix = as_matrix(registration)
    turns = quarter_turns_to_upright(matrix)
    bare = without_sender_line(page.grey, matrix, template, page.dpi, page.coarse_dpi)
    flat = lay_flat(bare, matrix, template)
    if flat is None:
        return FormMeasured(registration=None), turns
    flat = without_paper_lines(replace(flat, off_mm=registration.worst_mm))
    return (
        FormMeasured(
            registration=registration,
            code_areas=tuple(flat.area(code.symbol) for code in template.codes),
            anchors=tuple(flat.area(rect) for rect in registration.rests_on),
            marks=measure_marks(flat),
            signatures=measure_signatures(flat),
            signature_prints=measure_signature_prints(flat),
            stamp_print=measure_stamp_print(flat),
            signatures_joined=signatures_joined(flat),
            ink=measure_ink(flat),
            print_beside_cm2=print_beside_cm2(page.grey, matrix, template),
            fields=measure_fields(flat),
        ),
        turns,
    )


def _small(grey: MatLike) -> MatLike:
    factor = _IMAGE_LONG_SIDE_PX / max(grey.shape[:2])
    if factor >= 1:
        return np.ascontiguousarray(grey)
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _is_blank(image: MatLike) -> bool:
    """Whether a page carries nothing but paper: the back of a sheet."""
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    margin = small.shape[0] // 30
    middle = small[margin:-margin, margin:-margin]
    if middle.size == 0:
        return True
    paper = float(np.median(middle))
    return paper > 100 and float((middle < _BLANK_DARK * paper).mean()) < _BLANK_SHARE
