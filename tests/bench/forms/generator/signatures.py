"""Signatures after the kinematic theory of rapid movements.

Each pen movement is a sum of strokes whose speed is lognormal in time and whose direction turns
from one angle to another (Plamondon, Biological Cybernetics 72, 1995): what a trained hand does,
and nothing like a chain of splines.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from shared.forms import Rect
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import Path, Pen, Sheet, pressed


class Style(StrEnum):
    """How somebody signs. All but INITIALS are signatures to anybody's eye."""

    FLOWING = "flowing"
    SHORT = "short"
    TALL = "tall"
    TWO_WORDS = "two_words"
    UNDERLINED = "underlined"
    JOINED_NAME = "joined_name"
    SCHOOL_NAME = "school_name"
    OVERFLOWING = "overflowing"
    INITIALS = "initials"


_SCRAWLED = (
    Style.FLOWING, Style.SHORT, Style.TALL, Style.TWO_WORDS, Style.UNDERLINED, Style.OVERFLOWING,
)  # fmt: skip
USUAL = (*_SCRAWLED, *_SCRAWLED, *_SCRAWLED, Style.JOINED_NAME)
"""As often as they occur. A name printed letter by letter is told from print by a person only."""


def sign(sheet: Sheet, pen: Pen, box: Rect, style: Style, name: str) -> None:
    """Sign in the box as this style does."""
    random = sheet.random
    x = box.left_mm + float(random.uniform(4, 16))
    y = box.centre_mm[1] + float(random.uniform(-3, 5))
    match style:
        case Style.FLOWING:
            _scrawl(sheet, pen, x, y, width=random.uniform(40, 68), tall=random.uniform(9, 15))
        case Style.SHORT:
            _scrawl(sheet, pen, x, y, width=random.uniform(15, 26), tall=random.uniform(7, 13))
        case Style.TALL:
            _scrawl(sheet, pen, x, y, width=random.uniform(24, 45), tall=random.uniform(16, 23))
        case Style.TWO_WORDS:
            end = _scrawl(sheet, pen, x, y, random.uniform(18, 30), random.uniform(7, 13))
            _scrawl(sheet, pen, end + random.uniform(2, 5), y, random.uniform(20, 34),
                    random.uniform(7, 13))  # fmt: skip
        case Style.UNDERLINED:
            end = _scrawl(sheet, pen, x, y, random.uniform(30, 52), random.uniform(8, 14))
            low = y + float(random.uniform(2, 6))
            ends = np.linspace((end, low - 1), (x + 4, low + random.uniform(-1, 2)), 30)
            sheet.draw(ends + random.normal(0, 0.05, ends.shape), pen)
        case Style.JOINED_NAME | Style.SCHOOL_NAME:
            write(sheet, pen, name, x, y + 2, x_height_mm=float(random.uniform(2.6, 4.2)),
                  joined=style is Style.JOINED_NAME)  # fmt: skip
        case Style.OVERFLOWING:
            x = box.left_mm + float(random.uniform(20, 34))
            _scrawl(sheet, pen, x, y + 3, random.uniform(58, 66), random.uniform(14, 22))
        case Style.INITIALS:
            first = write(sheet, pen, name[0], x, y + 3, x_height_mm=float(random.uniform(3, 5)))
            write(sheet, pen, name.split()[-1][0], first + 1, y + 3,
                  x_height_mm=float(random.uniform(3, 5)))  # fmt: skip


def _scrawl(sheet: Sheet, pen: Pen, x: float, y: float, width: float, tall: float) -> float:
    """Draw a capital and what follows it, from `x` on; returns where it ends."""
    path = _kinematic(sheet.random, float(width), float(tall))
    path += np.array((x, y))
    sheet.draw(path, pen, pressed(path, sheet.random))
    return float(path[:, 0].max())


def _kinematic(random: np.random.Generator, width: float, tall: float) -> Path:
    """Return a written word from 0 to `width`, its capital `tall` high, its line at 0."""
    capital = int(random.integers(2, 5))
    small = max(5, int(width / random.uniform(1.8, 3.2)))
    lengths = np.concatenate(
        [
            tall * random.uniform(0.8, 1.3, capital),
            tall * random.uniform(0.3, 0.7, small) * np.linspace(1, random.uniform(0.4, 1), small),
        ]
    )
    count = len(lengths)
    up = (np.arange(count) % 2 == 0).astype(float)
    steep = random.normal(1.35, 0.22, count)
    starts = np.where(up > 0, steep, -steep)
    turns = np.where(random.random(count) < 0.75, 1, -1) * random.uniform(0.5, 2.2, count)
    begins = np.cumsum(random.uniform(0.07, 0.11, count))
    times = np.arange(0, begins[-1] + 0.6, 0.006)
    speed = np.zeros((len(times), 2))
    for length, begin, start, turn in zip(lengths, begins, starts, turns, strict=True):
        done, rate = _lognormal(times - begin, mu=-1.7, sigma=float(random.uniform(0.2, 0.34)))
        angle = start + turn * done
        speed += (length * rate)[:, None] * np.column_stack([np.cos(angle), -np.sin(angle)])
    path = np.cumsum(speed * 0.006, axis=0)
    # The hand moves along the line while the fingers write.
    moved = np.linspace(0, 1, len(path))
    path[:, 0] -= np.interp(moved, (0, 1), (path[0, 0], path[-1, 0]))
    path[:, 1] -= np.interp(moved, (0, 1), (path[0, 1], path[-1, 1]))
    reach = max(float(np.ptp(path[:, 1])), 0.1)
    path *= tall / reach
    path[:, 0] += moved * max(width - tall * 0.5, width * 0.4)
    path[:, 0] -= path[:, 0].min()
    path[:, 0] *= width / max(float(path[:, 0].max()), 0.1)
    path[:, 1] -= float(np.quantile(path[:, 1], 0.8))
    return path


def _lognormal(
    t: NDArray[np.float64], mu: float, sigma: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much of a stroke is done at each time (0 to 1), and its speed."""
    rate = np.zeros_like(t)
    after = t > 1e-6
    log = np.log(t[after])
    rate[after] = np.exp(-((log - mu) ** 2) / (2 * sigma**2)) / (
        t[after] * sigma * np.sqrt(2 * np.pi)
    )
    step = float(t[1] - t[0])
    return np.minimum(np.cumsum(rate) * step, 1.0), rate
