"""What was found on a page, as every picture of it is drawn from."""

from shared.events import Area, DocumentReading, Mark, Signatory, SignatureFound, SignatureState
from shared.evidence import Found, FoundKind, Weight, found_in, named_values
from tests.unit.registry.builders import form, typed, value

PLACE = Area(page=1, left=0.1, top=0.2, right=0.3, bottom=0.4)


def place(left: float) -> Area:
    return PLACE.model_copy(update={"left": left})


def marked(reading: DocumentReading, **ink: float) -> DocumentReading:
    marks = tuple(
        Mark(option=option, ink=share, ring_ink=0.02, area=place(0.01 * number))
        for number, (option, share) in enumerate(ink.items())
    )
    return reading.model_copy(update={"marks": marks})


def by_key(reading: DocumentReading) -> dict[str, Found]:
    found = found_in(reading)
    assert len({one.key for one in found}) == len(found)
    return {one.key: one for one in found}


def test_the_box_that_was_taken_for_the_answer_counts_and_the_others_are_empty() -> None:
    found = by_key(marked(form("ja"), ja=0.21, nej=0.0))
    assert (found["mark.ja"].weight, found["mark.nej"].weight) == (Weight.COUNTS, Weight.EMPTY)
    assert found["mark.ja"].figures == {"ink": 0.21, "ring": 0.02}
    assert "answer" not in found


def test_without_an_answer_every_box_with_ink_is_a_doubt() -> None:
    found = by_key(marked(form(None), ja=0.21, nej=0.3, senare=0.0))
    assert [found[f"mark.{key}"].weight for key in ("ja", "nej", "senare")] == [
        Weight.DOUBT,
        Weight.DOUBT,
        Weight.EMPTY,
    ]


def test_each_signature_has_its_place_and_its_state() -> None:
    states = (SignatureState.HANDWRITTEN, SignatureState.MISSING, SignatureState.UNCLEAR)
    signatures = tuple(
        SignatureFound(state=state, confidence=0.9, area=place(0.1 + 0.01 * number))
        for number, state in enumerate(states)
    )
    found = by_key(form("ja").model_copy(update={"signatures": signatures}))
    assert [found[key].weight for key in ("signature", "signature_2", "signature_3")] == [
        Weight.COUNTS,
        Weight.EMPTY,
        Weight.DOUBT,
    ]


def test_a_reading_from_before_signatures_were_told_one_by_one_still_shows_its_own() -> None:
    found = by_key(form("ja").model_copy(update={"signature_area": PLACE}))
    assert found["signature"].kind is FoundKind.SIGNATURE


def test_ink_that_nothing_explains_comes_last_and_is_a_doubt() -> None:
    reading = form("ja", **typed()).model_copy(
        update={"stray_ink": (place(0.5), place(0.6)), "codes": (PLACE,), "anchors": (PLACE,)}
    )
    found = found_in(reading)
    assert [one.key for one in found[-2:]] == ["stray_ink.1", "stray_ink.2"]
    assert {one.weight for one in found[-2:]} == {Weight.DOUBT}
    assert [one.weight for one in found[:2]] == [Weight.GUIDE, Weight.GUIDE]


def test_a_second_signatory_is_named_after_the_first() -> None:
    other = Signatory(name=value("Eva Ek"), place_date=value("Umeå 2024-09-12"))
    reading = form("ja", **typed()).model_copy(update={"co_signatories": (other,)})
    keys = [key for key, _ in named_values(reading)]
    first = keys.index("signatory.name")
    assert keys[first : first + 5] == [
        "signatory.name", "signatory.title", "place_date", "signatory_2.name", "place_date_2",
    ]  # fmt: skip
