"""Measuring the pages that a person chose, turned as the person wants; in the contained child.

Beside `services.intake.measure`, which measures a whole file as it came; each page is measured
just as there.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits, Page, PageFault
from services.intake.pages.trust import Trust
from services.intake.reading.appendices import appendices_read
from services.intake.reading.identify import own_codes
from services.intake.reading.learned.blank import LearnedForm
from services.intake.reading.learned.measure import KnownBlanks
from services.intake.reading.measure import measure_page
from services.intake.reading.measured import FileMeasured, PageMeasured
from services.intake.reading.needs.pages import NeedsReader
from shared.events import Reason
from shared.identifiers import InitiativeId, OptionKey

_COMPARED_PX: Final = 128
"""The side of the square in which a page is compared with the picture that was shown of it."""

_NEARLY_SQUARE: Final = 1.1


@dataclass(frozen=True)
class ChosenPage:
    """One page of the file, by its number there, turned `turn` degrees clockwise from how it
    stands in the picture `shown`; without a picture, from how it stands in the file."""

    number: int
    turn: int
    shown: bytes


def measure_chosen(
    data: bytes,
    filename: str,
    content_type: str,
    limits: Limits,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    chosen: Sequence[ChosenPage],
    *,
    learned: Sequence[LearnedForm],
    trust: Trust,
    needs_expected: bool,
) -> FileMeasured:
    """Measure these pages of a file alone; raises nothing of its own.

    What comes back is numbered from 1 in the file's order; a page that could not be opened, or is
    not there, is left out. The file is opened to its end: what is wrong with it shows there.
    """
    started = time.perf_counter()
    cv2.setNumThreads(1)
    known = {initiative: tuple(keys) for initiative, keys in options.items()}
    needs = NeedsReader(expected=needs_expected, most_pages=limits.need_pages)
    blanks = KnownBlanks(learned)
    places = {one.number: place for place, one in enumerate(_in_order(chosen), start=1)}
    wanted = {one.number: one for one in chosen}
    coded = False
    pages: list[PageMeasured] = []
    fault: Reason | None = None
    try:
        for opened in open_pages(data, filename, content_type, limits, trust):
            one = wanted.get(opened.number)
            if one is None:
                continue
            page = replace(_turned(opened, one), number=places[one.number])
            measured = measure_page(page, known, blanks)
            coded = coded or bool(own_codes(measured.codes))
            # Where a person said how the page is to stand, it stands so.
            free = needs_expected or not one.turn
            if free and not coded and not measured.blank and not measured.learned:
                upright = needs.look(page)
                measured = measured if upright is page else measure_page(upright, known)
            pages.append(measured)
    except PageFault as wrong:
        fault = wrong.reason
    return FileMeasured(
        pages=tuple(appendices_read(pages)),
        need=None if coded else needs.found(),
        fault=fault,
        seconds=time.perf_counter() - started,
    )


def quarter_turns_to(grey: MatLike, shown: bytes) -> int:
    """Return how many quarter turns anticlockwise make a page stand as in a picture of it."""
    picture = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_GRAYSCALE) if shown else None
    if picture is None:
        return 0
    seen, page = _small(picture), _small(grey)
    turns = [n for n in range(4) if _may_be(np.rot90(grey, n).shape[:2], picture.shape[:2])]
    return max(turns, key=lambda n: _likeness(np.rot90(page, n), seen), default=0)


def _in_order(chosen: Sequence[ChosenPage]) -> list[ChosenPage]:
    return sorted(chosen, key=lambda one: one.number)


def _turned(page: Page, one: ChosenPage) -> Page:
    turns = (quarter_turns_to(page.grey, one.shown) - one.turn // 90) % 4
    if not turns:
        return page
    # The places of its words are those of the page as it stood.
    return replace(page, grey=np.ascontiguousarray(np.rot90(page.grey, turns)), words=())


def _may_be(size: tuple[int, ...], shown: tuple[int, ...]) -> bool:
    (height, width), (shown_height, shown_width) = size, shown
    ratio = (height * shown_width) / max(width * shown_height, 1)
    return 1 / _NEARLY_SQUARE < ratio < _NEARLY_SQUARE


def _small(grey: MatLike) -> MatLike:
    return cv2.resize(grey, (_COMPARED_PX, _COMPARED_PX), interpolation=cv2.INTER_AREA)


def _likeness(page: MatLike, shown: MatLike) -> float:
    page = np.ascontiguousarray(page)
    return float(cv2.matchTemplate(page, shown, cv2.TM_CCOEFF_NORMED)[0, 0])
