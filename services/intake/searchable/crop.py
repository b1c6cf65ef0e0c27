"""A word cut out of its page, as the recognition of single lines wants it."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.pages.page import Word

_WORD_PX: Final = 26
_BORDER_PX: Final = 10


def place_of(word: Word, shape: Sequence[int]) -> tuple[slice, slice]:
    """Return the rows and columns of a page in which a word stands."""
    height, width = shape[:2]
    return (
        slice(int(word.top * height), int(np.ceil(word.bottom * height))),
        slice(int(word.left * width), int(np.ceil(word.right * width))),
    )


def as_line(crop: MatLike) -> MatLike:
    """Return a cut-out of at least one pixel as a line of its usual height, with a white border."""
    factor = _WORD_PX / crop.shape[0]
    size = max(round(crop.shape[1] * factor), 1), _WORD_PX
    line = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    border = (_BORDER_PX, _BORDER_PX, _BORDER_PX, _BORDER_PX)
    return cv2.copyMakeBorder(line, *border, cv2.BORDER_CONSTANT, value=(255,))
