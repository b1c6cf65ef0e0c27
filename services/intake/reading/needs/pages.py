"""The needs template, looked for in a file's pages while they are open; runs in the child.

A Word file says it in its controls and its text, a PDF in its form fields and its text layer, a
scan in its picture. What a PDF says counts as agreed only where its picture shows it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rapidfuzz import fuzz

from services.intake.pages.page import Page, Word
from services.intake.reading.full_page import address_at, upright, words_on
from services.intake.reading.level import level
from services.intake.reading.measured import (
    MOST_NEED_TEXT,
    NeedFieldMeasure,
    NeedMeasured,
)
from services.intake.reading.needs.segments import segments_of
from services.intake.reading.needs.template import (
    Answered,
    Found,
    Segment,
    find_need,
    plain,
    rooms_of,
)
from services.intake.reading.needs.unread import written_in
from shared.events import Area, Source
from shared.needs import FIELD_PREFIX, NeedField

_MOST_SEGMENTS: Final = 3_000
_PROBED: Final = 0.3
"""Of a page's height: the template's heading and first question stand there."""

_STATED: Final = 0.99
_SHOWN_ALIKE: Final = 80.0
_SHORT: Final = 4
_UNSURE_ADDRESS: Final = 0.3
_LEGIBLE: Final = 0.35
"""Of handwriting, recognition makes letters that it does not believe in itself."""


class NeedsReader:
    """Looks at a file's pages in their order. `expected`: it came where needs are sent.

    At most `most_pages` of them are recognised whole.
    """

    def __init__(self, *, expected: bool, most_pages: int) -> None:
        self._expected = expected
        self._most_pages = most_pages
        self._stated: dict[NeedField, str] = {}
        self._layer: list[Segment] = []
        self._shown: list[Segment] = []
        self._recognised = 0
        self._typeset = False
        self._promising = expected
        self._address: tuple[str, float] | None = None
        self._unread: dict[NeedField, Area] = {}

    def look(self, page: Page) -> Page:
        """Take up what a page without a code says; return it upright and level if it is a scan."""
        self._stated.update(_stated(page.form_values))
        layer = _layer_of(page, _next_row(self._layer))
        self._layer += layer[: _MOST_SEGMENTS - len(self._layer)]
        self._typeset = self._typeset or page.typeset
        if page.typeset or not self._worth_recognising(page, layer):
            return page
        self._recognised += 1
        if page.born_digital:
            words = words_on(page.grey)
        else:
            grey, words = upright(page.grey)
            page = replace(page, grey=grey)
        height, width = page.grey.shape[:2]
        self._shown += segments_of(words, page.number, _next_row(self._shown), height / width)
        if not page.born_digital:
            self._look_closer(page, words)
        return page

    def found(self) -> NeedMeasured | None:
        """Return what was found in all pages together, or None for no sign of a template."""
        layer, shown = find_need(self._layer), find_need(self._shown)
        if not (self._stated or _is_trace(layer) or _is_trace(shown)):
            return None
        fields = (self._field(field, layer, shown) for field in NeedField)
        return NeedMeasured(
            heading=layer.heading or shown.heading,
            own_labels=max(layer.own_labels, shown.own_labels),
            other_labels=max(layer.other_labels, shown.other_labels),
            controls=len(self._stated),
            fields=tuple(field for field in fields if field is not None),
        )

    def _look_closer(self, page: Page, words: Sequence[Word]) -> None:
        """Look at a scan once more: at what was not read, and at the address."""
        found = find_need(self._shown)
        rooms = rooms_of(found, page.number)
        empty = {field: room for field, room in rooms.items() if field not in found.answers}
        self._unread |= written_in(page.grey, words, empty)
        seen = found.answers.get(NeedField.CONTACT_EMAIL)
        if seen is not None and seen.area is not None and seen.area.page == page.number:
            self._address = address_at(page.grey, seen.area)

    def _worth_recognising(self, page: Page, layer: Sequence[Segment]) -> bool:
        if self._recognised >= self._most_pages:
            return False
        if page.born_digital:
            return bool(self._stated) or _is_trace(find_need(layer[:_MOST_SEGMENTS]))
        if not self._promising and page.number == 1:
            top = page.grey[: round(_PROBED * page.grey.shape[0])]
            height, width = top.shape[:2]
            words = words_on(level(top))
            self._promising = _is_trace(find_need(segments_of(words, 1, 0, height / width)))
        return self._promising

    def _field(self, field: NeedField, layer: Found, shown: Found) -> NeedFieldMeasure | None:
        """The best of what the fields, the text layer and the picture say of one question."""
        written, seen = layer.answers.get(field), shown.answers.get(field)
        stated = self._stated.get(field, "")
        if stated and not (written and plain(stated) in plain(written.text)):
            return self._measure(field, stated, Source.FORM_FIELD, _STATED, seen)
        if written:
            return self._measure(field, written.text, Source.TEXT_LAYER, _STATED, seen or written)
        if seen is None or seen.confidence < _LEGIBLE:
            return self._unread_field(field, seen)
        text, confidence = seen.text, seen.confidence
        if field is NeedField.CONTACT_EMAIL and self._address is not None:
            text, confidence = self._address
            confidence = confidence if _is_address(text) else min(confidence, _UNSURE_ADDRESS)
        return NeedFieldMeasure(
            field=field, text=text, confidence=confidence, source=Source.OCR, area=seen.area
        )

    def _unread_field(self, field: NeedField, seen: Answered | None) -> NeedFieldMeasure | None:
        """Something stands there that is not to be read: letters made of it would mislead."""
        area = seen.area if seen else self._unread.get(field)
        if area is None:
            return None
        return NeedFieldMeasure(field=field, text="", confidence=0, source=Source.INK, area=area)

    def _measure(
        self,
        field: NeedField,
        text: str,
        source: Source,
        confidence: float,
        seen: Answered | None,
    ) -> NeedFieldMeasure:
        # Of text that we drew ourselves, a picture beside it need not show anything.
        checked = bool(self._shown) and not self._typeset
        agrees = not checked or _agrees(text, seen.text if seen else "", self._shown)
        return NeedFieldMeasure(
            field=field,
            text=text[:MOST_NEED_TEXT],
            confidence=confidence if agrees else 1 - confidence,
            source=source,
            area=seen.area if seen else None,
            agrees=agrees,
        )


def _stated(form_values: Mapping[str, str]) -> dict[NeedField, str]:
    """The template's own fields among a form's, where they are filled."""
    known = {field.form_name: field for field in NeedField}
    return {
        known[name]: value.strip()
        for name, value in form_values.items()
        if name.startswith(FIELD_PREFIX) and name in known and value.strip()
    }


def _layer_of(page: Page, first_row: int) -> list[Segment]:
    """What a page says in its own text."""
    if not page.typeset:
        height, width = page.grey.shape[:2]
        return segments_of(page.words, page.number, first_row, height / width)
    return [
        Segment(one.text, row, one.left, area=_area_of(one, page.number), paragraph=True)
        for row, one in enumerate(page.words, start=first_row)
    ]


def _area_of(word: Word, page: int) -> Area:
    return Area(page=page, left=word.left, top=word.top, right=word.right, bottom=word.bottom)


def _next_row(segments: Sequence[Segment]) -> int:
    return segments[-1].row + 1 if segments else 0


def _is_trace(found: Found) -> bool:
    return found.heading or found.own_labels + found.other_labels > 1


def _agrees(text: str, seen: str, shown: Sequence[Segment]) -> bool:
    """Whether the picture shows what the file says; a long answer may run out of its box."""
    said, near = plain(text), plain(seen)
    if near and fuzz.ratio(said, near) >= _SHOWN_ALIKE:
        return True
    if len(near) > _SHORT and fuzz.partial_ratio(near, said) >= _SHOWN_ALIKE:
        return True
    return any(fuzz.ratio(said, plain(one.text)) >= _SHOWN_ALIKE for one in shown)


def _is_address(text: str) -> bool:
    name, at, domain = text.partition("@")
    return bool(name and at and "." in domain and " " not in text and "@" not in domain)
