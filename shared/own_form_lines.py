"""Where each line of print stands on version 2 of our own form.

The reader takes all ink outside these lines, and outside what is to be filled in, for written by
somebody. Each line is therefore as long as its words are; one whose words vary ends with a bar.
"""

from collections.abc import Sequence

from shared.forms import Rect

LEFT_MM = 22.0
RIGHT_MM = 188.0
COLUMN_MM = 121.0
"""Where the right column begins: what each signatory adds, and the stamp."""

HINT_LEFT_MM = 78.0
"""Where the words beside a section's heading begin."""

CODE_LEFT_MM = 112.0
DAY_LEFT_MM = 140.0
RULES_AT_MM = (47.6, 62.0)
CAPTION_BASELINE_MM = 51.9
CODE_BASELINE_MM = 58.8
INSTRUCTION_BASELINES_MM = (67.6, 72.2)
ANSWER_BASELINE_MM = 80.0
STRIP_LEFT_MM = 60.0
STEPS_BASELINE_MM = 257.0
STEP_BASELINES_MM = (261.6, 265.6, 269.6, 279.6)
"""The address to send to stands between the last two."""
STAMP_BASELINE_MM = 252.6

BAR_INSET_MM = 1.0
"""How far into its strip a line that ends with a bar begins."""

KICKER = Rect.spanning(LEFT_MM - BAR_INSET_MM, 12.9, 150, 18.1)
NAME = tuple(
    Rect.spanning(LEFT_MM - BAR_INSET_MM, top, 150, top + 6.0) for top in (30.5, 37.5)
)  # fmt: skip
MUNICIPALITY = Rect.spanning(LEFT_MM - BAR_INSET_MM, 54.6, 109, 60.0)
DAY = Rect.spanning(DAY_LEFT_MM - BAR_INSET_MM, 54.6, RIGHT_MM + 1, 60.0)
ADDRESS = Rect.spanning(STRIP_LEFT_MM - BAR_INSET_MM, 271.8, 118.5, 276.8)
IDENTITY = Rect.spanning(STRIP_LEFT_MM - BAR_INSET_MM, 281.8, 118.5, 286.8)

BARRED_LINES = (KICKER, *NAME, MUNICIPALITY, DAY, ADDRESS, IDENTITY)
"""Lines whose words vary, from where they begin to as far as they may reach."""

_AROUND_MM = 0.9
"""How far print may lie from where it should, on paper that is not quite flat."""

_ASCENT_MM = 0.27
_DESCENT_MM = 0.085
"""Above and below the baseline, for each point of a letter's size."""

_OF_THE_PAGE = (
    # left, baseline and length in millimetres; size in points
    (LEFT_MM, 26.0, 59.4, 21),
    (LEFT_MM, CAPTION_BASELINE_MM, 12.7, 8),
    (CODE_LEFT_MM, CAPTION_BASELINE_MM, 17.8, 8),
    (DAY_LEFT_MM, CAPTION_BASELINE_MM, 20.6, 8),
    (CODE_LEFT_MM, CODE_BASELINE_MM, 11.8, 12),
    (LEFT_MM, INSTRUCTION_BASELINES_MM[0], 161.7, 9),
    (LEFT_MM, INSTRUCTION_BASELINES_MM[1], 115.2, 9),
    (LEFT_MM, ANSWER_BASELINE_MM, 51.1, 13),
    (STRIP_LEFT_MM, STEPS_BASELINE_MM, 40.4, 11),
    (STRIP_LEFT_MM, STEP_BASELINES_MM[0], 34.5, 8),
    (STRIP_LEFT_MM, STEP_BASELINES_MM[1], 46.4, 8),
    (STRIP_LEFT_MM, STEP_BASELINES_MM[2], 51.1, 8),
    (STRIP_LEFT_MM, STEP_BASELINES_MM[3], 46.7, 8),
    (COLUMN_MM, STAMP_BASELINE_MM, 42.2, 8),
)
_CONTACT_HEADING_MM, _CONTACT_HINT_MM = 44.8, 64.7
_SIGNING_HEADING_MM = {1: 36.0, 2: 41.3}
_SIGNING_HINT_MM = {1: 99.4, 2: 99.3}
_ANSWER_HINT_MM = {True: 96.1, False: 109.2}
"""Of one option, and of several."""


def signing_baseline(signature_top_mm: float) -> float:
    """Return the baseline of the heading above the signature boxes."""
    return signature_top_mm - 2.8


def contact_baseline(contact_top_mm: float) -> float:
    """Return the baseline of the heading above the contact person's fields."""
    return contact_top_mm - 3.5


def printed_lines(
    options: int, signatories: int, signature_top_mm: float, contact_top_mm: float
) -> Sequence[Rect]:
    """Return a rectangle around each line of print whose words are the same on every form."""
    signing, contact = signing_baseline(signature_top_mm), contact_baseline(contact_top_mm)
    lines = (
        *_OF_THE_PAGE,
        (HINT_LEFT_MM, ANSWER_BASELINE_MM, _ANSWER_HINT_MM[options == 1], 9),
        (LEFT_MM, signing, _SIGNING_HEADING_MM[signatories], 13),
        (HINT_LEFT_MM, signing, _SIGNING_HINT_MM[signatories], 9),
        (LEFT_MM, contact, _CONTACT_HEADING_MM, 13),
        (HINT_LEFT_MM, contact, _CONTACT_HINT_MM, 9),
    )
    rules = (Rect.spanning(LEFT_MM, y - 0.2, RIGHT_MM, y + 0.2) for y in RULES_AT_MM)
    words = (
        Rect.spanning(
            left, baseline - _ASCENT_MM * points, left + length, baseline + _DESCENT_MM * points
        )
        for left, baseline, length, points in lines
    )
    return [rect.grown(_AROUND_MM) for rect in (*rules, *words)]
