"""Measure reading on random forms: `python -m tests.bench.forms.reading --good 200 --bad 200`.

Prints, for each channel: how many good forms were read by the machine alone, wrong records with
the 95 % upper bound (none in n: 3/n), unsigned taken as signed, the error rate of typed contact
data, and CPU seconds to a page, Tesseract's process included.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice

from services.console.demo.scans import Channel
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from shared.events import DocumentReading, Outcome, SignatureState, Value
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.cases import (
    FAULTS,
    INITIATIVE,
    KEY,
    MUNICIPALITY,
    OPTIONS,
    Case,
    bad_case,
    good_case,
)


@dataclass
class Score:
    """Counts over the cases of one channel."""

    good: int = 0
    good_auto: int = 0
    bad: int = 0
    wrong: list[str] = field(default_factory=list)
    unsigned_as_signed: list[str] = field(default_factory=list)
    held_back: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    letters_wrong: int = 0
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Outcomes:
    """What came of one case."""

    case: str
    channel: Channel
    good: bool
    auto: bool
    wrong: bool
    unsigned_as_signed: bool
    reasons: tuple[str, ...]
    letters: int
    letters_wrong: int
    cpu_s: float


def read(case: Case) -> DocumentReading:
    """Return the one document of a case, read as the service reads it."""
    digest = digest_of(case.data)
    measured = measure_file(case.data, case.filename, "", Limits(), {INITIATIVE: tuple(OPTIONS)})
    [reading] = conclude(
        [placed(measured, 0, digest)],
        key=KEY,
        options={INITIATIVE: tuple(OPTIONS)},
        municipalities={MUNICIPALITY},
        mail_id=mail_id_of(digest),
    )
    return reading


def is_wrong(case: Case, reading: DocumentReading) -> bool:
    """Whether the machine would record something that the paper does not say."""
    if reading.outcome is not Outcome.AUTO:
        return False
    return (
        reading.answer is None
        or reading.answer.text != case.answer
        or reading.initiative is None
        or reading.initiative.text != INITIATIVE
        or reading.municipality is None
        or reading.municipality.text != MUNICIPALITY
    )


def outcome_of_case(channel: Channel, good: bool, seed: int) -> Outcomes:
    """Make one case, read it, and compare."""
    made = good_case(seed, channel) if good else bad_case(seed, channel, FAULTS[seed % len(FAULTS)])
    before = _cpu_s()
    reading = read(made)
    spent = _cpu_s() - before
    letters, wrong_letters = (0, 0) if made.filling.handwritten else _letters(made, reading)
    return Outcomes(
        case=f"{channel.value} {made.fault or 'good'} {seed}",
        channel=channel,
        good=good,
        auto=reading.outcome is Outcome.AUTO,
        wrong=is_wrong(made, reading),
        unsigned_as_signed=not made.signed and reading.signature is SignatureState.HANDWRITTEN,
        reasons=tuple(reason.value for reason in reading.reasons),
        letters=letters,
        letters_wrong=wrong_letters,
        cpu_s=spent,
    )


def run(good: int, bad: int, channels: Iterable[Channel], workers: int) -> dict[Channel, Score]:
    """Return the score of each channel over so many good and bad cases to a channel."""
    scores: dict[Channel, Score] = {}
    with ProcessPoolExecutor(workers) as pool:
        for channel in channels:
            scores[channel] = score = Score()
            for is_good, number in ((True, good), (False, bad)):
                for outcome in pool.map(
                    partial(outcome_of_case, channel, is_good), _seeds(number), chunksize=4
                ):
                    _add(score, outcome)
    return scores


def _add(score: Score, outcome: Outcomes) -> None:
    if outcome.good:
        score.good += 1
        score.good_auto += outcome.auto
        if not outcome.auto:
            score.held_back.update(outcome.reasons)
    else:
        score.bad += 1
    if outcome.wrong:
        score.wrong.append(outcome.case)
    if outcome.unsigned_as_signed:
        score.unsigned_as_signed.append(outcome.case)
    score.letters += outcome.letters
    score.letters_wrong += outcome.letters_wrong
    score.cpu_s += outcome.cpu_s


def _seeds(number: int) -> Iterator[int]:
    return islice(count(1), number)


def _letters(case: Case, reading: DocumentReading) -> tuple[int, int]:
    """Return how many letters of contact data were typed, and how many were read wrongly."""
    read_as: dict[str, Value | None] = {
        "contact.name": reading.contact.name,
        "contact.email": reading.contact.email,
        "contact.phone": reading.contact.phone,
    }
    total = wrong = 0
    for name, value in read_as.items():
        truth = case.filling.texts.get(name, "")
        total += len(truth)
        wrong += _edits(truth, value.text if value else "")
    return total, wrong


def _edits(one: str, other: str) -> int:
    """Return the Levenshtein distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def _cpu_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--good", type=int, default=100, help="good forms to a channel")
    parser.add_argument("--bad", type=int, default=100, help="faulty forms to a channel")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--channel", action="append", choices=[c.value for c in Channel])
    asked = parser.parse_args()
    channels = [Channel(name) for name in asked.channel] if asked.channel else list(Channel)
    started = time.perf_counter()
    scores = run(asked.good, asked.bad, channels, asked.workers)
    _say("channel         good  auto    faulty  wrong (≤ 95 %)    unsigned→signed  CER    CPU/page")
    for channel, score in scores.items():
        read_pages = score.good + score.bad
        bound = 3 / read_pages if not score.wrong else float("nan")
        _say(
            f"{channel.value:14} {score.good:5} {score.good_auto / max(score.good, 1):6.1%} "
            f"{score.bad:7} {len(score.wrong):6} ({bound:.2%}) {len(score.unsigned_as_signed):16} "
            f"{score.letters_wrong / max(score.letters, 1):8.2%} "
            f"{score.cpu_s / max(read_pages, 1):7.3f} s"
        )
        for reason, times in score.held_back.most_common():
            _say(f"    held back: {reason} × {times}")
        for case in (*score.wrong, *score.unsigned_as_signed):
            _say(f"    WRONG: {case}")
    _say(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
