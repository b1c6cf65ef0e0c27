"""What a replay says of a document, beside what is recorded of it."""

import pytest

from services.console.differences import Change, Recorded, differences
from shared.events import DocumentReading, Outcome, Reason, SignatureState
from tests.unit.registry.builders import KOMPETENS, MOLN, UMEA, form, value

MAIL = "m" + "0" * 23
DOUBT = {"outcome": Outcome.REVIEW, "reasons": (Reason.MARK_DOUBTFUL,)}


def machine(answer: str = "ja") -> Recorded:
    return Recorded(form(answer), (KOMPETENS, UMEA, answer), "machine")


def person(answer: str, reading: DocumentReading) -> Recorded:
    return Recorded(reading, (KOMPETENS, UMEA, answer), "rut")


def waiting(answer: str | None = None) -> Recorded:
    return Recorded(form(answer, **DOUBT))


CASES = [
    (machine("ja"), form("ja"), Change.SAME),
    (machine("ja"), form("nej"), Change.DIFFERENT_ANSWER),
    (machine("ja"), form("ja", municipality="1281"), Change.DIFFERENT_ANSWER),
    (machine("ja"), form("ja", initiative=MOLN), Change.DIFFERENT_ANSWER),
    (machine("ja"), form("nej", **DOUBT), Change.DIFFERENT_ANSWER),
    (machine("ja"), form(None, **DOUBT), Change.NO_LONGER_AUTO),
    (machine("ja"), form("ja", **DOUBT), Change.NO_LONGER_AUTO),
    (waiting(), form("ja"), Change.NOW_AUTO),
    (waiting(), form("ja", signature=SignatureState.UNCLEAR, **DOUBT), Change.OTHERWISE),
    (person("ja", form(None, **DOUBT)), form("ja"), Change.NOW_AUTO),
    (person("nej", form(None, **DOUBT)), form("ja"), Change.DIFFERENT_ANSWER),
    (person("nej", form(None, **DOUBT)), form("ja", **DOUBT), Change.OTHERWISE),
    (Recorded(form("ja")), form("nej"), Change.DIFFERENT_ANSWER),
    (
        Recorded(form("ja"), (KOMPETENS, UMEA, "ja"), "machine", voided=True),
        form("nej"),
        Change.OTHERWISE,
    ),
]


@pytest.mark.parametrize(("before", "now", "change"), CASES)
def test_a_document_is_compared_with_the_answer_that_stands(
    before: Recorded, now: DocumentReading, change: Change
) -> None:
    [found] = differences(MAIL, [before], [now])
    assert found.change is change


def test_a_difference_tells_what_differs() -> None:
    [found] = differences(MAIL, [machine("ja")], [form(None, **DOUBT)])
    assert list(found.aspects()) == [
        ("outcome", "auto", "review"),
        ("answer", "ja", "–"),
        ("reasons", "–", "mark_doubtful"),
    ]
    assert found.as_dict()["recorded"] == [KOMPETENS, UMEA, "ja"]


def test_documents_are_paired_by_the_pages_they_stand_on_whatever_their_numbers() -> None:
    first, second = form("ja", page=1), form("nej", page=2, initiative=MOLN)
    swapped = [
        second.model_copy(update={"document_id": first.document_id}),
        first.model_copy(update={"document_id": second.document_id}),
    ]
    found = differences(MAIL, [Recorded(first), Recorded(second)], swapped)
    assert [one.change for one in found] == [Change.SAME, Change.SAME]


def test_what_has_no_counterpart_is_gone_or_new() -> None:
    lost = form("ja", scan="one").model_copy(update={"document_id": f"{MAIL}-7"})
    found = differences(
        MAIL,
        [Recorded(lost)],
        [form("ja", scan="other").model_copy(update={"initiative": value(MOLN)})],
    )
    assert [one.change for one in found] == [Change.GONE, Change.NEW]
