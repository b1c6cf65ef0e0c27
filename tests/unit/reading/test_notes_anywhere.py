"""A remark by hand, wherever the form is blank, is for a person: it may change the answer."""

from datetime import date
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.console.demo.scans import (
    Channel,
    Filling,
    Hand,
    Picture,
    Stroke,
    as_png,
    blank_page,
    fill,
    scan,
)
from services.registry.forms.print import print_form
from shared.events import Outcome, Reason
from shared.forms import FormTemplate
from shared.own_form import own_form
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY
from tests.unit.reading.papers import PER_MM, document

LABELS = {
    "ja": "Ja, kommunen ansluter sig",
    "nej": "Nej, kommunen avstår",
    "senare": "Ja, men senare",
    "delvis": "Delvis",
}
PLACES = 3
NOTES = ("gäller inte 2026", "men inte i år", "se bilaga", "ej bindande")
CLEAR_MM = 9.0
"""From the paper's edge, where shadows lie."""

WHITE = 200


@cache
def form(options: int, signatories: int) -> tuple[FormTemplate, Picture]:
    labels = dict(list(LABELS.items())[:options])
    data = print_form(
        initiative=INITIATIVE,
        initiative_name="Kompetensgemenskaper",
        round_name="2024",
        last_answer_day=date(2024, 5, 1),
        options=labels,
        municipality=MUNICIPALITY,
        municipality_name="Umeå kommun",
        key=KEY,
        signatories=signatories,
    )
    return own_form(tuple(labels), signatories=signatories), blank_page(data)


@cache
def note_in(words: str) -> Picture:
    """Return the words as they are written, without paper around."""
    template, _ = form(2, 1)
    empty = np.full((round(30 * PER_MM), round(90 * PER_MM)), 255, np.uint8)
    nothing = Filling({}, hand=Hand.NOTHING, note=words, note_at_mm=(10.0, 15.0))
    written = fill(empty, template, nothing, seed=len(words))
    rows, columns = np.nonzero(written < WHITE)
    return written[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def blank_places(template: FormTemplate, page: Picture, note: Picture) -> NDArray[np.intp]:
    """Return rows and columns where the note fits on blank paper, nothing asked for there."""
    taken = (page < WHITE).astype(np.uint8)
    for rect in template.may_be_written_on():
        top, left = max(round(rect.top_mm * PER_MM), 0), max(round(rect.left_mm * PER_MM), 0)
        taken[top : round(rect.bottom_mm * PER_MM), left : round(rect.right_mm * PER_MM)] = 1
    edge = round(CLEAR_MM * PER_MM)
    taken[:edge] = taken[-edge:] = 1
    taken[:, :edge] = taken[:, -edge:] = 1
    height, width = note.shape
    sums = cv2.integral(taken)
    inside = (
        sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
        + sums[:-height, :-width]
    )  # fmt: skip
    return np.argwhere(inside == 0)


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX])
@pytest.mark.parametrize(("options", "signatories"), [(2, 1), (4, 1), (2, 2), (4, 2)])
def test_a_note_on_any_blank_place_is_for_a_person(
    options: int, signatories: int, channel: Channel
) -> None:
    template, blank = form(options, signatories)
    page = fill(blank, template, Filling({"ja": Stroke.CROSS}), seed=7)
    random = np.random.default_rng([options, signatories, channel is Channel.FAX])
    for at in range(PLACES):
        note = note_in(NOTES[at % len(NOTES)])
        places = blank_places(template, page, note)
        if at % 2:
            # Among the print above the boxes there is least room.
            places = places[places[:, 0] < template.boxes[0].area.top_mm * PER_MM]
        top, left = places[random.integers(len(places))]
        written = page.copy()
        under = written[top : top + note.shape[0], left : left + note.shape[1]]
        np.minimum(under, note, out=under)
        scanned = as_png(scan(written, channel, seed=at))
        reading = document(scanned, known={INITIATIVE: tuple(LABELS)[:options]})
        where = f"{left / PER_MM:.0f}, {top / PER_MM:.0f} mm"
        assert reading.outcome is Outcome.REVIEW, where
        assert {Reason.UNEXPLAINED_INK, Reason.MARK_DOUBTFUL} & set(reading.reasons), where


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX])
@pytest.mark.parametrize(("options", "signatories"), [(2, 1), (4, 2)])
def test_without_a_note_the_same_form_needs_nobody(
    options: int, signatories: int, channel: Channel
) -> None:
    template, blank = form(options, signatories)
    page = fill(blank, template, Filling({"ja": Stroke.CROSS}), seed=7)
    reading = document(
        as_png(scan(page, channel, seed=1)), known={INITIATIVE: tuple(LABELS)[:options]}
    )
    assert reading.outcome is Outcome.AUTO, reading.reasons
