"""What the measures of a page mean. Pure: numbers in, a verdict with all its reasons out.

The thresholds stand here and nowhere else. Between "surely marked" and "surely empty" lies a wide
stretch where a person looks: a wrong automatic record is far worse than a look too many.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.intake.reading.electronic import judge_electronic
from services.intake.reading.measured import (
    FormMeasured,
    InkMeasure,
    MarkMeasure,
    Peculiarity,
    PrintReading,
    Registration,
    SignatureMeasure,
)
from services.intake.reading.proof import is_proof_stamp
from services.intake.reading.typed import shows
from shared.events import (
    MENDABLE,
    MENDABLE_FILES,
    ElectronicSignature,
    Outcome,
    Reason,
    SignatureState,
)
from shared.identifiers import OptionKey

# Registration. Millimetres on the form; a box is 6 mm and its ring 3 mm.
MOST_RMS_MM = 0.5
MOST_WORST_MM = 1.0
LEAST_CORNER_MARKS = 3
LEAST_FINDER_CORES = 5
LEAST_ANCHORS = 15
LEAST_ANCHORS_SEEN = 0.75
LEAST_SPREAD = 0.85
"""Of a learned form: printed words, and the parts of the page that have any."""
LEAST_DPI = 137.0
"""A scan of 150 dpi, of a form that was printed at 92 % and lies askew."""
LEAST_COARSE_DPI = 90.0
PLAUSIBLE_PRINT_SCALE = (0.6, 1.6)
"""Print, copy and scan together; beyond, the file's own resolution or our fit is wrong."""
MOST_STRETCH = 1.6
"""Largest over smallest scale on the page; a photo taken from beside reaches 1.5."""

# Boxes. Shares of the inner area.
LEAST_MARK = 0.05
MOST_MARK = 0.55
MOST_MARK_ANY_WAY = 0.68
MOST_HEAVY, MOST_HEAVY_ANY_WAY = 0.74, 0.82
MOST_HEAVY_RING_MM2, MOST_HEAVY_EXITS = 0.6, 1
"""A felt pen's cross, or one gone over twice, stays inside its box and leaves paper at its sides.
What takes a mark back runs out of the box in many places, or leaves next to no paper."""
LEAST_PALE = 0.15
MOST_PALE_RING_MM2 = 2.5
"""A pencil covers as much of a box as a pen, and is paler; a trace of what was rubbed out is not
dark enough to cover a third of this. In a smaller box the same stroke is a larger share."""
FULL_SIZE_MM = 4.2
MORE_MARK_PER_MM = 0.25
MOST_MARK_SMALL = 0.92
MOST_SMALL_ANY_WAY = 0.98
"""A pen covers more of a box that is smaller inside than ours."""
MOST_EMPTY = 0.012
MOST_FAINT = 0.01
MOST_TRACE = 0.03
MOST_RING_EMPTY_MM2 = 0.5
MOST_RING_LOOSE_MM2 = 0.5
MOST_RING_MARKED = 0.18
MOST_RING_MARKED_MM2 = 9.0
"""The arms of a large cross; the rim of a cup leaves more."""
MOST_EXITS = 4
"""The arms of a cross. Lines drawn over a mark to take it back leave the box at more places."""
LEAST_EXITS_RUN = 2
MOST_RUNS_CROSSED = 2.1
LEAST_EXITS_CROSSED = 3
MOST_CROSSED_ANY_WAY = 0.5
"""Two strokes that leave the box on both sides cover less, by any pen but a felt one."""
LEAST_EXITS_TOLD = 2
MOST_OFF_STROKES = 0.03
"""A cross or a long tick that leaves the box. Of a mark taken back two straight strokes cover less;
in a box smaller than ours they alone can tell."""
MOST_OFF_STROKES_LEAVING = 0.2
"""What leaves a box of our size, and lies along no two strokes, is several lines over a mark."""
LEAST_BORDER = 0.6
MOST_MOVED_MM = 1.6

# The signature.
MOST_NO_INK_MM2 = 2.0
MOST_NO_STROKE_MM = 6.0
LEAST_WRITTEN_MM = 25.0
LEAST_SIGNATURE_WIDE_MM, LEAST_SIGNATURE_TALL_MM = 12.0, 15.0
"""One of the two, of what hangs together. Initials, and large letters of print, are smaller."""
MOST_LOOSE_STROKE_MM = 400.0
"""Beside what looks written. Paper that came out as grain has more, and breaks up a stamp."""
LEAST_PRINT_LETTERS, LEAST_PRINT_SURE = 5, 0.65
LEAST_SURE_PRINT_LETTERS, LEAST_SURE_PRINT = 4, 0.7
MOST_FEET_IN_LINE = 5
MOST_SIGNATURE_INK = 0.35

