"""The verdict, from numbers alone: where each threshold lies and what reasons add up to."""

import time
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.reading.answer import BoxState, box_state
from services.intake.reading.measured import (
    FieldMeasure,
    FormMeasured,
    InkMeasure,
    MarkMeasure,
    MendedMeasure,
    PageMeasured,
    PrintReading,
    Registration,
    RowMeasure,
    SignatureMeasure,
)
from services.intake.reading.typed import shows
from services.intake.reading.verdict import Verdict, judge, judge_signature, outcome_of
from shared.events import Area, Outcome, Reason, SignatureState

AREA = Area(page=1, left=0.1, top=0.1, right=0.2, bottom=0.2)


def mark(option: str, **changes: float) -> MarkMeasure:
    values: dict[str, Any] = {
        "ink": 0.0,
        "ink_least": 0.0,
        "ink_most": 0.0,
        "faint": 0.0,
        "ring_mm2": 0.0,
        "ring_loose_mm2": 0.0,
        "ring_fraction": 0.0,
        "border_seen": 1.0,
        "moved_mm": 0.1,
        **changes,
    }
    return MarkMeasure(option=option, area=AREA, **values)


def marked(option: str, **changes: float) -> MarkMeasure:
    return mark(option, **{"ink": 0.25, "ink_least": 0.2, "ink_most": 0.3, "faint": 0.5, **changes})


def registration(**changes: Any) -> Registration:
    values: dict[str, Any] = {
        "to_pixels": ((11.8, 0.0, 0.0), (0.0, 11.8, 0.0), (0.0, 0.0, 1.0)),
        "marks_found": 4,
        "cores_found": 6,
        "rms_mm": 0.03,
        "worst_mm": 0.06,
        "dpi": 300.0,
        "coarse_dpi": 300.0,
        "print_scale": 1.0,
        "stretch": 1.0,
        **changes,
    }
    return Registration(**values)


def signature(**changes: Any) -> SignatureMeasure:
    values: dict[str, Any] = {
        "ink_mm2": 120.0,
        "ink_fraction": 0.06,
        "stroke_mm": 150.0,
        "written_mm": 140.0,
        "tallest_mm": 11.0,
        "widest_mm": 25.0,
        "feet": RowMeasure(ends=30, in_line=7),
        "tops": RowMeasure(ends=24, in_line=6),
        **changes,
    }
    return SignatureMeasure(area=AREA, **values)


def form(**changes: Any) -> FormMeasured:
    values: dict[str, Any] = {
        "registration": registration(),
        "marks": (marked("ja"), mark("nej")),
        "signatures": (signature(),),
        "ink": InkMeasure(unexplained_mm2=0.0, longest_mm=0.0, label_struck=False),
        **changes,
    }
    return FormMeasured(**values)


def verdict(
    measured: FormMeasured,
    *,
    form_values: dict[str, str] | None = None,
    born_digital: bool = False,
    identity: tuple[Reason, ...] = (),
) -> Verdict:
    return judge(
        measured,
        identity_reasons=identity,
        form_values=form_values or {},
        born_digital=born_digital,
    )


def test_a_faultless_form_is_decided() -> None:
    decided = verdict(form())
    assert (decided.outcome, decided.answer) == (Outcome.AUTO, "ja")
    assert decided.signature is SignatureState.HANDWRITTEN


HEAVY = {"ink": 0.7, "ink_least": 0.68, "ink_most": 0.78}
PALE = {"ink": 0.0, "ink_least": 0.0, "ink_most": 0.3}
THIN = {"ink": 0.0, "ink_least": 0.0, "ink_most": 0.1, "weight_mm": 0.2}
FULL = {"ink": 0.83, "ink_least": 0.8, "ink_most": 0.9}
GONE_OVER = {
    "ink": 0.7, "ink_least": 0.68, "ink_most": 0.76, "beside_mm2": 0.06, "exits": 2,
    "ring_mm2": 0.65, "weight_mm": 1.05, "runs": 1.52, "off_strokes": 0.3, "level": 0.13,
}  # fmt: skip
SCRAWLED_PALELY = {
    "ink": 0.12, "ink_least": 0.1, "ink_most": 0.61, "beside_mm2": 0.66, "exits": 1,
    "ring_mm2": 0.47, "runs": 2.42, "off_strokes": 0.53, "weight_mm": 0.41,
}  # fmt: skip
CROSSED = {"ink": 0.35, "ink_least": 0.33, "ink_most": 0.45, "exits": 4, "ring_mm2": 5.0}


