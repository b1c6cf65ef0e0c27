"""Which learned form a page is, from measures alone; and what small boxes change."""

from collections.abc import Sequence

import pytest

from services.intake.reading.answer import BoxState, box_state
from services.intake.reading.learned.verdict import identify_learned
from services.intake.reading.measured import (
    FormMeasured,
    LearnedMeasured,
    MarkMeasure,
    PrintMeasure,
    Registration,
)
from shared.events import Area, Reason
from shared.forms import Box, FormPrint, FormTemplate, PrintedWord, Rect, SignatureArea

WORDS = 40
AREA = Area(page=1, left=0.1, top=0.1, right=0.2, bottom=0.2)


def template(version: int = 1, yes_left_mm: float = 20.0) -> FormTemplate:
    """A form of forty words; the first two tell it from others."""

    def rect(left: float, top: float, width: float = 8, height: float = 3) -> Rect:
        return Rect(left_mm=left, top_mm=top, width_mm=width, height_mm=height)

    return FormTemplate(
        version=version,
        page_width_mm=210,
        page_height_mm=297,
        corner_marks=(),
        codes=(),
        boxes=(
            Box(option="ja", area=rect(yes_left_mm, 100, 4, 4), label=rect(30, 100)),
            Box(option="nej", area=rect(20, 110, 4, 4), label=rect(30, 110)),
        ),
        box_border_mm=0.3,
        signatures=(
            SignatureArea(
                name="signature", area=rect(20, 150, 80, 20), reach=rect(15, 148, 90, 25)
            ),
        ),
        fields=(),
        print=FormPrint(
            picture=f"{version:064x}",
            words=tuple(
                PrintedWord(text=f"ord{i}", area=rect(20, 20 + 5 * i), telling=i < 2)
                for i in range(WORDS)
            ),
        ),
    )


def seen(
    likeness: Sequence[float] | None = None,
    *,
    initiative: str = "a",
    version: int = 1,
    least: Sequence[float] | None = None,
    digits: Sequence[float] | None = None,
    **more: float,
) -> LearnedMeasured:
    given = {
        "anchors_found": 38,
        "anchors_sought": WORDS,
        "anchors_spread": 1.0,
        "rms_mm": 0.1,
        "worst_mm": 0.3,
        "dpi": 300.0,
        "coarse_dpi": 300.0,
        "stretch": 1.0,
    }
    registration = Registration.model_validate(
        {
            "to_pixels": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
            "marks_found": 0,
            "cores_found": 0,
            "print_scale": None,
            **given,
            **more,
        }
    )
    alike = tuple(likeness or [0.95] * WORDS)
    return LearnedMeasured(
        initiative=initiative,
        version=version,
        print=PrintMeasure(
            likeness=alike,
            least=tuple(least or alike),
            digits=tuple(digits or [1.0] * len(alike)),
        ),
        form=FormMeasured(registration=registration),
    )


def but(index: int, value: float, rest: float = 0.95) -> list[float]:
    return [value if i == index else rest for i in range(WORDS)]


def test_a_page_that_shows_all_of_a_form_is_that_form() -> None:
    found = identify_learned([seen()], {("a", 1): template()})
    assert found.reasons == ()
    assert found.template == template()


@pytest.mark.parametrize(
    "one",
    [
        seen(but(0, 0.65)),
        seen(least=but(1, 0.4)),
        seen(digits=but(1, 0.78)),
        seen([0.95] * 36 + [0.2] * 4),
    ],
    ids=["a telling word", "a part of one", "a digit of one", "many words"],
)
def test_what_is_not_all_there_is_another_form(one: LearnedMeasured) -> None:
    found = identify_learned([one], {("a", 1): template()})
    assert found.reasons == (Reason.UNKNOWN_FORM_VERSION,)
    assert found.measured is None
    assert found.like is one


def test_words_that_do_not_tell_may_lie_under_a_signature() -> None:
    assert identify_learned([seen([0.95] * 38 + [0.1] * 2)], {("a", 1): template()}).measured


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"rms_mm": 0.6}, Reason.REGISTRATION_FAILED),
        ({"worst_mm": 1.1}, Reason.REGISTRATION_FAILED),
        ({"anchors_found": 25}, Reason.REGISTRATION_FAILED),
        ({"anchors_spread": 0.7}, Reason.REGISTRATION_FAILED),
        ({"stretch": 1.8}, Reason.REGISTRATION_FAILED),
        ({"print_scale": 2.0}, Reason.REGISTRATION_FAILED),
        ({"dpi": 120.0}, Reason.LOW_RESOLUTION),
    ],
)
def test_a_page_that_lies_badly_is_not_read(more: dict[str, float], reason: Reason) -> None:
    found = identify_learned([seen(**more)], {("a", 1): template()})
    assert found.reasons == (reason,)
    assert found.measured is None


def test_a_second_form_must_clearly_be_another() -> None:
    known = {("a", 1): template(), ("b", 1): template()}
    best = seen()
    for other, sure in ((but(0, 0.3), True), (but(0, 0.6), False), (None, False)):
        found = identify_learned([best, seen(other, initiative="b")], known)
        assert (found.measured is best) is sure
        assert (Reason.FORM_AMBIGUOUS in found.reasons) is not sure


def test_two_versions_that_ask_for_the_same_in_the_same_places_are_one() -> None:
    twins = [seen(version=2), seen(version=1)]
    same = {("a", 1): template(1), ("a", 2): template(2)}
    assert identify_learned(twins, same).measured is twins[0]
    moved = {("a", 1): template(1, yes_left_mm=120), ("a", 2): template(2)}
    assert identify_learned(twins, moved).reasons == (Reason.FORM_AMBIGUOUS,)


def test_some_other_paper_or_a_form_that_was_forgotten_is_like_none() -> None:
    assert identify_learned([seen([0.3] * WORDS)], {("a", 1): template()}).like is None
    assert identify_learned([seen()], {}).like is None
    # Measures of another number of words than the form has are nonsense.
    assert identify_learned([seen([0.95] * 3)], {("a", 1): template()}).like is None


def test_a_pen_fills_more_of_a_smaller_box() -> None:
    def mark(ink: float, inner_mm: float) -> MarkMeasure:
        return MarkMeasure(
            option="ja", ink=ink, ink_least=ink, ink_most=ink, faint=1, ring_mm2=0,
            ring_loose_mm2=0, ring_fraction=0, border_seen=1, moved_mm=0, inner_mm=inner_mm,
            area=AREA,
        )  # fmt: skip

    assert box_state(mark(0.8, 4.2)) is BoxState.DOUBTFUL
    assert box_state(mark(0.8, 1.8)) is BoxState.MARKED
    assert box_state(mark(0.95, 1.8)) is BoxState.DOUBTFUL
    assert box_state(mark(0.95, 0.1)) is BoxState.DOUBTFUL
