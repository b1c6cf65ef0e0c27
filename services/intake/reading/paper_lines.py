"""Thin straight lines from one edge of the paper to the other: folds, and dirt in a scanner's way.

Nobody writes from edge to edge. Such a line is taken out of the page before anything is measured;
what is wider than it – print, a stroke that crosses it – stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from services.intake.reading.paper import PER_MM, FlatPage, PaperLine
from shared.forms import FormTemplate, Rect

_COARSE_PER_MM = 4
_THIN_MM = 1.5
"""Wider is no crease and no hair."""

_SEEN = 8
"""Darker than the paper at its sides."""

_DOWN_GAP_MM, _DOWN_RUN_MM = 1.0, 6.0
"""Letters of the form are shorter, and its lines of print lie further apart than the gap."""

_ACROSS_GAP_MM, _ACROSS_RUN_MM = 0.25, 20.0
"""Words are shorter, and lie further apart."""

_MOST_LEAN_DEG = 5.0
_STEP_DEG = 0.2
_MOST_PIXELS = 60_000
"""Of runs, on a page of 1,000,000; with more, it is not paper that shows."""

_LEAST_VOTES = 0.5
_EDGE_MM = 3.0
"""Where a scanner shadows the paper."""

_END_MM = 8.0
"""The form's own rules, and most of what is drawn, end before the paper does."""

_SECTIONS = 10
_LEAST_SEEN = 0.75
_LEAST_SEEN_SECTION = 0.5
_MOST_SEEN_BESIDE = 0.35
_BESIDE_MM = 1.3
_MOST_FOLD_DARK = 110
"""A line across the page that is darker may be drawn, with a ruler."""

_MOST_UNEVEN_IN_WORDS = 10
"""Where it would strike something out. Pencil skips grains of the paper; a fold is as dark in one
place as in another. In two levels both are black: then it is for a person."""

_MOST_TRIED, _MOST_CANDIDATES = 8, 60
_APART_MM = 2.0
_REFINED_MM, _REFINED_TIMES = 1.2, 3
_LEAST_WIDE_MM, _MOST_WIDE_MM = 0.35, 1.1
_BENT_PX = 3


def without_paper_lines(page: FlatPage) -> FlatPage:
    """Return the page without the lines that run right across or down it."""
    lines = tuple(find_paper_lines(page.darkness, page.template))
    if not lines:
        return page
    darkness = page.darkness.copy()
    for line in lines:
        line.take_out(darkness, PER_MM)
    return replace(page, darkness=darkness, lines=lines)


def find_paper_lines(
    darkness: MatLike, template: FormTemplate | None = None
) -> Iterator[PaperLine]:
    """Yield the thin straight lines that run from one edge of a page at `PER_MM` to the other.

    By the `template` of a page that was laid flat, level lines are told that may have been drawn.
    """
    factor = _COARSE_PER_MM / PER_MM
    small = cv2.resize(darkness, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    for down in (True, False):
        picture = small if down else np.ascontiguousarray(small.T)
        fine = darkness if down else darkness.T
        for coarse in _running_down(picture, template, turned=not down):
            line = _refined(_Candidate(coarse.top / factor, coarse.bottom / factor), fine, PER_MM)
            yield PaperLine(
                down=down,
                start_mm=line.top / PER_MM,
                end_mm=line.bottom / PER_MM,
                wide_mm=_wide_mm(fine, line),
                dark=_dark(fine, line),
                long_mm=picture.shape[0] / _COARSE_PER_MM,
                weight_mm=_weight_mm(fine, line),
                unseen_mm=_unseen_mm(fine, line),
            )


@dataclass(frozen=True)
class _Candidate:
    """A line down the picture: its column at the first row and at the last, in pixels."""

    top: float
    bottom: float


def _running_down(
    picture: MatLike, template: FormTemplate | None, *, turned: bool
) -> Iterator[_Candidate]:
    """Yield the lines down a picture, or across the page if that is `turned`."""
    thin = round(_THIN_MM * _COARSE_PER_MM) | 1
    opened = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((1, thin), np.uint8))
    raised = cv2.subtract(picture, opened)
    seen = (raised > _SEEN).astype(np.uint8)
    tried: list[_Candidate] = []
    for rough in _candidates(_runs(seen, turned=turned)):
        if any(_close(rough, known) for known in tried) or not _reaches_edges(seen, rough):
            continue
        candidate = _refined(rough, raised, _COARSE_PER_MM)
        tried.append(candidate)
        columns = _columns(candidate, picture.shape[0])
        if turned and _may_be_drawn(picture, columns, template):
            continue
        if not _right_across(seen, columns):
            continue
        yield candidate
        if len(tried) == _MOST_TRIED:
            return