# Elsewhere.
MOST_PRINT_BESIDE_CM2 = 25.0
"""Another sheet has hundreds; one corner of it may show."""
MOST_UNEXPLAINED_MM2 = 2.0
MOST_UNEXPLAINED_LONG_MM = 5.0
MOST_BESIDE_BOXES_MM2 = 0.6
"""A tick of a fine pen that missed its box has little more."""
MOST_SCATTERED_MM2 = 400.0
"""The paper's other side shining through has thousands, a long remark by hand less than this."""

ANSWER_FIELD = "answer."


class BoxState(StrEnum):
    EMPTY = "empty"
    MARKED = "marked"
    DOUBTFUL = "doubtful"


class Verdict(BaseModel):
    """What a form says and whether the machine may act on it. Confidences are 0 to 1."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    reasons: tuple[Reason, ...]
    answer: OptionKey | None = None
    answer_confidence: float = 0.0
    signature: SignatureState | None = None
    signature_confidence: float = 0.0
    signatures: tuple[tuple[SignatureState, float], ...] = ()
    """State and confidence of each box; `signature` is what they amount to together."""


def judge(
    form: FormMeasured,
    *,
    identity_reasons: Sequence[Reason],
    form_values: Mapping[str, str],
    born_digital: bool,
    electronic: Sequence[ElectronicSignature] = (),
    peculiarities: Sequence[Peculiarity] = (),
) -> Verdict:
    """Return the verdict on one page. `identity_reasons` are the doubts about whose form it is.

    `born_digital` says that the page never was paper: a form filled in on the screen and sent.
    `electronic` are the file's electronic signatures: where there is any, they decide.
    """
    reasons = list(identity_reasons)
    reasons += registration_reasons(form.registration)
    answer, answer_confidence = None, 0.0
    if electronic:
        signatures, signature_reasons = judge_electronic(electronic, len(form.signatures))
    else:
        signatures = tuple(
            judge_signature(each, born_digital=born_digital) for each in form.signatures
        )
        if form.signatures_joined or _written_all_over(form.ink):
            signatures = tuple(_unclear_at_most(each) for each in signatures)
        signature_reasons = [
            reason for state, _ in signatures for reason in _SIGNATURE_REASONS[state]
        ]
        if any(is_proof_stamp(text) for text in form.signature_prints):
            # Its letters may be drawn like handwriting.
            signatures = ((SignatureState.UNCLEAR, 0.5),) * len(form.signatures)
            signature_reasons = [Reason.E_SIGNATURE_ON_PAPER]
    signature, signature_confidence = together(signatures)
    if form.marks:
        mark_reasons, answer, answer_confidence = judge_marks(form.marks)
        reasons += mark_reasons
    reasons += signature_reasons
    if form.ink is not None:
        reasons += ink_reasons(form.ink)
    if form.print_beside_cm2 > MOST_PRINT_BESIDE_CM2:
        reasons.append(Reason.EXTRA_PAGE)
    reasons += contradictions(form, form_values)
    if peculiarities:
        reasons.append(Reason.LOOK_CAN_CHANGE)
    reasons = list(dict.fromkeys(reasons))
    return Verdict(
        outcome=outcome_of(reasons),
        reasons=tuple(reasons),
        answer=answer,
        answer_confidence=answer_confidence,
        signature=signature,
        signature_confidence=signature_confidence,
        signatures=signatures,
    )


def outcome_of(reasons: Sequence[Reason]) -> Outcome:
    """Return what reasons amount to together: one that a person must weigh outweighs all."""
    if not reasons:
        return Outcome.AUTO
    if MENDABLE.issuperset(reasons) or MENDABLE_FILES.issuperset(reasons):
        return Outcome.RETURN
    return Outcome.REVIEW


def registration_reasons(registration: Registration | None) -> list[Reason]:
    """Return why the form's geometry may not be trusted on this page."""
    if registration is None:
        return [Reason.REGISTRATION_FAILED]
    r = registration
    least, most = PLAUSIBLE_PRINT_SCALE
    rests_on_enough = (
        r.anchors_found >= LEAST_ANCHORS
        and r.anchors_found >= LEAST_ANCHORS_SEEN * r.anchors_sought
        and r.anchors_spread >= LEAST_SPREAD
        if r.anchors_sought
        else r.marks_found >= LEAST_CORNER_MARKS and r.cores_found >= LEAST_FINDER_CORES
    )
    fits = (
        r.rms_mm <= MOST_RMS_MM
        and r.worst_mm <= MOST_WORST_MM
        and rests_on_enough
        and r.stretch <= MOST_STRETCH
        and (r.print_scale is None or least <= r.print_scale <= most)
    )
    reasons = [] if fits else [Reason.REGISTRATION_FAILED]
    if r.dpi < LEAST_DPI or r.coarse_dpi < LEAST_COARSE_DPI:
        reasons.append(Reason.LOW_RESOLUTION)
    return reasons


