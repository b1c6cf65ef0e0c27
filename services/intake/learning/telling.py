"""Which words of a blank form say what it is about. Pure.

Two forms of one office differ in a few words. Those must all be seen on a scan before it counts
as a scan of this form: the initiative's name, numbers, headings, and what stands by the boxes.
"""

from collections.abc import Sequence
from statistics import median

from shared.blank import PageSurveyed, Word
from shared.forms import PrintedWord, Rect

_HEADING = 1.15
_LEAST_NAME_CHARS = 4


def telling_words(
    page: PageSurveyed, labels: Sequence[Rect], names: Sequence[str]
) -> tuple[PrintedWord, ...]:
    """Return the page's words, those marked that tell this form from another.

    `labels` are the strips beside the boxes, `names` what the initiative is called.
    """
    usual = median(word.points for word in page.words)
    of_names = {
        part.casefold() for name in names for part in name.split() if len(part) >= _LEAST_NAME_CHARS
    }
    return tuple(
        PrintedWord(
            text=word.text,
            area=word.area,
            telling=word.points >= _HEADING * usual
            or any(char.isdigit() for char in word.text)
            or word.text.strip(".,:;()”“\"'").casefold() in of_names
            or any(_within(word, label) for label in labels),
        )
        for word in page.words
    )


def _within(word: Word, label: Rect) -> bool:
    x, y = word.area.centre_mm
    return label.left_mm <= x <= label.right_mm and label.top_mm <= y <= label.bottom_mm
