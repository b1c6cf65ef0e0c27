"""Finding the needs template in what a file says: labels by likeness, and the text between them.

Pure. The same for a Word file, a PDF and a scan, which all come as segments: pieces of text with a
row and a left edge. Questions may be missing, in another order or retyped. The template's own words
count first; what others call the same questions is looked for only where they are not found.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz import fuzz

from services.intake.reading.measured import MOST_NEED_TEXT
from services.intake.reading.needs.words import FURNITURE, OTHER_WORDS
from shared.events import Area
from shared.needs import LABELS, QUESTIONS, TITLE, NeedField

_ALIKE: Final = 86.0
_OTHER_ALIKE: Final = 93.0
_LONG_LABEL: Final = 30
_LONGEST_HEAD: Final = 120
_PRINTED_ALIKE: Final = 90.0
_PRINTED_CHARS: Final = 12
_HELP_ALIKE: Final = 82.0
_OWN_ENOUGH: Final = 3
_SAME_LEFT: Final = 0.03
_LAST_ROOM: Final = 0.03
_RIGHT_EDGE: Final = 0.9
_NUMBERING: Final = re.compile(r"^[\s\d.)(•·*–-]+")
_HELP: Final = {question.field: question.help for question in QUESTIONS}


@dataclass(frozen=True)
class Segment:
    """A piece of text. `row` counts over the whole file; `left` is a fraction of the page's width.

    `paragraph` says that it begins a line of its own, whatever stood before it.
    """

    text: str
    row: int
    left: float = 0.0
    confidence: float = 1.0
    area: Area | None = None
    paragraph: bool = False


@dataclass(frozen=True)
class Answered:
    """What stands under one question."""

    text: str
    confidence: float
    area: Area | None


@dataclass(frozen=True)
class Found:
    """What was found: the heading, how many questions in whose words, and the answers.

    `labels` are the places of the questions themselves, where they are known.
    """

    heading: bool
    own_labels: int
    other_labels: int
    answers: Mapping[NeedField, Answered]
    labels: Mapping[NeedField, Area]


@dataclass(frozen=True)
class _Label:
    field: NeedField
    segment: int
    """Index of the first of the segments that it takes up."""
    taken: int
    rest: str
    """What follows it on the same line."""


def find_need(segments: Sequence[Segment]) -> Found:
    """Return what the segments, in their order, say of a need."""
    heading = any(_alike(plain(one.text), plain(TITLE)) >= _ALIKE for one in segments)
    own = _labels(segments, {label: field for field, label in LABELS.items()}, _ALIKE)
    labels, other_count = own, 0
    if len(own) < _OWN_ENOUGH:
        others = _labels(segments, OTHER_WORDS, _OTHER_ALIKE)
        known = {label.field for label in own}
        labels = [*own, *(label for label in others if label.field not in known)]
        other_count = len(labels) - len(own)
    places = {label.field: segments[label.segment].area for label in labels}
    return Found(
        heading,
        len(own),
        other_count,
        _answers(segments, labels),
        {field: area for field, area in places.items() if area is not None},
    )


def rooms_of(found: Found, page: int) -> dict[NeedField, Area]:
    """Return where the answers belong on a page: below each question, down to the next row."""
    here = {field: area for field, area in found.labels.items() if area.page == page}
    rooms: dict[NeedField, Area] = {}
    for field, label in here.items():
        tall = label.bottom - label.top
        beside = [
            one.left
            for one in here.values()
            if one.left > label.right and abs(one.top - label.top) < tall
        ]
        below = [one.top for one in here.values() if one.top > label.bottom + tall]
        bottom = min(below, default=min(label.bottom + _LAST_ROOM, 1.0))
        right = min(beside, default=max(label.right, _RIGHT_EDGE))
        if bottom > label.bottom and right > label.left:
            rooms[field] = Area(
                page=page, left=label.left, top=label.bottom, right=right, bottom=bottom
            )
    return rooms


def plain(text: str) -> str:
    """Return text for comparing: one case, no numbering, single spaces, no mark at the end."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return " ".join(_NUMBERING.sub("", composed).split()).rstrip(" :*?.")


# --- Labels ------------------------------------------------------------------------------------


def _labels(
    segments: Sequence[Segment], words: Mapping[str, NeedField], least: float
) -> list[_Label]:
    """Return the first place of each question, in the order of the segments."""
    found: list[_Label] = []
    seen: set[NeedField] = set()
    taken_to = 0
    for index in range(len(segments)):
        if index < taken_to:
            continue
        label = _label_at(segments, index, words, least)
        if label is not None and label.field not in seen:
            seen.add(label.field)
            taken_to = index + label.taken
            found.append(label)
    return found


