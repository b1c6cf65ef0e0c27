"""What people do to boxes: rightly, oddly, and so that only a person may say what was meant."""

from collections.abc import Callable

import numpy as np

from shared.forms import Rect
from tests.bench.forms.generator.pen import Path, Pen, Sheet, pressed, smooth

Mark = Callable[[Sheet, Pen, Rect], None]


def _at(sheet: Sheet, box: Rect, points: list[tuple[float, float]], shake_mm: float = 0.3) -> Path:
    """Return points given in shares of the box, shaken, in millimetres."""
    given = np.array(points, dtype=float) * box.width_mm + (box.left_mm, box.top_mm)
    return given + sheet.random.normal(0, shake_mm, given.shape)


def _line(sheet: Sheet, pen: Pen, path: Path) -> None:
    curve = smooth(path)
    sheet.draw(curve, pen, pressed(curve, sheet.random))


def tick(sheet: Sheet, pen: Pen, box: Rect) -> None:
    r = sheet.random
    points = [(r.uniform(0.08, 0.3), r.uniform(0.4, 0.6)), (r.uniform(0.35, 0.5), 0.85),
              (r.uniform(0.8, 1.0), r.uniform(-0.1, 0.25))]  # fmt: skip
    _line(sheet, pen, _at(sheet, box, points))


def long_tick(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A tick with a swing that ends well outside."""
    r = sheet.random
    points = [(0.2, 0.5), (0.45, 0.9), (r.uniform(1.1, 1.5), r.uniform(-0.5, -0.1))]
    _line(sheet, pen, _at(sheet, box, points))


def cross(sheet: Sheet, pen: Pen, box: Rect) -> None:
    low, high = sheet.random.uniform(0.02, 0.22), sheet.random.uniform(0.78, 0.98)
    _line(sheet, pen, _at(sheet, box, [(low, low), (0.5, 0.5), (high, high)]))
    _line(sheet, pen, _at(sheet, box, [(high, low), (0.5, 0.5), (low, high)]))


def big_cross(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A cross whose arms leave the box."""
    out = float(sheet.random.uniform(0.1, 0.35))
    _line(sheet, pen, _at(sheet, box, [(-out, -out), (1 + out, 1 + out)]))
    _line(sheet, pen, _at(sheet, box, [(1 + out, -out), (-out, 1 + out)]))


def joined_cross(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A cross made without lifting the pen."""
    points = [(0.1, 0.1), (0.85, 0.85), (0.9, 0.5), (0.85, 0.12), (0.12, 0.9)]
    _line(sheet, pen, _at(sheet, box, points))


def double_cross(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A cross gone over twice, to be sure."""
    cross(sheet, pen, box)
    cross(sheet, pen, box)


def scribble(sheet: Sheet, pen: Pen, box: Rect) -> None:
    turns = int(sheet.random.integers(4, 8))
    across = np.linspace(0.12, 0.88, turns)
    points = [(float(x), 0.15 if i % 2 else 0.85) for i, x in enumerate(across)]
    _line(sheet, pen, _at(sheet, box, points))


GOOD: dict[str, Mark] = {
    "tick": tick,
    "cross": cross,
    "long_tick": long_tick,
    "big_cross": big_cross,
    "joined_cross": joined_cross,
    "double_cross": double_cross,
    "scribble": scribble,
}
"""What nobody doubts."""


def circle_inside(sheet: Sheet, pen: Pen, box: Rect) -> None:
    _line(sheet, pen, _ellipse(sheet, box.centre_mm, (box.width_mm * 0.3, box.height_mm * 0.3)))


def dash(sheet: Sheet, pen: Pen, box: Rect) -> None:
    _line(sheet, pen, _at(sheet, box, [(0.2, 0.5), (0.5, 0.48), (0.8, 0.5)], 0.2))


def circled_box(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A ring around the box, nothing in it."""
    _line(sheet, pen, _ellipse(sheet, box.centre_mm, (box.width_mm, box.height_mm * 0.85)))


def beside(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A tick that missed the box on its left, nearer to it than to any other."""
    moved = Rect(left_mm=box.left_mm - box.width_mm * float(sheet.random.uniform(1.1, 1.5)),
                 top_mm=box.top_mm, width_mm=box.width_mm, height_mm=box.height_mm)  # fmt: skip
    tick(sheet, pen, moved)


def filled(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """Blackened all over, as on a lottery ticket."""
    for turn in range(22):
        u = 0.06 + turn * 0.042
        _line(sheet, pen, _at(sheet, box, [(u, 0.05), (u + 0.02, 0.95)], 0.15))


ODD: dict[str, Mark] = {
    "circle_inside": circle_inside,
    "dash": dash,
    "circled_box": circled_box,
    "beside": beside,
    "filled": filled,
}
"""What a person understands and the machine need not; but it must not understand it wrongly."""


def struck_out(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A mark, regretted: several lines over it, most of them leaving the box."""
    GOOD[str(sheet.random.choice(["tick", "cross"]))](sheet, pen, box)
    r = sheet.random
    for _ in range(int(r.integers(3, 8))):
        v = float(r.uniform(0.1, 0.9))
        _line(sheet, pen, _at(sheet, box, [(-r.uniform(0, 0.4), v), (0.5, v + 0.05),
                                           (1 + r.uniform(0, 0.4), v - 0.05)]))  # fmt: skip


def scrawled_over(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A mark, regretted: one long zigzag over it."""
    tick(sheet, pen, box)
    turns = int(sheet.random.integers(9, 16))
    points = [(-0.1 + 1.2 * i / turns, -0.1 if i % 2 else 1.1) for i in range(turns)]
    _line(sheet, pen, _at(sheet, box, points))


def faint(sheet: Sheet, pen: Pen, box: Rect) -> None:
    """A trace: a pencil rubbed out, or a pen that did not write."""
    weak = Pen(pen.kind, 0.35, float(sheet.random.uniform(0.22, 0.4)), 0.25, pen.colour)
    tick(sheet, weak, box)


def _ellipse(sheet: Sheet, centre: tuple[float, float], radii: tuple[float, float]) -> Path:
    r = sheet.random
    start = float(r.uniform(0, 6.28))
    angle = np.linspace(start, start + 6.28 + float(r.uniform(0, 0.6)), 14)
    wobble = 1 + r.normal(0, 0.05, 14)
    return np.column_stack(
        [
            centre[0] + np.cos(angle) * radii[0] * wobble,
            centre[1] + np.sin(angle) * radii[1] * wobble,
        ]
    )


def ring(sheet: Sheet, pen: Pen, area: Rect) -> None:
    """A ring drawn around an area of the form."""
    _line(sheet, pen, _ellipse(sheet, area.centre_mm, (area.width_mm * 0.6, area.height_mm * 0.7)))


def strike(sheet: Sheet, pen: Pen, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One line by hand from one place to another, in millimetres."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    path = np.array([start, middle, end]) + sheet.random.normal(0, 0.4, (3, 2))
    _line(sheet, pen, path)
