"""The first half of reading a file: open the untrusted bytes and measure, in the contained child.

It has no key and decides nothing; `services.intake.conclude` is the other half.
"""

import time
from collections.abc import Mapping, Sequence

import cv2

from services.intake.pages.opening import open_pages
from services.intake.pages.page import Limits, PageFault
from services.intake.reading.measure import measure_page
from services.intake.reading.measured import FileMeasured, PageMeasured
from shared.events import Reason
from shared.identifiers import InitiativeId, OptionKey


def measure_file(
    data: bytes,
    filename: str,
    content_type: str,
    limits: Limits,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
) -> FileMeasured:
    """Open a file and measure its pages. Runs in the contained child; raises nothing of its own.

    `options` names the boxes of each known initiative's form, in the order of the form.
    """
    started = time.perf_counter()
    # More threads than one would fight with the other readers for the same processors.
    cv2.setNumThreads(1)
    known = {initiative: tuple(keys) for initiative, keys in options.items()}
    pages: list[PageMeasured] = []
    fault: Reason | None = None
    try:
        for page in open_pages(data, filename, content_type, limits):
            pages.append(measure_page(page, known))
    except PageFault as wrong:
        fault = wrong.reason
    return FileMeasured(pages=tuple(pages), fault=fault, seconds=time.perf_counter() - started)
