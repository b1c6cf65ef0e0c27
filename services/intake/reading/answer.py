"""What the measures of the boxes mean: which answer, if any, is marked beyond doubt. Pure.

Between "surely marked" and "surely empty" lies a wide stretch where a person looks.
"""

from collections.abc import Sequence
from enum import StrEnum

from services.intake.reading.measured import MarkMeasure
from shared.events import Reason
from shared.identifiers import OptionKey

# Shares of the inner area.
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
LEAST_THIN = 0.08
LEAST_WEIGHT_MM, LEAST_WEIGHT_DARK_MM = 0.18, 0.15
LEAST_DARK = 0.012
MOST_DARK_OF_PALE, MOST_RUNS_THIN = 0.5, 1.7
"""A thin pen on a coarse scan or a photo covers little, and palely; but its line is heavier than
any trace, more so if dark nowhere. Where a scan knows black and white alone, and what is dark is as
wide as what is less dark, or all is dots, that cannot be told."""
FULL_SIZE_MM = 4.2
MORE_MARK_PER_MM = 0.25
MOST_MARK_SMALL = 0.92
MOST_SMALL_ANY_WAY = 0.98
"""A pen covers more of a box that is smaller inside than ours."""
MOST_EMPTY = 0.012
MOST_FAINT = 0.01
MOST_TRACE = 0.03
MOST_RING_EMPTY_MM2 = 0.5
MOST_RING_LOOSE_MM2, MOST_RING_LOOSE_OF_STROKES_MM2 = 0.5, 1.5
"""More only if it lies along the two strokes that leave the box: a pencil's arm is broken."""
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
MOST_THROUGH_MM2 = 0.03
"""On two opposite sides of a box, beside their middle: a line through it. Crosses and ticks leave
it at its corners."""
MOST_LEVEL, MORE_LEVEL_PER_MM = 0.3, 0.04
"""Of the edges in a box. Marks are struck out with level lines; a tick or a cross slopes. In a
smaller box the same strokes come out flatter."""
LEAST_LEAVING_MM2 = 0.6
MOST_OFF_STROKES_TWO_ENDS, MOST_OFF_STROKES_CROSS = 0.05, 0.2
"""Of what leaves a box of our size at two places or three, and of what leaves it at four, which
may be a large cross, bent by hand. One line drawn right through a mark leaves more."""
MOST_BESIDE_MM2 = 0.15
MOST_COVERED, MOST_COVERED_SMALL = 0.84, 0.97
"""What does not leave its box, or at the corners only, is a mark however heavy, as long as there
is paper in the box: one blackened all over may be one taken back. A felt pen's zigzag may cover
more, and so do upright lines drawn with one over a cross: that is for a person."""
MOST_EXITS_SMALL = 2
MOST_OFF_STROKES_INSIDE, MOST_OFF_STROKES_LARGE = 0.2, 0.1
MOST_TIP, WIDEST_PEN_MM = 0.35, 1.5
MOST_RUNS_TIPS, MOST_LEVEL_TIPS, MOST_OFF_STROKES_TIPS = 1.85, 0.17, 0.6
"""Of a pen's width squared, at each place where strokes leave a box of ours: they end there, by the
border, as those of a cross gone over twice do. What is drawn over a mark goes on, or fills the
paper between its strokes: a line across the box meets more of them, or they are level."""
LEAST_BORDER = 0.6
MOST_MOVED_MM = 1.6


class BoxState(StrEnum):
    EMPTY = "empty"
    MARKED = "marked"
    DOUBTFUL = "doubtful"


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
        and mark.ring_loose_mm2 <= _most_loose_mm2(mark)
        and mark.ring_fraction <= MOST_RING_MARKED
        and not _struck_through(mark)
        and (_keeps_to_its_box(mark) or _looks_like_a_mark(mark))
    )
    return BoxState.MARKED if marked else BoxState.DOUBTFUL


def _most_loose_mm2(mark: MarkMeasure) -> float:
    return MOST_RING_LOOSE_OF_STROKES_MM2 if _is_two_strokes(mark) else MOST_RING_LOOSE_MM2


def _struck_through(mark: MarkMeasure) -> bool:
    """Whether a line was drawn through the box, or level lines in it, over a mark perhaps."""
    smaller_mm = max(FULL_SIZE_MM - mark.inner_mm, 0.0)
    most_off = MOST_OFF_STROKES_CROSS if mark.exits == MOST_EXITS else MOST_OFF_STROKES_TWO_ENDS
    return (
        mark.through_mm2 > MOST_THROUGH_MM2
        or mark.level > MOST_LEVEL + MORE_LEVEL_PER_MM * smaller_mm
        or (
            mark.beside_mm2 is not None
            and mark.off_strokes is not None
            and mark.exits >= LEAST_EXITS_TOLD
            and mark.ring_mm2 > LEAST_LEAVING_MM2
            and mark.off_strokes > most_off
            and not _ends_at_corners(mark)
        )
    )