def test_of_two_marks_a_heavy_one_may_be_the_one_taken_back() -> None:
    both = (marked("ja"), mark("nej", **HEAVY))
    assert verdict(form(marks=both)).reasons == (Reason.MARK_DOUBTFUL,)
    assert verdict(form(marks=(mark("ja"), mark("nej", **HEAVY)))).answer == "nej"


@pytest.mark.parametrize("paler", [PALE, THIN])
def test_of_two_marks_a_pale_one_may_be_the_one_rubbed_out(paler: dict[str, float]) -> None:
    both = (marked("ja"), mark("nej", **paler))
    assert verdict(form(marks=both)).reasons == (Reason.MARK_DOUBTFUL,)
    assert verdict(form(marks=(mark("ja"), mark("nej", **paler)))).answer == "nej"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, BoxState.EMPTY),
        ({"ink_most": 0.013}, BoxState.DOUBTFUL),
        ({"faint": 0.02}, BoxState.DOUBTFUL),
        ({"trace": 0.03}, BoxState.EMPTY),
        ({"trace": 0.04}, BoxState.DOUBTFUL),
        ({"ring_mm2": 0.6}, BoxState.DOUBTFUL),
        ({"ink": 0.04, "ink_least": 0.03, "ink_most": 0.05}, BoxState.DOUBTFUL),
        ({"ink": 0.06, "ink_least": 0.05, "ink_most": 0.08}, BoxState.MARKED),
        ({"ink": 0.5, "ink_least": 0.4, "ink_most": 0.6}, BoxState.MARKED),
        ({**HEAVY}, BoxState.MARKED),
        ({**HEAVY, "ring_mm2": 0.7}, BoxState.DOUBTFUL),
        ({**HEAVY, "exits": 2}, BoxState.DOUBTFUL),
        ({**HEAVY, "ink": 0.75}, BoxState.DOUBTFUL),
        ({**HEAVY, "ink_most": 0.83}, BoxState.DOUBTFUL),
        ({**PALE}, BoxState.MARKED),
        ({**PALE, "off_line": 0.14}, BoxState.DOUBTFUL),
        ({**PALE, "ink_most": 0.14}, BoxState.DOUBTFUL),
        ({**PALE, "exits": 2}, BoxState.DOUBTFUL),
        ({**PALE, "ring_mm2": 2.6}, BoxState.DOUBTFUL),
        ({**THIN}, BoxState.MARKED),
        ({**THIN, "weight_mm": 0.18}, BoxState.MARKED),
        ({**THIN, "weight_mm": 0.17}, BoxState.DOUBTFUL),
        ({**THIN, "weight_mm": 0.15, "ink": 0.02, "ink_least": 0.012}, BoxState.MARKED),
        ({**THIN, "weight_mm": 0.14, "ink": 0.02, "ink_least": 0.012}, BoxState.DOUBTFUL),
        ({**THIN, "ink": 0.06, "ink_least": 0.04}, BoxState.DOUBTFUL),
        ({**THIN, "off_line": 0.07}, BoxState.DOUBTFUL),
        ({**THIN, "runs": 1.8}, BoxState.DOUBTFUL),
        ({**CROSSED}, BoxState.MARKED),
        ({**CROSSED, "ring_mm2": 9.1}, BoxState.DOUBTFUL),
        ({**CROSSED, "exits": 5}, BoxState.DOUBTFUL),
        ({**CROSSED, "runs": 2.2}, BoxState.DOUBTFUL),
        ({**CROSSED, "runs": 2.2, "exits": 2}, BoxState.DOUBTFUL),
        ({**CROSSED, "ink_most": 0.51}, BoxState.DOUBTFUL),
        ({**CROSSED, "ink_most": 0.51, "off_strokes": 0.03}, BoxState.MARKED),
        ({**CROSSED, "ink_most": 0.51, "off_strokes": 0.04}, BoxState.DOUBTFUL),
        ({**CROSSED, "runs": 2.2, "off_strokes": 0.03}, BoxState.MARKED),
        ({**CROSSED, "exits": 5, "off_strokes": 0.0}, BoxState.DOUBTFUL),
        ({**CROSSED, "ring_loose_mm2": 1.5, "off_strokes": 0.03}, BoxState.MARKED),
        ({**CROSSED, "ring_loose_mm2": 1.6, "off_strokes": 0.03}, BoxState.DOUBTFUL),
        ({**CROSSED, "ring_loose_mm2": 0.6, "off_strokes": 0.04}, BoxState.DOUBTFUL),
        ({**PALE, "exits": 4, "off_line": 0.06, "off_strokes": 0.03}, BoxState.MARKED),
        ({**PALE, "exits": 4, "off_line": 0.06, "off_strokes": 0.04}, BoxState.DOUBTFUL),
        ({**PALE, "exits": 4, "off_line": 0.04, "off_strokes": 0.03}, BoxState.DOUBTFUL),
        ({**PALE, "exits": 2, "off_line": 0.06, "off_strokes": 0.03}, BoxState.DOUBTFUL),
        ({"ink": 0.2, "ink_least": 0.2, "ink_most": 0.2, "ring_loose_mm2": 0.6}, BoxState.DOUBTFUL),
        ({"ink": 0.2, "ink_least": 0.2, "ink_most": 0.2, "ring_fraction": 0.2}, BoxState.DOUBTFUL),
        ({"ink": 0.2, "ink_least": 0.2, "ink_most": 0.2, "border_seen": 0.5}, BoxState.DOUBTFUL),
        ({"ink": 0.2, "ink_least": 0.2, "ink_most": 0.2, "moved_mm": 1.7}, BoxState.DOUBTFUL),
        ({"border_seen": 0.5}, BoxState.DOUBTFUL),
        ({**FULL, "beside_mm2": 0.1}, BoxState.MARKED),
        ({**FULL, "beside_mm2": 0.2}, BoxState.DOUBTFUL),
        ({**FULL, "beside_mm2": 0.0, "ink": 0.84}, BoxState.MARKED),
        ({**FULL, "beside_mm2": 0.0, "ink": 0.85}, BoxState.DOUBTFUL),
        ({**FULL, "beside_mm2": 0.1, "level": 0.35}, BoxState.DOUBTFUL),
        ({**FULL, "beside_mm2": 0.1, "through_mm2": 0.05}, BoxState.DOUBTFUL),
        ({**CROSSED, "ink_most": 0.51, "beside_mm2": 0.1, "off_strokes": 0.1}, BoxState.MARKED),
        ({**CROSSED, "ink_most": 0.51, "beside_mm2": 0.1, "off_strokes": 0.11}, BoxState.DOUBTFUL),
        ({**CROSSED, "beside_mm2": 0.5, "off_strokes": 0.2}, BoxState.MARKED),
        ({**CROSSED, "beside_mm2": 0.5, "off_strokes": 0.21}, BoxState.DOUBTFUL),
        ({**CROSSED, "beside_mm2": 0.5, "off_strokes": 0.06, "exits": 2}, BoxState.DOUBTFUL),
        ({**CROSSED, "beside_mm2": 0.5, "off_strokes": 0.05, "exits": 2}, BoxState.MARKED),
        ({**SCRAWLED_PALELY}, BoxState.DOUBTFUL),
        ({**SCRAWLED_PALELY, "beside_mm2": 0.15}, BoxState.MARKED),
        ({**SCRAWLED_PALELY, "runs": 2.1}, BoxState.MARKED),
        ({**GONE_OVER}, BoxState.MARKED),
        ({**GONE_OVER, "inner_mm": 4.1}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "ring_mm2": 0.78}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "weight_mm": 0.9}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "weight_mm": 3.0, "ring_mm2": 1.6}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "beside_mm2": 0.16}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "through_mm2": 0.04}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "ring_loose_mm2": 0.6}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "exits": 5}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "runs": 1.85, "level": 0.17, "off_strokes": 0.6}, BoxState.MARKED),
        ({**GONE_OVER, "runs": 1.9}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "level": 0.18}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "off_strokes": 0.61}, BoxState.DOUBTFUL),
        ({**GONE_OVER, "ink": 0.91}, BoxState.DOUBTFUL),
    ],
)
def test_a_box_is_marked_empty_or_doubtful(changes: dict[str, float], state: BoxState) -> None:
    assert box_state(mark("ja", **changes)) is state


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rms_mm": 0.51}, Reason.REGISTRATION_FAILED),
        ({"worst_mm": 1.01}, Reason.REGISTRATION_FAILED),
        ({"marks_found": 2}, Reason.REGISTRATION_FAILED),
        ({"cores_found": 4}, Reason.REGISTRATION_FAILED),
        ({"stretch": 1.7}, Reason.REGISTRATION_FAILED),
        ({"print_scale": 0.5}, Reason.REGISTRATION_FAILED),
        ({"print_scale": 1.7}, Reason.REGISTRATION_FAILED),
        ({"dpi": 136.0}, Reason.LOW_RESOLUTION),
        ({"coarse_dpi": 89.0}, Reason.LOW_RESOLUTION),
    ],
)
def test_registration_has_its_gates(changes: dict[str, float], reason: Reason) -> None:
    decided = verdict(form(registration=registration(**changes)))
    assert (decided.outcome, decided.reasons) == (Outcome.REVIEW, (reason,))


