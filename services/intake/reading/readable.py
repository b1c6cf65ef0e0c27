"""Whether what stands in a signature's place can be read as print.

On a fax, or under a line, letters of print run together and are as large as writing. But print
can be read, and signatures cannot.
"""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.ocr import recognise
from services.intake.reading.paper import FINE_PER_MM, PER_MM

_TALLEST_PRINT_MM = 12.0
_AROUND_MM = 1.5
_BORDER_PX = 10


def read_as_print(
    darkness: MatLike, ink: MatLike, top_mm: float, bottom_mm: float
) -> tuple[int, float]:
    """Return how many letters were recognised, and the confidence in the least sure word.

    `darkness` and `ink` (1 where it counts) are at `PER_MM`; what is written lies between `top_mm`
    and `bottom_mm` from their top. What is taller than print is not looked at.
    """
    if bottom_mm - top_mm > _TALLEST_PRINT_MM:
        return 0, 0.0
    rows = slice(
        max(round((top_mm - _AROUND_MM) * PER_MM), 0), round((bottom_mm + _AROUND_MM) * PER_MM)
    )
    columns = np.flatnonzero(ink[rows].any(axis=0))
    if len(columns) == 0:
        return 0, 0.0
    inked = np.where(ink[rows] > 0, darkness[rows], 0).astype(np.uint8)
    line = cv2.bitwise_not(inked[:, columns[0] : columns[-1] + 1])
    factor = FINE_PER_MM / PER_MM
    line = cv2.resize(line, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    b = _BORDER_PX
    found = recognise(cv2.copyMakeBorder(line, b, b, b, b, cv2.BORDER_CONSTANT, value=(255,)))
    return sum(letter.isalnum() for letter in found.text), found.confidence