def box_state(mark: MarkMeasure) -> BoxState:
    """Return whether one box is surely marked, surely empty, or for a person to say."""
    found = mark.border_seen >= LEAST_BORDER and mark.moved_mm <= MOST_MOVED_MM
    if not found:
        return BoxState.DOUBTFUL
    empty = (
        mark.ink_most <= MOST_EMPTY
        and mark.faint <= MOST_FAINT
        and mark.trace <= MOST_TRACE
        and mark.ring_mm2 <= MOST_RING_EMPTY_MM2
    )
    if empty:
        return BoxState.EMPTY
    marked = (
        (_dark_enough(mark) or _pale(mark))
        and (not is_heavy(mark) or _stays_inside(mark) or _is_two_strokes(mark))
        and mark.ring_loose_mm2 <= MOST_RING_LOOSE_MM2
        and mark.ring_fraction <= MOST_RING_MARKED
        and (mark.ring_mm2 <= MOST_RING_MARKED_MM2 or _is_two_strokes(mark))
        and not _struck_out(mark)
    )
    return BoxState.MARKED if marked else BoxState.DOUBTFUL


def _dark_enough(mark: MarkMeasure) -> bool:
    return min(mark.ink_least, mark.off_line) >= LEAST_MARK


def _pale(mark: MarkMeasure) -> bool:
    """Whether a pencil, or a fine pen on a coarse scan, marked the box without running far out."""
    least = LEAST_PALE * max(FULL_SIZE_MM / max(mark.inner_mm, 0.1), 1.0)
    if mark.exits >= LEAST_EXITS_CROSSED and _is_two_strokes(mark):
        return mark.ink_most >= least and mark.off_line >= LEAST_MARK
    return (
        min(mark.ink_most, mark.off_line) >= least
        and mark.exits <= MOST_HEAVY_EXITS
        and mark.ring_mm2 <= MOST_PALE_RING_MM2
    )


def is_heavy(mark: MarkMeasure) -> bool:
    """Whether more of a box is covered than most pens' marks do: it may be one taken back."""
    more = MORE_MARK_PER_MM * max(FULL_SIZE_MM - mark.inner_mm, 0.0)
    return mark.ink > min(MOST_MARK + more, MOST_MARK_SMALL) or mark.ink_most > min(
        MOST_MARK_ANY_WAY + more, MOST_SMALL_ANY_WAY
    )


def _stays_inside(mark: MarkMeasure) -> bool:
    return (
        mark.ink <= MOST_HEAVY
        and mark.ink_most <= MOST_HEAVY_ANY_WAY
        and mark.ring_mm2 <= MOST_HEAVY_RING_MM2
        and mark.exits <= MOST_HEAVY_EXITS
    )


def _struck_out(mark: MarkMeasure) -> bool:
    """Whether more strokes leave the box than a cross has, or more cross it: a mark regretted."""
    if _is_two_strokes(mark):
        return False
    if mark.off_strokes is not None and mark.inner_mm < FULL_SIZE_MM:
        return mark.exits >= LEAST_EXITS_TOLD
    return (
        mark.exits > MOST_EXITS
        or (mark.exits >= LEAST_EXITS_RUN and mark.runs > MOST_RUNS_CROSSED)
        or (mark.exits >= LEAST_EXITS_CROSSED and mark.ink_most > MOST_CROSSED_ANY_WAY)
        or (
            mark.off_strokes is not None
            and mark.exits >= LEAST_EXITS_TOLD
            and mark.off_strokes > MOST_OFF_STROKES_LEAVING
        )
    )


def _is_two_strokes(mark: MarkMeasure) -> bool:
    """Whether what leaves the box is a cross or a long tick, and nothing else."""
    return (
        mark.off_strokes is not None
        and LEAST_EXITS_TOLD <= mark.exits <= MOST_EXITS
        and mark.off_strokes <= MOST_OFF_STROKES
    )


def judge_marks(
    marks: Sequence[MarkMeasure],
) -> tuple[list[Reason], OptionKey | None, float]:
    """Return reasons, the answer if exactly one box is marked beyond doubt, its confidence."""
    states = {mark.option: box_state(mark) for mark in marks}
    marked = [option for option, state in states.items() if state is BoxState.MARKED]
    doubtful = [option for option, state in states.items() if state is BoxState.DOUBTFUL]
    # Of two marks, one that nearly fills its box may be the one taken back.
    if len(marked) > 1 and any(is_heavy(mark) for mark in marks):
        doubtful, marked = marked, []
    reasons = []
    if doubtful:
        reasons.append(Reason.MARK_DOUBTFUL)
    if len(marked) > 1:
        reasons.append(Reason.SEVERAL_MARKED)
    if not marked and not doubtful:
        reasons.append(Reason.NONE_MARKED)
    if reasons:
        return reasons, None, 0.0
    [chosen] = [mark for mark in marks if mark.option == marked[0]]
    clear = min(1.0, chosen.ink_least / (2 * LEAST_MARK))
    return [], chosen.option, round(0.9 + 0.1 * clear, 3)


