"""What was wrong with a returned document, and what its sender can do about it, in plain words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.events import Reason
from shared.letters.letter import Shape
from shared.letters.parts import FAULT_PARTS, PartName, steps_in_order
from shared.letters.wordings import Wordings


@dataclass(frozen=True)
class Fault:
    """One fault, and the steps that mend it."""

    what: tuple[str, ...]
    """Paragraphs."""
    steps: tuple[str, ...]


FIRST: Final = -1


def faults_of(
    reasons: Sequence[Reason],
    wordings: Wordings,
    initiative: str | None,
    values: Mapping[str, str],
    otherwise: PartName = PartName.RESEND_NOT_READ,
) -> tuple[Fault, ...]:
    """Word every fault that the sender can mend, in the order of the reasons; at least one."""
    known = dict.fromkeys(FAULT_PARTS[reason] for reason in reasons if reason in FAULT_PARTS)
    return tuple(
        fault_of(name, wordings, initiative, values) for name in tuple(known) or (otherwise,)
    )


def fault_of(
    name: PartName, wordings: Wordings, initiative: str | None, values: Mapping[str, str]
) -> Fault:
    """Word one fault."""
    blocks = wordings.word(name, initiative, values).blocks
    return Fault(
        tuple(line for each in blocks if each.shape is Shape.PARAGRAPH for line in each.lines),
        tuple(line for each in blocks if each.shape is Shape.STEPS for line in each.lines),
    )


def steps_for(faults: Iterable[Fault]) -> tuple[str, ...]:
    """Return all the steps that the faults need, each once, in the order one takes them.

    A step that staff have worded comes where it stands in its fault: after the one before it.
    """
    places: dict[str, tuple[int, int]] = {}
    for fault in faults:
        for step, place in _places(fault.steps):
            places.setdefault(step, (place, len(places)))
    return tuple(sorted(places, key=lambda step: places[step]))


def _places(steps: Iterable[str]) -> Iterator[tuple[str, int]]:
    order = {step: place for place, step in enumerate(steps_in_order())}
    place = FIRST
    for step in steps:
        place = order.get(step, place)
        yield step, place
