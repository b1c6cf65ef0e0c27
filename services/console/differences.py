"""What the present reader would make of documents, beside what was recorded. Pure.

What is recorded is the truth here, whoever recorded it: a person's answer that the machine would
now contradict is as bad as one of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.events import DocumentReading, Outcome, Value


class Change(StrEnum):
    """How a document would fare now; the worst first."""

    DIFFERENT_ANSWER = "different_answer"
    """An answer is recorded, or was read by the machine alone, and would now be read as another."""
    NO_LONGER_AUTO = "no_longer_auto"
    GONE = "gone"
    """The mail's files would be put together to other documents."""
    NEW = "new"
    OTHERWISE = "otherwise"
    """Neither the answer nor who decides is another; a reason, the signature, the kind."""
    NOW_AUTO = "now_auto"
    SAME = "same"


@dataclass(frozen=True)
class Recorded:
    """A document as it was registered. `answer` is initiative, municipality and option of the
    answer that was recorded of it, and `by` who recorded it; voided, it counts for nothing.
    """

    reading: DocumentReading
    answer: tuple[str, str, str] | None = None
    by: str = ""
    voided: bool = False


@dataclass(frozen=True)
class Said:
    """What a reading amounts to, in the words of `handslag read --json`."""

    outcome: str
    kind: str
    initiative: str | None
    municipality: str | None
    answer: str | None
    signature: str | None
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "reasons": list(self.reasons)}


@dataclass(frozen=True)
class Difference:
    """One document, before and now. `recorded` is the answer that stands in the register."""

    mail_id: str
    document_id: str
    change: Change
    before: Said | None
    now: Said | None
    recorded: tuple[str, str, str] | None = None
    recorded_by: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "mail": self.mail_id,
            "document": self.document_id,
            "change": self.change.value,
            "before": self.before.as_dict() if self.before else None,
            "now": self.now.as_dict() if self.now else None,
            "recorded": list(self.recorded) if self.recorded else None,
            "recorded_by": self.recorded_by,
        }

    def aspects(self) -> Iterator[tuple[str, str, str]]:
        """What differs: its name, before, now."""
        if self.before is None or self.now is None:
            return
        now = self.now.as_dict()
        for name, before in self.before.as_dict().items():
            if before != now[name]:
                yield name, _in_words(before), _in_words(now[name])


def differences(
    mail_id: str, before: Sequence[Recorded], now: Sequence[DocumentReading]
) -> list[Difference]:
    """Compare the documents of one mail, those that stand on the same pages with each other."""
    pairs, gone, new = _paired(before, now)
    return [
        *(_compared(mail_id, recorded, reading) for recorded, reading in pairs),
        *(_lone(mail_id, one) for one in gone),
        *(Difference(mail_id, one.document_id, Change.NEW, None, said(one)) for one in new),
    ]


def said(reading: DocumentReading) -> Said:
    """Return what a reading amounts to."""
    return Said(
        outcome=reading.outcome.value,
        kind=reading.kind.value,
        initiative=_text(reading.initiative),
        municipality=_text(reading.municipality),
        answer=_text(reading.answer),
        signature=reading.signature.value if reading.signature else None,
        reasons=tuple(sorted(reason.value for reason in reading.reasons)),
    )


def _compared(mail_id: str, recorded: Recorded, reading: DocumentReading) -> Difference:
    before, now = said(recorded.reading), said(reading)
    return Difference(
        mail_id,
        recorded.reading.document_id,
        _change(recorded, before, now),
        before,
        now,
        recorded.answer,
        recorded.by,
    )


def _change(recorded: Recorded, before: Said, now: Said) -> Change:
    was_auto, is_auto = before.outcome == Outcome.AUTO, now.outcome == Outcome.AUTO
    if not recorded.voided and _contradicts(recorded, before, now, machine_alone=was_auto):
        return Change.DIFFERENT_ANSWER
    if was_auto and not is_auto:
        return Change.NO_LONGER_AUTO
    if is_auto and not was_auto:
        return Change.NOW_AUTO
    return Change.SAME if before == now else Change.OTHERWISE


def _contradicts(recorded: Recorded, before: Said, now: Said, *, machine_alone: bool) -> bool:
    """Whether what is said now differs from an answer that stands; silence is no contradiction.

    Beside a person's answer the machine's doubtful reading is only a proposal.
    """
    stands = recorded.answer or (before.initiative, before.municipality, before.answer)
    if recorded.answer is None and not machine_alone:
        return False
    if not machine_alone and now.outcome != Outcome.AUTO:
        return False
    says = (now.initiative, now.municipality, now.answer)
    return any(one and other and one != other for one, other in zip(stands, says, strict=True))


def _lone(mail_id: str, recorded: Recorded) -> Difference:
    return Difference(
        mail_id,
        recorded.reading.document_id,
        Change.GONE,
        said(recorded.reading),
        None,
        recorded.answer,
        recorded.by,
    )


def _paired(
    before: Sequence[Recorded], now: Sequence[DocumentReading]
) -> tuple[list[tuple[Recorded, DocumentReading]], list[Recorded], list[DocumentReading]]:
    """Pair by the pages they stand on; then by file and what they are about; then by number."""
    pairs: list[tuple[Recorded, DocumentReading]] = []
    left, right = list(before), list(now)
    for key in (_pages, _about, _number):
        for recorded in tuple(left):
            match = next((one for one in right if key(one) == key(recorded.reading)), None)
            if match is not None:
                pairs.append((recorded, match))
                left.remove(recorded)
                right.remove(match)
    return pairs, left, right


def _pages(reading: DocumentReading) -> object:
    return reading.content, tuple((page.part, page.source_page) for page in reading.pages)


def _about(reading: DocumentReading) -> object:
    return reading.content, _text(reading.initiative), _text(reading.municipality)


def _number(reading: DocumentReading) -> object:
    return reading.document_id


def _text(value: Value | None) -> str | None:
    return value.text if value else None


def _in_words(value: str | Iterable[str] | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else ", ".join(value) or "–"