def _keeps_to_its_box(mark: MarkMeasure) -> bool:
    """Whether what is in the box, or runs out of its corners, can be nothing but a mark."""
    if mark.beside_mm2 is None or mark.beside_mm2 > MOST_BESIDE_MM2:
        return False
    if mark.inner_mm < FULL_SIZE_MM:
        return (
            _covered(mark) <= MOST_COVERED_SMALL
            and mark.ring_mm2 <= LEAST_LEAVING_MM2
            and mark.exits <= MOST_EXITS_SMALL
        )
    off = mark.off_strokes if mark.off_strokes is not None else 0.0
    if _ends_at_corners(mark):
        told = True
    elif mark.ring_mm2 <= LEAST_LEAVING_MM2:
        told = mark.exits < LEAST_EXITS_TOLD or off <= MOST_OFF_STROKES_INSIDE
    else:
        told = mark.exits <= MOST_EXITS and off <= MOST_OFF_STROKES_LARGE
    return told and _covered(mark) <= MOST_COVERED


def _ends_at_corners(mark: MarkMeasure) -> bool:
    """Whether no more leaves a box of ours than the ends of a cross's arms, however often drawn."""
    if mark.beside_mm2 is None or mark.off_strokes is None or mark.inner_mm < FULL_SIZE_MM:
        return False
    pen_mm = min(mark.weight_mm, WIDEST_PEN_MM)
    return (
        mark.exits <= MOST_EXITS
        and mark.ring_mm2 <= MOST_TIP * mark.exits * pen_mm**2
        and mark.beside_mm2 <= MOST_BESIDE_MM2
        and mark.runs <= MOST_RUNS_TIPS
        and mark.level <= MOST_LEVEL_TIPS
        and mark.off_strokes <= MOST_OFF_STROKES_TIPS
    )


def _covered(mark: MarkMeasure) -> float:
    """Return how much of a box is covered, by a pencil where that is what covers it."""
    pale = mark.ink <= MOST_DARK_OF_PALE * mark.ink_most
    return mark.ink_most if pale else mark.ink


def _looks_like_a_mark(mark: MarkMeasure) -> bool:
    return (
        (not is_heavy(mark) or _stays_inside(mark) or _is_two_strokes(mark))
        and (mark.ring_mm2 <= MOST_RING_MARKED_MM2 or _is_two_strokes(mark))
        and not _struck_out(mark)
    )


def _dark_enough(mark: MarkMeasure) -> bool:
    return min(mark.ink_least, mark.off_line) >= LEAST_MARK


def _pale(mark: MarkMeasure) -> bool:
    """Whether a pencil, or a fine pen on a coarse scan, marked the box without running far out."""
    in_smaller = max(FULL_SIZE_MM / max(mark.inner_mm, 0.1), 1.0)
    if mark.exits >= LEAST_EXITS_CROSSED and _is_two_strokes(mark):
        return mark.ink_most >= LEAST_PALE * in_smaller and mark.off_line >= LEAST_MARK
    least = LEAST_THIN if _thin_and_heavy(mark) else LEAST_PALE
    return (
        min(mark.ink_most, mark.off_line) >= least * in_smaller
        and mark.exits <= MOST_HEAVY_EXITS
        and mark.ring_mm2 <= MOST_PALE_RING_MM2
    )


def _thin_and_heavy(mark: MarkMeasure) -> bool:
    least = LEAST_WEIGHT_DARK_MM if mark.ink_least >= LEAST_DARK else LEAST_WEIGHT_MM
    return (
        mark.weight_mm >= least
        and mark.ink <= MOST_DARK_OF_PALE * mark.ink_most
        and mark.runs <= MOST_RUNS_THIN
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
    # A pale pen's ends are seen beside the box, and are too pale to count as leaving it.
    beside = mark.beside_mm2 is not None and mark.beside_mm2 > MOST_BESIDE_MM2
    return (
        mark.exits > MOST_EXITS
        or (beside and mark.runs > MOST_RUNS_CROSSED)
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
    # Of two marks, one that nearly fills its box, or is pale, may be the one taken back.
    if len(marked) > 1 and any(
        is_heavy(mark) or not _dark_enough(mark) for mark in marks if mark.option in marked
    ):
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
