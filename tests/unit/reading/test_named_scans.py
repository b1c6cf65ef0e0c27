"""The scans under tests/scans: what must come of each stands in its name."""

from pathlib import Path

import pytest

from shared.events import Outcome
from tests.unit.reading.papers import document

SCANS = sorted((Path(__file__).parents[2] / "scans" / "own_form").iterdir())


@pytest.mark.parametrize("scan", SCANS, ids=lambda scan: scan.stem)
def test_a_named_scan_is_read_as_its_name_says(scan: Path) -> None:
    outcome, _, answer = scan.stem.partition("--")[0].partition("-")
    reading = document(scan.read_bytes(), scan.name)
    assert reading.outcome is Outcome(outcome), reading.reasons
    if answer:
        assert reading.answer is not None
        assert reading.answer.text == answer