@pytest.mark.parametrize(
    ("letters", "confidence", "state"),
    [
        (3, 0.9, SignatureState.HANDWRITTEN),
        (4, 0.69, SignatureState.HANDWRITTEN),
        (4, 0.7, SignatureState.UNCLEAR),
        (5, 0.64, SignatureState.HANDWRITTEN),
        (5, 0.65, SignatureState.UNCLEAR),
    ],
)
def test_the_shorter_a_name_the_surer_must_it_be_read_to_be_print(
    letters: int, confidence: float, state: SignatureState
) -> None:
    readings = (
        PrintReading(letters=0, confidence=0.0),
        PrintReading(letters=letters, confidence=confidence),
    )
    assert verdict(form(signatures=(signature(readings=readings),))).signature is state


@pytest.mark.parametrize(
    ("pieces", "state"), [(5, SignatureState.HANDWRITTEN), (6, SignatureState.UNCLEAR)]
)
def test_what_stands_in_a_row_as_straight_as_print_is_for_a_person(
    pieces: int, state: SignatureState
) -> None:
    assert verdict(form(signatures=(signature(feet_in_line=pieces),))).signature is state


@pytest.mark.parametrize(
    ("stroke_mm", "state"),
    [(460.0, SignatureState.HANDWRITTEN), (461.0, SignatureState.UNCLEAR)],
)
def test_what_is_written_among_much_else_may_be_none(
    stroke_mm: float, state: SignatureState
) -> None:
    grainy = signature(written_mm=60.0, stroke_mm=stroke_mm)
    assert verdict(form(signatures=(grainy,))).signature is state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"written_mm": 140.0, "ends": 28}, SignatureState.HANDWRITTEN),
        ({"written_mm": 140.0, "ends": 29}, SignatureState.UNCLEAR),
        ({"written_mm": 30.0, "ends": 18}, SignatureState.HANDWRITTEN),
        ({"written_mm": 30.0, "ends": 19}, SignatureState.UNCLEAR),
        ({"written_mm": 29.0, "ends": 18}, SignatureState.UNCLEAR),
        ({"written_mm": 30.0, "ends": 18, "widest_mm": 9.0}, SignatureState.UNCLEAR),
        ({"written_mm": 30.0, "ends": 11, "stroke_mm": 99.0}, SignatureState.UNCLEAR),
        ({"written_mm": 140.0, "ends": 28, "feet_in_line": 6}, SignatureState.HANDWRITTEN),
        ({"written_mm": 140.0, "ends": 28, "feet_in_line": 7}, SignatureState.UNCLEAR),
    ],
)
def test_a_pen_that_goes_far_between_its_ends_writes_joined_though_its_words_be_small(
    changes: dict[str, Any], state: SignatureState
) -> None:
    small = {"widest_mm": 12.0, "tallest_mm": 8.0, **changes}
    feet = RowMeasure(ends=small.pop("ends"), in_line=4)
    assert verdict(form(signatures=(signature(feet=feet, **small),))).signature is state


