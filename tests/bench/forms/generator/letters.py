"""A stroke alphabet: letters as a pen moves, for notes, contact data by hand and written names.

Points are two digits, across (0 to 6) and up: 0 is the depth of a g, 2 the line, 6 the height of
an x, 9 that of a capital. Strokes are parted by a slash.
"""

import numpy as np

from tests.bench.forms.generator.pen import Path, Pen, Sheet, pressed, smooth

_STROKES = {
    "a": "45 26 04 12 33 46/46 43 52", "b": "09 02/05 26 44 22 02", "c": "45 26 04 12 43",
    "d": "45 26 04 12 43/49 42", "e": "04 44 26 04 12 43", "f": "38 29 17 12/06 36",
    "g": "45 26 04 12 43/46 41 20 01", "h": "09 02/05 26 45 42", "i": "06 02 12/08 18",
    "j": "16 11 00/18 28", "k": "09 02/36 04 42", "l": "19 13 22",
    "m": "06 02/05 16 25 22/25 36 45 42", "n": "06 02/05 26 45 42", "o": "26 04 22 44 26",
    "p": "06 00/05 26 44 22 03", "q": "45 26 04 12 43/46 40", "r": "06 02/04 16 36",
    "s": "45 26 15 33 22 03", "t": "18 13 22 33/06 36", "u": "06 03 12 33 46/46 42",
    "v": "06 22 46", "w": "06 12 25 32 46", "x": "06 42/46 02", "y": "06 23/46 23 00",
    "z": "06 46 02 42",
    "å": "45 26 04 12 33 46/46 43 52/28 18 29 38 28", "ä": "45 26 04 12 33 46/46 43 52/18 19/38 39",
    "ö": "26 04 22 44 26/18 19/38 39", "é": "04 44 26 04 12 43/27 39",
    "A": "02 29 42/15 35", "B": "09 02/09 38 05/05 44 22 02", "C": "48 29 05 12 43",
    "D": "09 02/09 38 45 22 02", "E": "49 09 02 42/05 35", "F": "49 09 02/05 35",
    "G": "48 29 05 12 43 45 25", "H": "09 02/49 42/05 45", "I": "19 12", "J": "39 33 12 03",
    "K": "09 02/49 05 42", "L": "09 02 42", "M": "02 09 24 49 42", "N": "02 09 42 49",
    "O": "29 05 22 45 29", "P": "02 09 38 05", "Q": "29 05 22 45 29/33 51",
    "R": "02 09 38 05/15 42", "S": "48 29 17 34 12 03", "T": "09 49/29 22",
    "U": "09 03 12 33 49", "V": "09 22 49", "W": "09 12 26 32 49", "X": "09 42/49 02",
    "Y": "09 25 49/25 22", "Z": "09 49 02 42",
    "Å": "02 27 42/14 34/28 18 29 38 28", "Ä": "02 27 42/14 34/08 09/48 49",
    "Ö": "27 05 22 45 27/08 09/48 49",
    "0": "29 05 22 45 29", "1": "17 29 22", "2": "07 29 47 02 42", "3": "08 29 37 16 34 12 03",
    "4": "39 04 44/36 32", "5": "49 09 06 35 22 03", "6": "38 15 12 33 15", "7": "09 49 12",
    "8": "29 17 34 12 03 35 17 29", "9": "47 16 29 47 32", ".": "02 12", ",": "12 00",
    "-": "04 34", "@": "45 25 23 44 46 28 04 11 31", "/": "01 49", ":": "05 15/02 12",
    "_": "01 41", "!": "19 14/12 13", "?": "08 29 37 14/12 13", "(": "29 05 21", ")": "19 35 11",
}  # fmt: skip


def write(
    sheet: Sheet,
    pen: Pen,
    text: str,
    left_mm: float,
    line_mm: float,
    *,
    x_height_mm: float,
    joined: bool = False,
    slant: float | None = None,
) -> float:
    """Write on a line by hand and return where it ends. Letters that are not known are gaps."""
    random = sheet.random
    lean = float(random.uniform(-0.1, 0.5)) if slant is None else slant
    unit = x_height_mm / 4
    rise = float(random.normal(0, 0.012))
    x, last = left_mm, None
    for letter in text:
        strokes = _STROKES.get(letter)
        if strokes is None:
            x, last = x + 4 * unit, None
            continue
        size = unit * random.uniform(0.88, 1.12)
        lift = line_mm + random.normal(0, 0.08 * x_height_mm) - (x - left_mm) * rise
        right = x
        for number, stroke in enumerate(strokes.split("/")):
            points = _placed(stroke, x, lift, size, lean, random)
            right = max(right, float(points[:, 0].max()))
            if joined and number == 0 and last is not None and letter.islower():
                points = np.vstack([last, (last + points[0]) / 2 + (0, 0.12 * x_height_mm), points])
            path = smooth(points)
            sheet.draw(path, pen, pressed(path, random))
            if number == 0:
                last = points[-1]
        x = max(x + 2.5 * size, right) + unit * random.uniform(0.5, 1.4)
    return x


def _placed(
    stroke: str, x: float, line: float, unit: float, lean: float, random: np.random.Generator
) -> Path:
    pairs = np.array([(int(p[0]), int(p[1]) - 2) for p in stroke.split()], dtype=float)
    pairs += random.normal(0, 0.16, pairs.shape)
    if len(pairs) == 2 and np.hypot(*(pairs[1] - pairs[0])) < 1.2:
        pairs[1] = pairs[0] + (0.7, 0.2)
    across, up = pairs[:, 0], pairs[:, 1]
    return np.column_stack([x + (across + up * lean) * unit, line - up * unit])
