"""A reading that is too large for the bus, made to fit. Pure.

NATS counts bytes, and takes 1 MiB. What does not fit is held back in steps, the least missed first;
the mail then has the reason `too_many_parts`, so that a person looks at the original. Every part
stays in the list: names may be shortened, parts are never left out.
"""

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Final

from shared.events import DocumentKind, DocumentReading, MailRead, Outcome, PartSummary, Reason
from shared.identifiers import document_id_of

MOST_EVENT_BYTES: Final = 900_000
MOST_DOCUMENTS: Final = 100
"""Of one mail; each becomes a row, a number and a line of the receipt."""
_NAME: Final = 20
_CONTENT_TYPE: Final = 30
_TEXT: Final = 2_000
_REFERENCES: Final = 5


def fitting(read: MailRead) -> MailRead:
    """The event as the bus takes it: the same, or with something held back for a person."""
    if _fits(read) and len(read.documents) <= MOST_DOCUMENTS:
        return read
    reasons = tuple(dict.fromkeys((*read.mail_reasons, Reason.TOO_MANY_PARTS)))
    smaller = read.model_copy(update={"mail_reasons": reasons})
    for step in _STEPS:
        smaller = step(smaller)
        if _fits(smaller):
            break
    return smaller


def _fits(read: MailRead) -> bool:
    return len(read.model_dump_json().encode()) <= MOST_EVENT_BYTES


def _without_readings(read: MailRead) -> MailRead:
    """One bare document for each file, and one for all the files beyond the number allowed."""
    files: dict[tuple[int, ...], list[DocumentReading]] = {}
    for document in read.documents:
        files.setdefault(document.parts, []).append(document)
    groups = list(files.values())
    rest = [document for group in groups[MOST_DOCUMENTS - 1 :] for document in group]
    if len(groups) > MOST_DOCUMENTS:
        groups = [*groups[: MOST_DOCUMENTS - 1], rest]
    bare = tuple(_bare(read, number, group) for number, group in enumerate(groups, start=1))
    return read.model_copy(update={"documents": bare})


def _bare(read: MailRead, number: int, group: Sequence[DocumentReading]) -> DocumentReading:
    reasons = [reason for document in group for reason in document.reasons]
    kinds = {document.kind for document in group}
    return DocumentReading(
        document_id=document_id_of(read.mail_id, number),
        kind=DocumentKind.ANSWER if DocumentKind.ANSWER in kinds else group[0].kind,
        outcome=Outcome.REVIEW,
        reasons=tuple(dict.fromkeys((*reasons, Reason.TOO_MANY_PARTS))),
        parts=tuple(dict.fromkeys(part for document in group for part in document.parts)),
        content=group[0].content,
    )


def _short_names(read: MailRead) -> MailRead:
    return read.model_copy(update={"parts": tuple(_short(part) for part in read.parts)})


def _short(part: PartSummary) -> PartSummary:
    ending = PurePosixPath(part.filename).suffix[:5]
    name = part.filename
    if len(name) > _NAME:
        name = name[: _NAME - len(ending)] + ending
    return part.model_copy(
        update={"filename": name, "content_type": part.content_type[:_CONTENT_TYPE]}
    )


def _short_text(read: MailRead) -> MailRead:
    return read.model_copy(update={"text": read.text[:_TEXT]})


def _few_references(read: MailRead) -> MailRead:
    """The last ones are those nearest to the mail; the headers that forbid an answer all stay."""
    about = read.correspondence
    few = about.model_copy(update={"references": about.references[-_REFERENCES:]})
    return read.model_copy(update={"correspondence": few})


_STEPS: Final[tuple[Callable[[MailRead], MailRead], ...]] = (
    _without_readings,
    _short_names,
    _short_text,
    _few_references,
)
