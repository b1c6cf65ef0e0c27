"""Which of the letters that the registry orders may leave: the gate beside `gate.py`. Pure.

A letter that answers a mail must pass both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.notifier.gate import Caps, Question, address_key, is_robot, objections


@dataclass(frozen=True)
class LetterQuestion:
    """May this letter leave? All that a rule can know."""

    recipient: str | None
    """As SMTP takes it; None if it cannot be sent to."""
    own_addresses: frozenset[str]
    answered: Question | None
    """The mail that it answers: whoever may not be answered gets no letter either."""
    can_unsubscribe: bool
    """Whoever gets it for as long as he does not object can do so."""


LetterRule = Callable[[LetterQuestion], bool]

LETTER_RULES: Final[tuple[tuple[str, LetterRule], ...]] = (
    # A broken row of a list, or an attempt to smuggle something into a header.
    ("unsafe_recipient", lambda letter: letter.recipient is None),
    # We would be talking to ourselves.
    (
        "own_address",
        lambda letter: (
            letter.recipient is not None
            and address_key(letter.recipient) in map(address_key, letter.own_addresses)
        ),
    ),
    # Nobody reads it.
    ("no_person", lambda letter: letter.recipient is not None and is_robot(letter.recipient)),
    # A newsletter that one cannot get rid of is spam (RFC 8058).
    ("cannot_unsubscribe", lambda letter: not letter.can_unsubscribe),
)


def letter_objections(letter: LetterQuestion) -> tuple[str, ...]:
    """Return the name of every rule that forbids a letter, or an answer to the mail it answers."""
    found = [name for name, applies in LETTER_RULES if applies(letter)]
    if letter.answered is not None:
        found += objections(letter.answered)
    return tuple(dict.fromkeys(found))


def letter_cap_objections(caps: Caps, *, to_address: int, letters: int) -> tuple[str, ...]:
    """The same for the caps, given what left or waits to leave since 24 hours."""
    rows = (
        ("cap_per_address", to_address >= caps.per_address),
        ("cap_letters", letters >= caps.letters),
    )
    return tuple(name for name, reached in rows if reached)