def _label_at(
    segments: Sequence[Segment], index: int, words: Mapping[str, NeedField], least: float
) -> _Label | None:
    text = segments[index].text
    best: tuple[float, _Label] | None = None
    for head, rest, taken in _heads(segments, index, text):
        if len(head) > _LONGEST_HEAD:
            continue
        shown = plain(head)
        for word, field in words.items():
            likeness = _alike(shown, _plain_word(word))
            if taken > 1 and not _runs_on(segments[index + 1].text, word, likeness):
                continue
            if likeness >= least and (best is None or likeness > best[0]):
                best = likeness, _Label(field, index, taken, rest.strip())
    return best[1] if best else None


def _heads(segments: Sequence[Segment], index: int, text: str) -> Iterable[tuple[str, str, int]]:
    """What may be a label at the start of a segment, the rest, and how many segments it takes."""
    yield text, "", 1
    for mark in ":?":
        head, found, rest = text.partition(mark)
        if found and rest.strip():
            yield head, rest, 1
    if index + 1 < len(segments):
        below = segments[index + 1]
        if abs(below.left - segments[index].left) < _SAME_LEFT:
            yield f"{text} {below.text}", "", 2


def _runs_on(below: str, word: str, likeness: float) -> bool:
    """Whether a long label goes on in the segment below, rather than begins there."""
    return len(word) >= _LONG_LABEL and _alike(plain(below), _plain_word(word)) < likeness


@cache
def _plain_word(word: str) -> str:
    return plain(word)


def _alike(one: str, other: str) -> float:
    return fuzz.ratio(one, other, score_cutoff=70)


# --- Answers -----------------------------------------------------------------------------------


def _answers(segments: Sequence[Segment], labels: Sequence[_Label]) -> Mapping[NeedField, Answered]:
    at = {label.segment: label for label in labels}
    texts: dict[NeedField, list[Segment]] = {}
    help_left = {label.field: plain(_HELP[label.field]) for label in labels}
    active: list[_Label] = []
    skip_to = 0
    for index, segment in enumerate(segments):
        if index < skip_to:
            continue
        label = at.get(index)
        if label is not None:
            same_row = bool(active) and segments[active[-1].segment].row == segment.row
            active = [*active, label] if same_row else [label]
            skip_to = index + label.taken
            if label.rest:
                rest = _with_text(segment, label.rest)
                texts.setdefault(label.field, []).append(rest)
            continue
        field = _column(active, segments, segment)
        if field is None or _is_help(segment, field, help_left, texts) or _is_printed(segment):
            continue
        texts.setdefault(field, []).append(segment)
    return {field: _together(pieces) for field, pieces in texts.items()}


def _column(
    active: Sequence[_Label], segments: Sequence[Segment], segment: Segment
) -> NeedField | None:
    """The question that a segment answers: of the last row of labels, the one it stands under."""
    if not active:
        return None
    left_of = [
        label for label in active if segments[label.segment].left <= segment.left + _SAME_LEFT
    ]
    return (left_of or active)[-1 if left_of else 0].field


def _is_help(
    segment: Segment,
    field: NeedField,
    help_left: dict[NeedField, str],
    texts: Mapping[NeedField, list[Segment]],
) -> bool:
    """Whether a segment is (the next piece of) the printed line of help below a label."""
    left, shown = help_left[field], plain(segment.text)
    if not left or not shown or field in texts:
        return False
    if fuzz.ratio(shown, left[: len(shown) + 1]) < _HELP_ALIKE:
        return False
    help_left[field] = left[len(shown) :].strip()
    return True


def _is_printed(segment: Segment) -> bool:
    """Whether a segment is printed on every template, or a piece of what is."""
    shown = plain(segment.text)
    if len(shown) < _PRINTED_CHARS:
        return any(_alike(shown, short) >= _PRINTED_ALIKE for short in FURNITURE)
    return any(
        len(shown) <= len(printed) * 1.1 and fuzz.partial_ratio(shown, printed) >= _PRINTED_ALIKE
        for printed in FURNITURE
    )


def _together(pieces: Sequence[Segment]) -> Answered:
    text = ""
    for before, piece in zip([None, *pieces], pieces, strict=False):
        apart = "" if before is None else "\n" if piece.paragraph else " "
        text += apart + piece.text.strip()
    weights = [max(len(piece.text), 1) for piece in pieces]
    sure = sum(w * p.confidence for w, p in zip(weights, pieces, strict=True)) / sum(weights)
    return Answered(text[:MOST_NEED_TEXT], sure, _around([piece.area for piece in pieces]))


def _around(areas: Sequence[Area | None]) -> Area | None:
    """The rectangle around all areas of the first page that there are areas on."""
    known = [area for area in areas if area is not None]
    if not known:
        return None
    page = min(area.page for area in known)
    here = [area for area in known if area.page == page]
    return Area(
        page=page,
        left=min(area.left for area in here),
        top=min(area.top for area in here),
        right=max(area.right for area in here),
        bottom=max(area.bottom for area in here),
    )


def _with_text(segment: Segment, text: str) -> Segment:
    return Segment(text, segment.row, segment.left, segment.confidence, segment.area, True)
