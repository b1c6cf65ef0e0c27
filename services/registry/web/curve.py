"""How the answers came in, day by day: the curve towards the last answer day. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.registry.web.views import State, answer_state

WIDTH: Final = 480
HEIGHT: Final = 260
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 24, 32
"""The margins, in the picture's units: the scales stand there."""
_LEAST_DAYS: Final = 7
_STEPS: Final = (1, 2, 5, 10, 20, 25, 50, 100, 200)


@dataclass(frozen=True)
class Line:
    """One option's curve; `points` as an SVG polyline takes them."""

    state: State
    points: str
    total: int


@dataclass(frozen=True)
class Tick:
    """A mark on a scale: where it stands, and what."""

    at: float
    label: str


@dataclass(frozen=True)
class Day:
    """A day on which answers came; `so_far` by option, that day's included."""

    day: date
    came: int
    so_far: Mapping[str, int]


@dataclass(frozen=True)
class Curve:
    """The picture, and the same as a table."""

    lines: tuple[Line, ...]
    heights: tuple[Tick, ...]
    days: tuple[Tick, ...]
    deadline: float
    """Where the last answer day ends."""
    table: tuple[Day, ...]


def curve(
    answers: Iterable[tuple[date, str]], options: Mapping[str, str], last_answer_day: date
) -> Curve | None:
    """Draw the answers, each the day it came in and its option; None if there are none yet.

    A step up stands where its day ends, so an answer of the last answer day is within the line.
    """
    by_day: dict[date, Counter[str]] = {}
    for day, option in answers:
        by_day.setdefault(day, Counter())[option] += 1
    if not by_day:
        return None
    last = max(*by_day, last_answer_day)
    first = min(*by_day, last - timedelta(days=_LEAST_DAYS))
    so_far: Counter[str] = Counter()
    table = []
    for day in sorted(by_day):
        so_far.update(by_day[day])
        table.append(Day(day, by_day[day].total(), {key: so_far[key] for key in options}))
    step, top = _scale(max(so_far.values()))
    span = (last - first).days + 1

    def across(day: date) -> float:
        return round(LEFT + ((day - first).days + 1) / span * (WIDTH - LEFT - RIGHT), 1)

    def up(count: int) -> float:
        return round(HEIGHT - BOTTOM - count / top * (HEIGHT - TOP - BOTTOM), 1)

    lines = []
    for key in options:
        points, height = [f"{LEFT},{up(0)}"], up(0)
        for one in table:
            points.append(f"{across(one.day)},{height}")
            height = up(one.so_far[key])
            points.append(f"{across(one.day)},{height}")
        points.append(f"{across(last)},{height}")
        lines.append(Line(answer_state(options, key), " ".join(points), so_far[key]))
    return Curve(
        lines=tuple(lines),
        heights=tuple(Tick(up(count), str(count)) for count in range(0, top + 1, step)),
        days=tuple(Tick(across(day), f"{day.day}/{day.month}") for day in _marked(first, last)),
        deadline=across(last_answer_day),
        table=tuple(table),
    )


def _scale(most: int) -> tuple[int, int]:
    """The distance between the marks, and the uppermost of at most six."""
    step = next((one for one in _STEPS if one * 5 >= most), _STEPS[-1])
    return step, -(-most // step) * step


def _marked(first: date, last: date) -> list[date]:
    """Five days at even distances, the first and the last among them."""
    days = (last - first).days
    return [first + timedelta(days=round(days * part / 4)) for part in range(5)]