def _runs(seen: MatLike, *, turned: bool) -> MatLike:
    """Return where something thin goes on for longer than a letter is high, or a word wide."""
    wide = cv2.dilate(seen, np.ones((1, 3), np.uint8))
    lengths = (_ACROSS_GAP_MM, _ACROSS_RUN_MM) if turned else (_DOWN_GAP_MM, _DOWN_RUN_MM)
    gap, run = (round(mm * _COARSE_PER_MM) for mm in lengths)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((gap + 1, 1), np.uint8))
    return cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((run, 1), np.uint8))


def _candidates(runs: MatLike) -> Iterator[_Candidate]:
    """Yield lines that lie along runs for long, best first."""
    if not 0 < cv2.countNonZero(runs) <= _MOST_PIXELS:
        return
    rows = runs.shape[0]
    lean = np.deg2rad(_MOST_LEAN_DEG)
    # Transposed, lines are nearly level: their angles are then of one range.
    found = cv2.HoughLines(
        np.ascontiguousarray(runs.T), 1, np.deg2rad(_STEP_DEG), round(_LEAST_VOTES * rows),
        min_theta=np.pi / 2 - lean, max_theta=np.pi / 2 + lean,
    )  # fmt: skip
    for rho, theta in () if found is None else found.reshape(-1, 2)[:_MOST_CANDIDATES]:
        top = float(rho / np.sin(theta))
        yield _Candidate(top, top - (rows - 1) / float(np.tan(theta)))


def _close(one: _Candidate, other: _Candidate) -> bool:
    apart = min(abs(one.top - other.top), abs(one.bottom - other.bottom))
    return apart < _APART_MM * _COARSE_PER_MM


def _refined(line: _Candidate, picture: MatLike, per_mm: int) -> _Candidate:
    """Return the line moved to the middle of what is dark along it, in each part of its way."""
    for _ in range(_REFINED_TIMES):
        profile = _profile(picture, _columns(line, picture.shape[0]), round(_REFINED_MM * per_mm))
        usual = [np.median(part, axis=0) for part in np.array_split(profile, _SECTIONS)]
        raised = np.stack([np.square(part - part.min()) for part in usual])
        reach = (profile.shape[1] - 1) / 2
        aside = (raised @ np.arange(-reach, reach + 1)) / np.maximum(raised.sum(axis=1), 1e-6)
        slope, middle = np.polyfit((np.arange(_SECTIONS) + 0.5) / _SECTIONS, aside, 1)
        line = _Candidate(line.top + float(middle), line.bottom + float(middle + slope))
    return line


def _columns(candidate: _Candidate, rows: int) -> NDArray[np.intp]:
    return np.round(np.linspace(candidate.top, candidate.bottom, rows)).astype(np.intp)


def _reaches_edges(seen: MatLike, candidate: _Candidate) -> bool:
    """Whether a line is seen at both ends of the paper."""
    columns = _columns(candidate, seen.shape[0])
    edge, end = (round(mm * _COARSE_PER_MM) for mm in (_EDGE_MM, _EDGE_MM + _END_MM))
    ends = (slice(edge, end), slice(-end, -edge))
    return all(
        _share_along(seen[end], columns[end], 0).mean() >= _LEAST_SEEN_SECTION for end in ends
    )


def _right_across(seen: MatLike, columns: NDArray[np.intp]) -> bool:
    """Whether a line is seen nearly all the way, with paper at its sides."""
    edge = round(_EDGE_MM * _COARSE_PER_MM)
    along = _share_along(seen, columns, 0)[edge:-edge]
    sections = [float(part.mean()) for part in np.array_split(along, _SECTIONS)]
    if float(along.mean()) < _LEAST_SEEN or min(sections) < _LEAST_SEEN_SECTION:
        return False
    beside = round(_BESIDE_MM * _COARSE_PER_MM)
    return all(
        float(_share_along(seen, columns, side).mean()) <= _MOST_SEEN_BESIDE
        for side in (-beside, beside)
    )