@pytest.mark.parametrize(
    ("parallel_share", "state"),
    [(0.84, SignatureState.HANDWRITTEN), (0.85, SignatureState.UNCLEAR)],
)
def test_ends_on_two_parallel_lines_are_those_of_print(
    parallel_share: float, state: SignatureState
) -> None:
    rows = {"feet": RowMeasure(ends=16, in_line=8), "tops": RowMeasure(ends=14, in_line=7)}
    measured = signature(parallel_share=parallel_share, **rows)
    assert verdict(form(signatures=(measured,))).signature is state


def test_a_fax_is_fine_enough() -> None:
    fax = registration(dpi=198.0, coarse_dpi=95.0)
    assert verdict(form(registration=fax)).outcome is Outcome.AUTO


def test_a_form_that_could_not_be_laid_out_is_for_a_person() -> None:
    decided = verdict(FormMeasured(registration=None))
    assert (decided.outcome, decided.reasons) == (Outcome.REVIEW, (Reason.REGISTRATION_FAILED,))


def test_all_reasons_are_given_not_only_the_first() -> None:
    decided = verdict(
        form(
            registration=registration(rms_mm=0.6, dpi=130.0),
            marks=(marked("ja"), marked("nej")),
            signatures=(signature(ink_mm2=0.0, stroke_mm=0.0, written_mm=0.0),),
            ink=InkMeasure(unexplained_mm2=30.0, longest_mm=12.0, label_struck=False),
        ),
        identity=(Reason.CODE_MISSING_ONE,),
    )
    assert decided.outcome is Outcome.REVIEW
    assert decided.reasons == (
        Reason.CODE_MISSING_ONE,
        Reason.REGISTRATION_FAILED,
        Reason.LOW_RESOLUTION,
        Reason.SEVERAL_MARKED,
        Reason.SIGNATURE_MISSING,
        Reason.UNEXPLAINED_INK,
    )