_SIGNATURE_REASONS: Mapping[SignatureState, list[Reason]] = {
    SignatureState.HANDWRITTEN: [],
    SignatureState.ELECTRONIC: [],
    SignatureState.MISSING: [Reason.SIGNATURE_MISSING],
    SignatureState.UNCLEAR: [Reason.SIGNATURE_UNCLEAR],
}


def _looks_printed(signature: SignatureMeasure) -> bool:
    return signature.feet_in_line > MOST_FEET_IN_LINE or any(
        _reads_as_print(reading) for reading in signature.readings
    )


def _reads_as_print(reading: PrintReading) -> bool:
    """Whether it is a typed name: the shorter it is, the surer must it be read."""
    letters, sure = reading.letters, reading.confidence
    return (letters >= LEAST_PRINT_LETTERS and sure >= LEAST_PRINT_SURE) or (
        letters >= LEAST_SURE_PRINT_LETTERS and sure >= LEAST_SURE_PRINT
    )


def judge_signature(
    signature: SignatureMeasure, *, born_digital: bool
) -> tuple[SignatureState, float]:
    """Return whether the form is signed by hand, and how sure that is.

    Ink in a page that never was paper is a pasted picture: that is for a person.
    """
    if signature.ink_mm2 <= MOST_NO_INK_MM2 and signature.stroke_mm <= MOST_NO_STROKE_MM:
        return SignatureState.MISSING, 0.99
    written = (
        signature.written_mm >= LEAST_WRITTEN_MM
        and _large_enough(signature)
        and signature.stroke_mm - signature.written_mm <= MOST_LOOSE_STROKE_MM
        and signature.ink_fraction <= MOST_SIGNATURE_INK
    )
    if not written or born_digital or _looks_printed(signature):
        return SignatureState.UNCLEAR, 0.5
    return SignatureState.HANDWRITTEN, 0.97


def _large_enough(signature: SignatureMeasure) -> bool:
    return (
        signature.widest_mm >= LEAST_SIGNATURE_WIDE_MM
        or signature.tallest_mm >= LEAST_SIGNATURE_TALL_MM
    )


def together(
    signatures: Sequence[tuple[SignatureState, float]],
) -> tuple[SignatureState | None, float]:
    """Return what the signatures amount to: one that is missing, or else unclear, decides."""
    for state in _WORST_FIRST:
        confidences = [confidence for found, confidence in signatures if found is state]
        if confidences:
            return state, min(confidences)
    return None, 0.0


def _written_all_over(ink: InkMeasure | None) -> bool:
    """Whether what stands in the signature box may be part of what stands all over the page."""
    return ink is not None and ink.unexplained_mm2 > MOST_SCATTERED_MM2


def _unclear_at_most(signature: tuple[SignatureState, float]) -> tuple[SignatureState, float]:
    """A signature that runs on into another's box, or may be none, counts for neither."""
    return (
        (SignatureState.UNCLEAR, 0.5) if signature[0] is SignatureState.HANDWRITTEN else signature
    )


_WORST_FIRST = (
    SignatureState.MISSING,
    SignatureState.UNCLEAR,
    SignatureState.HANDWRITTEN,
    SignatureState.ELECTRONIC,
)


def ink_reasons(ink: InkMeasure) -> list[Reason]:
    """Return whether somebody wrote where the form is blank."""
    quiet = (
        ink.unexplained_mm2 <= MOST_UNEXPLAINED_MM2
        and ink.longest_mm <= MOST_UNEXPLAINED_LONG_MM
        and ink.beside_boxes_mm2 <= MOST_BESIDE_BOXES_MM2
        and not ink.label_struck
    )
    return [] if quiet else [Reason.UNEXPLAINED_INK]


def contradictions(form: FormMeasured, form_values: Mapping[str, str]) -> list[Reason]:
    """Return whether the file's form fields say anything else than the page shows."""
    if not form_values or form.registration is None:
        return []
    for mark in form.marks:
        value = form_values.get(ANSWER_FIELD + mark.option)
        shown = {"on": BoxState.MARKED, "off": BoxState.EMPTY}.get(value or "")
        if value is not None and box_state(mark) is not shown:
            return [Reason.FIELDS_CONTRADICT_PIXELS]
    for field in form.fields:
        if field.name in form_values and not shows(field, form_values[field.name]):
            return [Reason.FIELDS_CONTRADICT_PIXELS]
    return []
