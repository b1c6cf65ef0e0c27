"""Small builders: a form on paper as somebody filled it in, and its reading."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.console.demo.scans import (
    DPI,
    Filling,
    Hand,
    Picture,
    Scan,
    Stroke,
    as_pdf,
    as_png,
    fill,
)
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.pages.trust import Trust
from services.intake.reading.measured import FileMeasured
from shared.events import DocumentReading
from shared.forms import Rect
from shared.identifiers import OptionKey, digest_of, mail_id_of
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS, blank, template

KNOWN = {INITIATIVE: tuple(OPTIONS)}
PER_MM = DPI / 25.4


def paper(
    marks: Mapping[OptionKey, Stroke] | None = None,
    *,
    hand: Hand = Hand.SIGNATURE,
    texts: Mapping[str, str] | None = None,
    seed: int = 7,
    **more: Any,
) -> Picture:
    """Return a filled form lying flat, at 300 dpi. Without texts no letter is to be recognised."""
    filling = Filling(
        marks={"ja": Stroke.CROSS} if marks is None else marks, hand=hand, texts=texts or {}, **more
    )
    return fill(blank(), template(), filling, seed=seed)


def scanned(picture: Picture) -> Scan:
    return Scan(picture, DPI, DPI, bitonal=False, jpeg_quality=80)


def png(picture: Picture) -> bytes:
    return as_png(scanned(picture))


def pdf(pictures: Sequence[Picture]) -> bytes:
    return as_pdf([scanned(picture) for picture in pictures])


def wiped(picture: Picture, rect: Rect) -> Picture:
    """Return the picture with a rectangle of the form made white, as if it never was printed."""
    return covered(picture, rect, 255)


def covered(picture: Picture, rect: Rect, grey: int) -> Picture:
    result = np.array(picture)
    top, bottom = round(rect.top_mm * PER_MM), round(rect.bottom_mm * PER_MM)
    left, right = round(rect.left_mm * PER_MM), round(rect.right_mm * PER_MM)
    result[max(top, 0) : bottom, max(left, 0) : right] = grey
    return result


def measured(
    data: bytes, filename: str = "skanning.png", limits: Limits | None = None
) -> FileMeasured:
    return measure_file(data, filename, "", limits or Limits(), KNOWN)


def documents(
    data: bytes,
    filename: str = "skanning.png",
    *,
    key: bytes = KEY,
    known: Mapping[str, Sequence[str]] | None = None,
    limits: Limits | None = None,
    trust: Trust | None = None,
) -> list[DocumentReading]:
    """Return the documents of a file, its measures passed through JSON as between processes."""
    options = KNOWN if known is None else known
    found = measure_file(data, filename, "", limits or Limits(), options, trust=trust)
    digest = digest_of(data)
    return conclude(
        [placed(FileMeasured.model_validate_json(found.model_dump_json()), 0, digest)],
        key=key,
        options=options,
        municipalities={MUNICIPALITY},
        mail_id=mail_id_of(digest),
    )


def document(data: bytes, filename: str = "skanning.png", **more: Any) -> DocumentReading:
    [only] = documents(data, filename, **more)
    return only
