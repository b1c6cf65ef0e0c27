"""The scans under tests/scans: what must come of each stands in its name."""

from functools import cache
from pathlib import Path

import pytest

from services.console.demo.scans import blank_page
from shared.events import DocumentReading, Outcome
from tests.bench.forms.other_form import INITIATIVE, NAME, OtherForm, learn_in_process
from tests.unit.reading.papers import document
from tests.unit.reading.test_other_form import read

SCANS = Path(__file__).parents[2] / "scans"
OFFICE = SCANS / "other_form" / "office"


@cache
def office_form() -> OtherForm:
    pdf = (OFFICE / "blank.pdf").read_bytes()
    found = learn_in_process(pdf, (OFFICE / "fields.yaml").read_bytes(), name=NAME)
    return OtherForm(INITIATIVE, pdf, found.template, found.picture, blank_page(pdf))


def as_named(scan: Path, reading: DocumentReading) -> None:
    outcome, _, answer = scan.stem.partition("--")[0].partition("-")
    assert reading.outcome is Outcome(outcome), reading.reasons
    if answer:
        assert reading.answer is not None
        assert reading.answer.text == answer


@pytest.mark.parametrize("scan", sorted((SCANS / "own_form").iterdir()), ids=lambda scan: scan.stem)
def test_a_named_scan_is_read_as_its_name_says(scan: Path) -> None:
    as_named(scan, document(scan.read_bytes(), scan.name))


@pytest.mark.parametrize("scan", sorted(OFFICE.glob("*.tif")), ids=lambda scan: scan.stem)
def test_so_is_one_of_a_form_made_in_a_word_processor(scan: Path) -> None:
    as_named(scan, read(scan.read_bytes(), [office_form()], scan.name))
