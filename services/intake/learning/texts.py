"""Finding a printed text on a blank: consecutive words of one line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.learning.fields import Wanted, WrongFields
from shared.blank import PageSurveyed, Word
from shared.forms import Rect


@dataclass(frozen=True)
class Run:
    """Consecutive words of one line that read as the text asked for."""

    words: tuple[Word, ...]

    @property
    def area(self) -> Rect:
        return Rect.spanning(
            min(w.area.left_mm for w in self.words),
            min(w.area.top_mm for w in self.words),
            max(w.area.right_mm for w in self.words),
            max(w.area.bottom_mm for w in self.words),
        )

    @property
    def baseline_mm(self) -> float:
        return self.words[0].baseline_mm


def find_run(one: Wanted, page: PageSurveyed) -> Run:
    """Return the one place where a field's text stands. Raises WrongFields."""
    found = _runs(one.text, page.words)
    if not found:
        raise WrongFields(f"line {one.line}: {one.name}: “{one.text}” is not printed on the blank")
    if one.nth is not None:
        if one.nth > len(found):
            raise WrongFields(
                f"line {one.line}: {one.name}: “{one.text}” stands {len(found)} times, "
                f"not {one.nth}"
            )
        return found[one.nth - 1]
    if len(found) > 1:
        raise WrongFields(
            f"line {one.line}: {one.name}: “{one.text}” stands {len(found)} times; "
            "say which with nth, counted from the top"
        )
    return found[0]


def _runs(text: str, words: Sequence[Word]) -> list[Run]:
    """Return every place where the text stands on one line, from the top; it may end in "…"."""
    open_ended = text.endswith(("...", "…"))
    pattern = text.rstrip(".… ").split() if open_ended else text.split()
    if not pattern:
        return []
    ordered = sorted(words, key=lambda w: (round(w.baseline_mm), w.area.left_mm))
    found: list[Run] = []
    for start, first in enumerate(ordered):
        line = [
            w
            for w in ordered[start : start + 4 * len(pattern)]
            if abs(w.baseline_mm - first.baseline_mm) < 1.5 and w.area.left_mm >= first.area.left_mm
        ][: len(pattern)]
        if len(line) < len(pattern):
            continue
        same = all(w.text == p for w, p in zip(line[:-1], pattern[:-1], strict=True))
        last, wanted = line[-1].text, pattern[-1]
        if same and (last == wanted or (open_ended and last.startswith(wanted))):
            found.append(Run(tuple(line)))
    return found
