"""The demo's mails: as varied as what municipalities send, each with where it should end.

Everything follows from the seed. A `Letter` knows its truth, so that the demo can check afterwards
that every mail ended where it should, and that nothing was recorded that nobody wrote.
"""

from collections.abc import Iterator
from datetime import date

from services.console.demo.scenarios import SCENARIOS
from services.console.demo.writer import Letter, Writer
from shared.errors import UsageError

MOST_MAILS = 500


def letters(count: int, seed: int, *, key: bytes, today: date) -> Iterator[Letter]:
    """Yield `count` mails: every scenario once in forty, plain good answers in between."""
    if not 1 <= count <= MOST_MAILS:
        raise UsageError(f"--mails: between 1 and {MOST_MAILS}, not {count}.")
    writer = Writer(seed, key, today)
    for number in range(count):
        scenario = SCENARIOS[number % len(SCENARIOS)]
        yield writer.write(scenario, number)
