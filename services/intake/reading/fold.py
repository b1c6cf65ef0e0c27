"""The crease of a folded sheet: a thin line right across the paper, broken or whole. Pure."""

from collections.abc import Sequence
from itertools import combinations

from services.intake.reading.paper import PaperLine
from shared.forms import Rect

_THIN_MM = 0.75
_ASIDE_MM = 0.4
_LEAST_PIECES = 6
_LEAST_SPAN = 0.55
"""Of the page's width, or its height."""

_MOST_LEAN = 0.03
_MOST_PIECES = 120
"""With more, the page is full of something else, and this would take long."""

_MOST_OFF_MIDDLE_MM = 6.0
"""Of the paper's height: who folds a letter in two lays one edge on the other."""

_MOST_FOLD_LEAN_MM, _MOST_FOLD_WEIGHT_MM, _MOST_UNSEEN_MM = 2.0, 0.5, 1.0


def is_fold_in_two(line: PaperLine, page_height_mm: float) -> bool:
    """Whether a line across the paper lies as the one crease of a letter folded in two does.

    It is thin and level, and goes on to both edges. A thin line ruled just there looks the same.
    """
    middle_mm = (line.start_mm + line.end_mm) / 2
    return (
        not line.down
        and abs(middle_mm - page_height_mm / 2) <= _MOST_OFF_MIDDLE_MM
        and abs(line.end_mm - line.start_mm) <= _MOST_FOLD_LEAN_MM
        and line.weight_mm <= _MOST_FOLD_WEIGHT_MM
        and line.unseen_mm <= _MOST_UNSEEN_MM
    )


def crease(pieces: Sequence[Rect], page_width_mm: float, page_height_mm: float) -> set[Rect]:
    """Return the pieces of ink that together are a crease, across the page or down it."""
    across = _in_line([p for p in pieces if p.height_mm <= _THIN_MM], page_width_mm, down=False)
    down = _in_line([p for p in pieces if p.width_mm <= _THIN_MM], page_height_mm, down=True)
    return across | down


def _in_line(pieces: Sequence[Rect], page_mm: float, *, down: bool) -> set[Rect]:
    if not _LEAST_PIECES <= len(pieces) <= _MOST_PIECES:
        return set()
    places = {piece: _along_and_aside(piece, down=down) for piece in pieces}
    best: set[Rect] = set()
    for (x0, y0), (x1, y1) in combinations(places.values(), 2):
        span = abs(x1 - x0)
        if span < _LEAST_SPAN * page_mm or abs(y1 - y0) > _MOST_LEAN * span:
            continue
        lean = (y1 - y0) / (x1 - x0)
        on_it = {
            piece for piece, (x, y) in places.items() if abs(y0 + lean * (x - x0) - y) <= _ASIDE_MM
        }
        best = max(best, on_it, key=len)
    return best if len(best) >= _LEAST_PIECES else set()


def _along_and_aside(piece: Rect, *, down: bool) -> tuple[float, float]:
    x, y = piece.centre_mm
    return (y, x) if down else (x, y)