@pytest.mark.parametrize(
    "reasons",
    [
        (Reason.SIGNATURE_MISSING,),
        (Reason.SEVERAL_MARKED, Reason.SIGNATURE_MISSING),
        (Reason.LOCKED_FILE,),
    ],
)
def test_what_the_sender_can_mend_goes_back(reasons: tuple[Reason, ...]) -> None:
    assert outcome_of(reasons) is Outcome.RETURN


def test_a_doubt_about_whose_form_it_is_keeps_it_here() -> None:
    assert outcome_of((Reason.SIGNATURE_MISSING, Reason.CODE_FORGED)) is Outcome.REVIEW


@pytest.mark.parametrize("reason", Reason)
def test_no_reason_at_all_is_compatible_with_a_record_by_the_machine(reason: Reason) -> None:
    assert outcome_of((reason,)) is not Outcome.AUTO


@pytest.mark.parametrize(
    ("wide_mm", "state"),
    [(16.2, SignatureState.UNCLEAR), (21.0, SignatureState.HANDWRITTEN)],
    ids=["two large initials", "a word"],
)
def test_strokes_joined_again_are_a_signature_if_wider_than_initials(
    wide_mm: float, state: SignatureState
) -> None:
    rows = RowMeasure(ends=5, in_line=3)
    mended = MendedMeasure(
        written_mm=38.0, tallest_mm=11.0, widest_mm=wide_mm, feet=rows, tops=rows
    )
    broken = signature(
        written_mm=26.0, tallest_mm=9.0, widest_mm=9.0, feet=rows, tops=rows, mended=mended
    )
    assert judge_signature(broken, born_digital=False)[0] is state