def _share_along(seen: MatLike, columns: NDArray[np.intp], aside: int) -> NDArray[np.bool_]:
    at = [_along(seen, columns, aside + step) for step in (-1, 0, 1)]
    return np.asarray(np.maximum.reduce(at) > 0, dtype=np.bool_)


def _along(picture: MatLike, columns: NDArray[np.intp], aside: int) -> NDArray[np.uint8]:
    rows = np.arange(picture.shape[0])
    return np.asarray(picture[rows, np.clip(columns + aside, 0, picture.shape[1] - 1)])


def _may_be_drawn(
    picture: MatLike, columns: NDArray[np.intp], template: FormTemplate | None
) -> bool:
    """Whether somebody may have drawn a level line: what it runs through tells how dark it may be.

    Between the options, and wherever nobody has anything to strike out, it says nothing. What runs
    through a signature is taken out, and told: it is a letter's fold (`fold.py`), or for a person.
    """
    darkest = _profile(picture, columns, _COARSE_PER_MM).max(axis=1)
    # Where it is palest: elsewhere print may lie on it.
    palest, pale, usual = np.quantile(darkest, (0.1, 0.25, 0.5))
    if template is None:
        return bool(pale > _MOST_FOLD_DARK)
    if not _runs_through(columns, _words(template)):
        return False
    return bool(pale > _MOST_FOLD_DARK or usual - palest > _MOST_UNEVEN_IN_WORDS)


def _words(template: FormTemplate) -> list[Rect]:
    """Return what a line may strike out: options, and lines of print that say whose form it is."""
    options = [
        Rect.spanning(box.area.left_mm, box.area.top_mm, box.label.right_mm, box.area.bottom_mm)
        for box in template.boxes
    ]
    return [*options, *template.barred_lines]


def _runs_through(columns: NDArray[np.intp], places: Sequence[Rect]) -> bool:
    """Whether a level line, of which `columns` are the heights, touches one of these places."""
    for place in places:
        left, right = (round(x * _COARSE_PER_MM) for x in (place.left_mm, place.right_mm))
        heights = columns[max(left, 0) : right] / _COARSE_PER_MM
        if len(heights) and heights.min() <= place.bottom_mm and heights.max() >= place.top_mm:
            return True
    return False


def _wide_mm(fine: MatLike, line: _Candidate) -> float:
    """Return how wide a line is on the page at `PER_MM`, blurred edges included."""
    columns = _columns(line, fine.shape[0])
    profile = np.median(_profile(fine, columns, PER_MM), axis=0)
    wide = float((profile > profile.max() / 3).sum() + 1) / PER_MM
    return min(max(wide, _LEAST_WIDE_MM), _MOST_WIDE_MM)


def _dark(fine: MatLike, line: _Candidate) -> float:
    columns = _columns(line, fine.shape[0])
    return float(np.median(_profile(fine, columns, 1).max(axis=1)))


def _weight_mm(fine: MatLike, line: _Candidate) -> float:
    """Return how wide a line would be if its ink were as black as print."""
    profile = np.median(_profile(fine, _columns(line, fine.shape[0]), PER_MM), axis=0)
    return float((profile - profile.min()).sum()) / 255 / PER_MM


def _unseen_mm(fine: MatLike, line: _Candidate) -> float:
    """Return how much of a line is missing close to an edge of the page, where more of it is."""
    darkest = _profile(fine, _columns(line, fine.shape[0]), _BENT_PX).max(axis=1)
    unseen = darkest < _dark(fine, line) / 2
    end = round((_EDGE_MM + _END_MM) * PER_MM)
    return max(int(unseen[:end].sum()), int(unseen[-end:].sum())) / PER_MM


def _profile(picture: MatLike, columns: NDArray[np.intp], reach_px: int) -> NDArray[np.uint8]:
    """Return what lies across a line: a row for each of the picture's."""
    rows = np.arange(picture.shape[0])[:, None]
    reach = np.arange(-reach_px, reach_px + 1)[None, :]
    return np.asarray(picture[rows, np.clip(columns[:, None] + reach, 0, picture.shape[1] - 1)])
