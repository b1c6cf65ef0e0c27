"""Whether a page shows what a field says: what recognition does to a text, and what it does not."""

import pytest

from services.intake.reading.measured import FieldMeasure
from services.intake.reading.typed import SURE, confidence_of_typed, shows
from shared.events import Area

AREA = Area(page=1, left=0.1, top=0.1, right=0.2, bottom=0.2)


def seen(text: str) -> FieldMeasure:
    return FieldMeasure(name="contact.email", ink_mm2=20.0, text=text, confidence=0.9, area=AREA)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Willy af Klercker", "Wily af Klercker"),
        ("lars-goran.illman@umea.se", "lars-goranillman@umea.se"),
        ("090-16 10 00", "090-161000"),
        ("Ingrid", "lngrid"),
        ("KS 2024/10", "KS 2024/lO"),
    ],
)
def test_what_recognition_loses_or_confuses_is_the_same(said: str, shown: str) -> None:
    assert shows(seen(shown), said)
    assert confidence_of_typed(seen(shown), said) == SURE


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("anna.lindstrom@habo.se", "anna.lindstrom@håbo.se"),
        ("anna.lindstrom@malmo.se", "anna.lindstrom@ralmo.se"),
    ],
)
def test_one_sign_apart_is_for_a_person_to_see(said: str, shown: str) -> None:
    assert shows(seen(shown), said)
    assert confidence_of_typed(seen(shown), said) < SURE


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("eva.ek@ornea.se", "eva.ek@umea.se"),
        ("eva.ek@umea.se", "bo.al@umea.se"),
        ("eva.ek@umea.se", ""),
        ("Malå kommun", "Sala kommun"),
    ],
)
def test_more_than_that_is_another_text(said: str, shown: str) -> None:
    assert not shows(seen(shown), said)
