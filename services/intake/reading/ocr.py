"""Recognising print with Tesseract, in this process; the only importer of tesserocr.

The models are loaded once in the fork server, whose children share them. A line, or an upright
page: finding out how a page is turned ends the whole process (std::out_of_range).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from cv2.typing import MatLike

from services.intake.tessdata import missing_models, tessdata_folder

if TYPE_CHECKING:
    from tesserocr import PyTessBaseAPI

_DPI: Final = 300
_ONE_COLUMN, _ONE_LINE = 4, 7
"""Tesseract's page segmentation modes."""

_TABLE_HEAD: Final = (
    "level", "page_num", "block_num", "par_num", "line_num", "word_num",
    "left", "top", "width", "height", "conf", "text",
)  # fmt: skip
_WITHOUT_WORDS: Final = {
    # Names and addresses are not words: without the dictionaries it is sooner loaded, too.
    "load_system_dawg": "0",
    "load_freq_dawg": "0",
    "load_punc_dawg": "0",
    "load_number_dawg": "0",
    "tessedit_do_invert": "0",
}


class Model(StrEnum):
    """A language's model."""

    SWEDISH = "swe"
    ENGLISH = "eng"
    """Knows the sign @, which the Swedish one does not; knows no å, ä and ö."""


@dataclass(frozen=True)
class Recognised:
    """What a line says, its words parted by single spaces, and the least sure word's confidence."""

    text: str
    confidence: float


NOTHING: Final = Recognised("", 0.0)


def load() -> list[str]:
    """Load the models, so that processes forked from this one share them.

    Returns what is missing, a sentence each with its remedy.
    """
    _engines()
    _page_engine()
    return missing_models(tessdata_folder())


def recognise(line: MatLike, model: Model = Model.SWEDISH) -> Recognised:
    """Return what one line of print says: 8 bits, black on white.

    Nothing, if the model is not installed; `services.intake.tessdata` tells of that at the start.
    """
    engine = _engines().get(model)
    if engine is None:
        return NOTHING
    height, width = line.shape[:2]
    engine.SetImageBytes(np.ascontiguousarray(line).tobytes(), width, height, 1, width)
    engine.SetSourceResolution(_DPI)
    engine.Recognize()
    words = engine.GetUTF8Text().split()
    confidences = engine.AllWordConfidences() if words else []
    engine.Clear()
    return Recognised(" ".join(words), min(confidences, default=0) / 100)


def recognise_page(page: MatLike, timeout_s: float) -> str:
    """Return Tesseract's table (tab-separated, with a head) of an upright page in one column.

    8 bits, black on white. Swedish, with its dictionaries. Only the head, if it takes longer.
    """
    head = "\t".join(_TABLE_HEAD) + "\n"
    engine = _page_engine()
    if engine is None:
        return head
    height, width = page.shape[:2]
    engine.SetImageBytes(np.ascontiguousarray(page).tobytes(), width, height, 1, width)
    engine.SetSourceResolution(_DPI)
    in_time = engine.Recognize(round(1000 * timeout_s))
    table = engine.GetTSVText(0) if in_time else ""
    engine.Clear()
    return head + table


@cache
def _engines() -> "Mapping[Model, PyTessBaseAPI]":
    engines = {model: _engine(model, _ONE_LINE, _WITHOUT_WORDS) for model in Model}
    return {model: engine for model, engine in engines.items() if engine is not None}


@cache
def _page_engine() -> "PyTessBaseAPI | None":
    return _engine(Model.SWEDISH, _ONE_COLUMN, {})


def _engine(model: Model, layout: int, variables: Mapping[str, str]) -> "PyTessBaseAPI | None":
    # Read when the library is loaded. More threads than one take ten times as long together.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    import tesserocr

    folder = tessdata_folder()
    if folder is None or not (folder / f"{model}.traineddata").exists():
        return None
    return tesserocr.PyTessBaseAPI(
        path=str(folder),
        lang=model.value,
        psm=layout,
        oem=tesserocr.OEM.LSTM_ONLY,
        variables=variables,
    )
