"""What the measures of a page mean. Pure: numbers in, a verdict with all its reasons out.

The thresholds stand here, those of the boxes in `answer`, and nowhere else. Between "surely" and
"surely not" lies a wide stretch where a person looks: a wrong automatic record is far worse than a
look too many.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from services.intake.reading.answer import BoxState, box_state, judge_marks
from services.intake.reading.electronic import judge_electronic
from services.intake.reading.measured import (
    FormMeasured,
    InkMeasure,
    Peculiarity,
    PrintReading,
    Registration,
    SignatureMeasure,
)
from services.intake.reading.proof import is_proof_stamp
from services.intake.reading.remarks import is_remark
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

# The signature.
MOST_NO_INK_MM2 = 2.0
MOST_NO_STROKE_MM = 6.0
LEAST_WRITTEN_MM = 25.0
LEAST_SIGNATURE_WIDE_MM, LEAST_SIGNATURE_TALL_MM = 14.0, 15.0
"""One of the two, of what hangs together. Initials, and large letters of print, are smaller."""
LEAST_FLOWING_MM, MOST_ENDS_PER_MM = 100.0, 0.2
"""So much pen's way with so few ends is joined writing, though its parts be small or in a row:
print and script typefaces have an end every four millimetres or less."""
LEAST_IN_ONE_MM, MOST_ENDS_OF_ALL_PER_MM, LEAST_WORD_MM = 30.0, 0.12, 10.0
"""So too if it is all strokes together that are so long, one of them is a word, and fewer end."""
LEAST_MENDED_WIDE_MM = 16.5
MOST_MENDED_IN_LINE, MOST_MENDED_STRAIGHT = 8, 0.6
"""Of strokes that a scan broke, or the box's frame, their gaps closed: more than initials, and
uneven. Letters of print that came too close, or of a hand that does not join them, end in line."""
MOST_LOOSE_STROKE_MM = 400.0
"""Beside what looks written. Paper that came out as grain has more, and breaks up a stamp."""
MOST_SPECKS_PER_CM2 = 6.0
"""A fax has four. Where the paper's other side shines through in two levels there are many more,
and what is largest of it looks like a signature; so may anything on a page made of dots."""
MOST_SPECKS_BESIDE_INK_PER_CM2 = 0.3
"""Where there is ink that nobody explains, too. Of what shines through, a scan in two levels makes
the darkest as black as what is in front, and specks of the rest. Most faxes have as many: theirs
with a remark are taken for such, too, and a person looks at those anyway."""
LEAST_PRINT_LETTERS, LEAST_PRINT_SURE = 5, 0.65
LEAST_SURE_PRINT_LETTERS, LEAST_SURE_PRINT = 4, 0.7
MOST_FEET_IN_LINE = 5
LEAST_STRAIGHT_FEET, LEAST_STRAIGHT, LEAST_STRAIGHT_ENDS = 8, 0.85, 26
"""Feet on one line; shares of all feet and all tops that are on two parallel lines, together; feet
and tops on two lines.
Of a typed name with a line drawn through it as many are as of one without; next to no hand is as
straight."""
MOST_UNEVEN, MOST_SURE_OF_HAND = 0.75, 0.85
LEAST_ENDS_A_LETTER, MOST_ENDS_A_LETTER, MOST_ENDS = 1.4, 2.6, 40
"""Legible letters that stand less straight were joined by a hand, unless they are read as surely as
print only, or a line covers their feet, or there is more than letters."""
MOST_SIGNATURE_INK = 0.35

# Elsewhere.
MOST_PRINT_BESIDE_CM2 = 25.0
"""Another sheet has hundreds; one corner of it may show."""
LEAST_SURE_REMARK = 0.4
MOST_UNEXPLAINED_MM2 = 2.0
MOST_UNEXPLAINED_LONG_MM = 5.0
MOST_BESIDE_BOXES_MM2 = 0.6
"""A tick of a fine pen that missed its box has little more."""
MOST_SCATTERED_MM2 = 400.0
"""The paper's other side shining through has thousands, a long remark by hand less than this."""

ANSWER_FIELD = "answer."


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
        signatures = tuple(
            _unclear_at_most(each) if _may_shine_through(measured, form.ink) else each
            for each, measured in zip(signatures, form.signatures, strict=True)
        )
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
    if _says_more(form, form_values):
        reasons.append(Reason.FIELD_SAYS_MORE)
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


_SIGNATURE_REASONS: Mapping[SignatureState, list[Reason]] = {
    SignatureState.HANDWRITTEN: [],
    SignatureState.ELECTRONIC: [],
    SignatureState.MISSING: [Reason.SIGNATURE_MISSING],
    SignatureState.UNCLEAR: [Reason.SIGNATURE_UNCLEAR],
}