@pytest.mark.parametrize(
    ("specks", "remark_mm2", "state"),
    [
        (1.2, 8.0, SignatureState.UNCLEAR),
        (0.1, 8.0, SignatureState.HANDWRITTEN),
        (1.2, 0.0, SignatureState.HANDWRITTEN),
    ],
)
def test_specks_beside_a_signature_and_ink_elsewhere_may_be_the_back_of_the_paper(
    specks: float, remark_mm2: float, state: SignatureState
) -> None:
    measured = form(
        signatures=(signature(specks_per_cm2=specks),),
        ink=InkMeasure(unexplained_mm2=remark_mm2, longest_mm=2.8, label_struck=False),
    )
    assert verdict(measured).signature is state


def test_a_signature_in_a_page_that_never_was_paper_is_for_a_person() -> None:
    decided = verdict(form(), born_digital=True)
    assert decided.reasons == (Reason.SIGNATURE_UNCLEAR,)


@pytest.mark.parametrize(
    "measured",
    [
        signature(written_mm=20.0),
        signature(widest_mm=11.0, tallest_mm=14.0),
        signature(ink_fraction=0.4),
        signature(written_mm=0.0),
    ],
)
def test_ink_that_is_not_plainly_writing_is_for_a_person(measured: SignatureMeasure) -> None:
    assert verdict(form(signatures=(measured,))).reasons == (Reason.SIGNATURE_UNCLEAR,)


@pytest.mark.parametrize(
    "values",
    [
        {"answer.ja": "off", "answer.nej": "off"},
        {"answer.ja": "off", "answer.nej": "on"},
        {"answer.ja": "on", "answer.nej": "on"},
    ],
)
def test_fields_that_say_other_than_the_boxes_contradict(values: dict[str, str]) -> None:
    decided = verdict(form(), form_values=values)
    assert decided.reasons == (Reason.FIELDS_CONTRADICT_PIXELS,)


@pytest.mark.parametrize(
    ("value", "shown", "ink_mm2", "contradicts"),
    [
        ("Björn Ålund", "Bjorn Alund", 20.0, False),
        ("Björn Ålund", "Karin Hägg", 20.0, True),
        ("Björn Ålund", "", 0.0, True),
        ("", "Karin Hägg", 20.0, True),
        ("", "", 0.5, False),
    ],
)
def test_a_text_field_must_show_what_it_says(
    value: str, shown: str, ink_mm2: float, contradicts: bool
) -> None:
    field = FieldMeasure(
        name="contact.name", ink_mm2=ink_mm2, text=shown, confidence=0.9, area=AREA
    )
    decided = verdict(form(fields=(field,)), form_values={"contact.name": value})
    assert (Reason.FIELDS_CONTRADICT_PIXELS in decided.reasons) is contradicts


def test_a_value_longer_than_any_field_is_never_shown_and_costs_no_time() -> None:
    field = FieldMeasure(name="contact.name", ink_mm2=20.0, text="a" * 40, area=AREA)
    began_at = time.perf_counter()
    assert not shows(field, "a" * 2_000_000)
    assert not shows(field, "a" * 501)
    assert not shows(field, "a" * 400)
    assert time.perf_counter() - began_at < 0.1
    assert shows(field, "a" * 45)


def test_texts_without_bound_are_no_measures() -> None:
    with pytest.raises(ValidationError):
        FieldMeasure(name="contact.name", ink_mm2=20.0, text="a" * 501, area=AREA)
    with pytest.raises(ValidationError):
        PageMeasured(
            number=1, image=b"", width_px=1, height_px=1, born_digital=True, blank=False,
            form_values={"contact.name": "a" * 502},
        )  # fmt: skip
