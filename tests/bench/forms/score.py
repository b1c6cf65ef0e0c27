"""What became of one document, and the tally of many; tallies of several runs can be summed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from shared.events import DocumentReading, Outcome, Reason, SignatureState, Value
from tests.bench.forms.generator.case import Case, Signed
from tests.bench.forms.generator.fillings import Kind
from tests.bench.forms.product import Read

CONTACT = ("name", "email", "phone")


@dataclass(frozen=True)
class Result:
    """One document: its truth beside what was read. `case` is seed:index."""

    case: str
    channel: str
    kind: str
    what: str
    outcome: str
    reasons: tuple[str, ...]
    answer: str | None
    wrong: bool
    unsigned: bool
    signed_wrongly: bool
    doubtfully_signed: bool
    returned_wrongly: bool
    letters: int
    letters_wrong: int
    wall_s: float
    cpu_s: float
    memory_mib: float
    drawn: dict[str, Any]


def score(case: Case, read: Read, initiative: str, municipality: str) -> Result:
    """Compare a case with what was read of it."""
    truth, documents = case.truth, read.documents
    [document] = documents if len(documents) == 1 else [None]
    outcome = "several" if document is None else document.outcome.value
    auto = any(one.outcome is Outcome.AUTO for one in documents)
    handwritten = any(one.signature in _SIGNED for one in documents)
    right = document is not None and _says(document, initiative, municipality, truth.answer)
    letters, letters_wrong = (0, 0)
    if truth.typed and document is not None and truth.kind is Kind.GOOD and _is_laid(document):
        letters, letters_wrong = _letters(truth.texts, document)
    return Result(
        case=case.name,
        channel=case.channel,
        kind=truth.kind.value,
        what=case.what,
        outcome=outcome,
        reasons=tuple(reason.value for one in documents for reason in one.reasons),
        answer=document.answer.text if document is not None and document.answer else None,
        wrong=auto and (truth.answer is None or not right),
        unsigned=truth.signed is Signed.NO,
        signed_wrongly=truth.signed is Signed.NO and handwritten,
        doubtfully_signed=truth.signed is Signed.UNCLEAR and handwritten,
        returned_wrongly=truth.kind in (Kind.GOOD, Kind.ODD) and outcome == Outcome.RETURN.value,
        letters=letters,
        letters_wrong=letters_wrong,
        wall_s=read.wall_s,
        cpu_s=read.cpu_s,
        memory_mib=read.memory_mib,
        drawn=case.drawn,
    )


def _is_laid(document: DocumentReading) -> bool:
    """Whether the reader is sure where the form's fields lie; where it is not, it says so."""
    return Reason.REGISTRATION_FAILED not in document.reasons


_SIGNED = (SignatureState.HANDWRITTEN, SignatureState.ELECTRONIC)


def _says(
    document: DocumentReading, initiative: str, municipality: str, answer: str | None
) -> bool:
    def text(value: Value | None) -> str | None:
        return value.text if value else None

    return (text(document.initiative), text(document.municipality), text(document.answer)) == (
        initiative, municipality, answer,
    )  # fmt: skip


def _letters(texts: dict[str, str], document: DocumentReading) -> tuple[int, int]:
    """Return how many letters of contact data were typed, and how many were read wrongly.

    Spaces and capitals count, and so does what a fold, a streak or a stamp covers.
    """
    total = wrong = 0
    for name in CONTACT:
        value: Value | None = getattr(document.contact, name)
        said = texts.get(f"contact.{name}", "")
        total += len(said)
        wrong += min(edits(said, value.text if value else ""), len(said))
    return total, wrong


def edits(one: str, other: str) -> int:
    """Return the Levenshtein distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


@dataclass
class Tally:
    """Counts over the documents of one channel."""

    documents: int = 0
    good: int = 0
    good_auto: int = 0
    wrong: list[str] = field(default_factory=list)
    unsigned: int = 0
    signed_wrongly: list[str] = field(default_factory=list)
    doubtfully_signed: list[str] = field(default_factory=list)
    returned_wrongly: list[str] = field(default_factory=list)
    held_back: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    letters_wrong: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    grey_300: int = 0
    grey_300_cpu_s: float = 0.0
    memory_mib: float = 0.0

    def add(self, result: Result) -> None:
        case = f"{result.case} {result.what}"
        self.documents += 1
        if result.kind == Kind.GOOD.value:
            self.good += 1
            self.good_auto += result.outcome == Outcome.AUTO.value
            if result.outcome != Outcome.AUTO.value:
                self.held_back.update(set(result.reasons))
        self.unsigned += result.unsigned
        for happened, cases in (
            (result.wrong, self.wrong),
            (result.signed_wrongly, self.signed_wrongly),
            (result.doubtfully_signed, self.doubtfully_signed),
            (result.returned_wrongly, self.returned_wrongly),
        ):
            if happened:
                cases.append(case)
        self.letters += result.letters
        self.letters_wrong += result.letters_wrong
        self.wall_s += result.wall_s
        self.cpu_s += result.cpu_s
        if (result.drawn.get("mode"), result.drawn.get("dpi")) == ("grey", 300):
            self.grey_300 += 1
            self.grey_300_cpu_s += result.cpu_s
        self.memory_mib = max(self.memory_mib, result.memory_mib)

    def merge(self, other: Self) -> None:
        """Count another run's documents too."""
        for name, value in vars(other).items():
            if name == "memory_mib":
                self.memory_mib = max(self.memory_mib, other.memory_mib)
            else:
                setattr(self, name, getattr(self, name) + value)

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "held_back": dict(self.held_back)}

    @classmethod
    def from_json(cls, read: dict[str, Any]) -> Self:
        return cls(**{**read, "held_back": Counter(read["held_back"])})


def tallied(results: Iterable[Result]) -> dict[str, Tally]:
    """Return the tally of each channel."""
    tallies: dict[str, Tally] = {}
    for result in results:
        tallies.setdefault(result.channel, Tally()).add(result)
    return tallies


def total(tallies: Iterable[Tally]) -> Tally:
    """Return all channels together."""
    everything = Tally()
    for tally in tallies:
        everything.merge(tally)
    return everything


def bound_95(errors: int, n: int) -> float:
    """Return an upper 95 % bound on a rate: the rule of three, Poisson's for a few errors."""
    if n == 0:
        return 1.0
    # Half of chi-square's 95 % quantile with 2 (errors + 1) degrees of freedom.
    exact = (3.0, 4.74, 6.30, 7.75, 9.15, 10.51, 11.84, 13.15, 14.43, 15.71, 16.96)
    most = exact[errors] if errors < len(exact) else errors + 2 * (errors + 1) ** 0.5 + 1
    return min(most / n, 1.0)