def _looks_printed(signature: SignatureMeasure) -> bool:
    most = MOST_FEET_IN_LINE + (1 if _flows(signature) else 0)
    if signature.feet_in_line > most or _is_straight(signature):
        return True
    return any(
        _reads_as_print(reading) and not _by_hand(signature, reading)
        for reading in signature.readings
    )


def _is_straight(signature: SignatureMeasure) -> bool:
    """Whether strokes end in line as those of print do, though something joins the letters."""
    feet, tops = signature.feet, signature.tops
    return feet.in_line + tops.in_line >= LEAST_STRAIGHT_ENDS or (
        feet.in_line >= LEAST_STRAIGHT_FEET and signature.parallel_share >= LEAST_STRAIGHT
    )


def _by_hand(signature: SignatureMeasure, reading: PrintReading) -> bool:
    """Whether it was read because a hand wrote legibly: its letters end where a hand's do."""
    least, most = (each * reading.letters for each in (LEAST_ENDS_A_LETTER, MOST_ENDS_A_LETTER))
    return (
        reading.confidence <= MOST_SURE_OF_HAND
        and least <= signature.feet.ends <= min(most, MOST_ENDS)
        and signature.feet.share + signature.tops.share <= MOST_UNEVEN
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

    Ink in a page that never was paper is a pasted picture: that is for a person. So is what is
    left where a black line was taken out: a flat signature may have gone with it, and with lines
    that are not one fold a signature may have been struck out.
    """
    if signature.ink_mm2 <= MOST_NO_INK_MM2 and signature.stroke_mm <= MOST_NO_STROKE_MM:
        if signature.black_line_out:
            return SignatureState.UNCLEAR, 0.5
        return SignatureState.MISSING, 0.99
    written = (
        (
            (signature.written_mm >= LEAST_WRITTEN_MM and _large_enough(signature))
            or _broken(signature)
        )
        and signature.stroke_mm - signature.written_mm <= MOST_LOOSE_STROKE_MM
        and signature.ink_fraction <= MOST_SIGNATURE_INK
        and signature.specks_per_cm2 <= MOST_SPECKS_PER_CM2
    )
    if not written or born_digital or signature.struck_through or _looks_printed(signature):
        return SignatureState.UNCLEAR, 0.5
    return SignatureState.HANDWRITTEN, 0.97


def _large_enough(signature: SignatureMeasure) -> bool:
    return (
        signature.widest_mm >= LEAST_SIGNATURE_WIDE_MM
        or signature.tallest_mm >= LEAST_SIGNATURE_TALL_MM
        or _flows(signature)
    )


def _flows(signature: SignatureMeasure) -> bool:
    """Whether a pen wrote far for every end that it left, and unevenly."""
    in_one = (
        signature.written_mm >= LEAST_FLOWING_MM
        and signature.feet.ends <= MOST_ENDS_PER_MM * signature.written_mm
    )
    in_words = (
        signature.stroke_mm >= LEAST_FLOWING_MM
        and signature.written_mm >= LEAST_IN_ONE_MM
        and max(signature.widest_mm, signature.tallest_mm) >= LEAST_WORD_MM
        and signature.feet.ends <= MOST_ENDS_OF_ALL_PER_MM * signature.stroke_mm
    )
    return (
        (in_one or in_words)
        and signature.feet.in_line <= MOST_MENDED_IN_LINE
        and signature.feet.share + signature.tops.share <= MOST_UNEVEN
    )


def _broken(signature: SignatureMeasure) -> bool:
    """Whether it is a signature whose strokes a scan broke, or the box's frame."""
    mended = signature.mended
    return (
        mended is not None
        and mended.written_mm >= LEAST_WRITTEN_MM
        and mended.widest_mm >= LEAST_MENDED_WIDE_MM
        and mended.feet.in_line + mended.tops.in_line <= MOST_MENDED_IN_LINE
        and (
            signature.feet.in_line + signature.tops.in_line <= MOST_MENDED_IN_LINE
            or signature.feet.share + signature.tops.share <= MOST_MENDED_STRAIGHT
        )
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


def _may_shine_through(signature: SignatureMeasure, ink: InkMeasure | None) -> bool:
    """Whether what stands in the box may stand on the paper's other side: bits lie around it."""
    return (
        ink is not None
        and bool(ink_reasons(ink))
        and signature.specks_per_cm2 > MOST_SPECKS_BESIDE_INK_PER_CM2
    )


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


def _says_more(form: FormMeasured, form_values: Mapping[str, str]) -> bool:
    """Whether what is typed in a field, or printed in the room for a stamp, may change the answer.

    What a hand wrote there is not read for certain, and says nothing.
    """
    read = [field.text for field in form.fields if field.confidence >= LEAST_SURE_REMARK]
    boxes = {ANSWER_FIELD + mark.option for mark in form.marks}
    typed = [text for name, text in form_values.items() if name not in boxes]
    return any(is_remark(text) for text in (*read, *typed, form.stamp_print))


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
