"""What becomes of needs: whether a file is the template, what it lacks, and which mail is one.

Pure. Nothing is decided about a need but where it goes: to the needs, with what was read of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from services.intake.mail.triage import Sorted
from services.intake.reading.measured import NeedMeasured
from shared.events import (
    NEED_NOTES,
    Disposition,
    DocumentKind,
    DocumentReading,
    NeedReading,
    Outcome,
    Reason,
    Source,
    Value,
)
from shared.needs import NeedField, missing

LEAST_CONTROLS: Final = 3
LEAST_LABELS_WITH_HEADING: Final = 2
LEAST_OWN_LABELS: Final = 4
LEAST_LABELS: Final = 4
"""In others' words, with the need itself among them: a letter may well have a few."""

FILE_FAULTS: Final = frozenset(
    {
        Reason.UNREADABLE_FILE,
        Reason.FILE_REPAIRED,
        Reason.LOCKED_FILE,
        Reason.EMPTY_FILE,
        Reason.UNSUPPORTED_FORMAT,
        Reason.TOO_LARGE,
        Reason.TOO_MANY_PAGES,
        Reason.TOO_MANY_PIXELS,
        Reason.READER_TIMEOUT,
        Reason.READER_MEMORY,
        Reason.READER_CRASHED,
        Reason.READER_BUDGET,
        Reason.BLANK_PAGE,
    }
)
"""What is wrong with the file itself, whatever kind of document it is."""


def is_template(measured: NeedMeasured | None) -> bool:
    """Whether what was found in a file is the needs template, perhaps retyped or cut down."""
    if measured is None:
        return False
    labels = measured.own_labels + measured.other_labels
    says_the_need = any(one.field is NeedField.PROBLEM for one in measured.fields)
    return (
        measured.controls >= LEAST_CONTROLS
        or (measured.heading and labels >= LEAST_LABELS_WITH_HEADING)
        or measured.own_labels >= LEAST_OWN_LABELS
        or (labels >= LEAST_LABELS and says_the_need)
    )


def reading_of(measured: NeedMeasured) -> tuple[NeedReading, tuple[Reason, ...]]:
    """Return what a filled template says, and what is to be said about it."""
    fields = {
        one.field.value: Value(
            text=one.text,
            confidence=min(max(round(one.confidence, 3), 0.0), 1.0),
            source=one.source,
            area=one.area,
        )
        for one in measured.fields
        # What was written by hand and not read is not missing either.
        if one.text.strip() or one.source is Source.INK
    }
    lacking = missing([NeedField(key) for key in fields])
    reasons = [Reason.NEED_INCOMPLETE] if lacking else []
    if not all(one.agrees for one in measured.fields):
        reasons.append(Reason.FIELDS_CONTRADICT_PIXELS)
    reading = NeedReading(
        with_template=True, fields=fields, missing=tuple(field.value for field in lacking)
    )
    return reading, tuple(reasons)


def outcome_of(reasons: Iterable[Reason]) -> Outcome:
    """Return what a need's reasons amount to: what is only noted holds it back from nothing."""
    return Outcome.AUTO if NEED_NOTES.issuperset(reasons) else Outcome.REVIEW


def settled(
    found: Sorted, documents: Sequence[DocumentReading]
) -> tuple[Sorted, list[DocumentReading]]:
    """Return what a mail is, now that its documents are known, and the documents as what they are.

    An answer form that came to the mailbox for needs is an answer all the same, and the other way
    round. In a mail of needs, what is not the template is a need in somebody's own words.
    """
    kinds = {document.kind for document in documents}
    if found.disposition is Disposition.NEED and DocumentKind.ANSWER in kinds:
        return replace(found, disposition=Disposition.ANSWERS, rule="answer_among_needs"), [
            *documents
        ]
    if found.disposition is Disposition.ANSWERS and kinds == {DocumentKind.NEED}:
        found = replace(found, disposition=Disposition.NEED, rule="need_among_answers")
    if found.disposition is not Disposition.NEED:
        return found, [*documents]
    has_template = DocumentKind.NEED in kinds
    return found, [_as_need(document, has_template=has_template) for document in documents]


def _as_need(document: DocumentReading, *, has_template: bool) -> DocumentReading:
    """A description of a need has no code and no boxes; only a faulty file is a doubt.

    Beside the template, another file is its appendix.
    """
    if document.kind is not DocumentKind.OTHER:
        return document
    reasons = [reason for reason in document.reasons if reason in FILE_FAULTS]
    in_own_words = not reasons and not has_template
    if in_own_words:
        reasons.append(Reason.NEED_WITHOUT_TEMPLATE)
    return document.model_copy(
        update={
            "kind": DocumentKind.NEED,
            "reasons": tuple(reasons),
            "outcome": outcome_of(reasons),
            "need": NeedReading(with_template=False) if in_own_words else None,
        }
    )
