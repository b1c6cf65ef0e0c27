"""The first half of reading a file: open the untrusted bytes and measure, in the contained child.

It has no key and decides nothing; `services.intake.conclude` is the other half.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import cv2

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits, PageFault
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


def measure_file(
    data: bytes,
    filename: str,
    content_type: str,
    limits: Limits,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    *,
    learned: Sequence[LearnedForm] = (),
    trust: Trust | None = None,
    needs_expected: bool = False,
) -> FileMeasured:
    """Open a file and measure its pages. Runs in the contained child; raises nothing of its own.

    A form without a code is not looked for behind one with a code: there too it is an appendix.
    `options` names the boxes of each known initiative's form, in the order of the form; `learned`
    are forms of others, for pages without a code. Without
    `trust` the file came now and no electronic signature is trusted.
    `needs_expected` says that it came to the mailbox for needs: it is then worth a closer look.
    """
    started = time.perf_counter()
    trust = trust or Trust(at=datetime.now(UTC))
    # More threads than one would fight with the other readers for the same processors.
    cv2.setNumThreads(1)
    known = {initiative: tuple(keys) for initiative, keys in options.items()}
    needs = NeedsReader(expected=needs_expected, most_pages=limits.need_pages)
    blanks = KnownBlanks(learned)
    coded = False
    pages: list[PageMeasured] = []
    fault: Reason | None = None
    try:
        for page in open_pages(data, filename, content_type, limits, trust):
            sought = not coded and page.number <= limits.learned_pages
            measured = measure_page(page, known, blanks if sought else None)
            coded = coded or bool(own_codes(measured.codes))
            if not coded and not measured.blank and not measured.learned:
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
