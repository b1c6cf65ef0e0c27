"""What the bus would refuse for its size is held back in steps, and no part is ever left out."""

from datetime import UTC, datetime

import pytest

from services.intake.fit import MOST_DOCUMENTS, MOST_EVENT_BYTES, fitting
from services.intake.mail.parsed import MOST_LISTED
from shared.events import (
    Contact,
    Correspondence,
    Disposition,
    DocumentKind,
    DocumentReading,
    MailboxRole,
    MailRead,
    Outcome,
    PartFate,
    PartSummary,
    Reason,
    Source,
    Value,
)
from shared.identifiers import digest_of, document_id_of, mail_id_of

DIGEST = digest_of(b"a mail")
MAIL_ID = mail_id_of(DIGEST)


def part(index: int, name: str, kind: str = "application/pdf") -> PartSummary:
    return PartSummary(
        index=index, filename=name, content_type=kind, size_bytes=100_000_000, digest=DIGEST,
        fate=PartFate.DOCUMENT,
    )  # fmt: skip


def reading(
    number: int, index: int, said: str = "", kind: DocumentKind = DocumentKind.OTHER,
    reasons: tuple[Reason, ...] = (),
) -> DocumentReading:  # fmt: skip
    return DocumentReading(
        document_id=document_id_of(MAIL_ID, number), kind=kind, outcome=Outcome.AUTO,
        parts=(index,), content=DIGEST, reasons=reasons,
        contact=Contact(name=Value(text=said, confidence=1.0, source=Source.OCR)),
    )  # fmt: skip


def read(
    parts: list[PartSummary],
    documents: list[DocumentReading],
    *,
    text: str = "hej",
    quoted: str = "",
) -> MailRead:
    return MailRead(
        occurred_at=datetime(2024, 9, 12, tzinfo=UTC), mail_id=MAIL_ID, digest=DIGEST,
        role=MailboxRole.ANSWERS, received_at=datetime(2024, 9, 12, tzinfo=UTC),
        correspondence=Correspondence(
            mailbox="r@skr.example", return_path="k@habo.example", from_address="k@habo.example",
            message_id=quoted, references=(quoted,) * 40,
            manners={f"{number:060}": quoted[:200] for number in range(40)},
        ),
        disposition=Disposition.ANSWERS, text=text, parts=tuple(parts), documents=tuple(documents),
    )  # fmt: skip


def size(event: MailRead) -> int:
    return len(event.model_dump_json().encode())


def accounted(event: MailRead) -> set[int]:
    return {index for document in event.documents for index in document.parts}


def test_what_fits_is_left_alone() -> None:
    event = read([part(0, "svar.pdf")], [reading(1, 0)])
    assert fitting(event) is event


def test_bytes_are_counted_and_not_characters() -> None:
    """Each character of the names takes four bytes."""
    kind = "application/" + "x" * 80
    parts = [part(index, "\U0001f600" * 146 + ".pdf", kind) for index in range(MOST_LISTED)]
    documents = [reading(number, number - 1) for number in range(1, 100)]
    event = read(parts, documents)
    assert len(event.model_dump_json()) < MOST_EVENT_BYTES < size(event)
    smaller = fitting(event)
    assert size(smaller) <= MOST_EVENT_BYTES
    assert smaller.mail_reasons == (Reason.TOO_MANY_PARTS,)
    assert [one.index for one in smaller.parts] == list(range(MOST_LISTED))
    assert all(one.filename.endswith("\U0001f600.pdf") for one in smaller.parts)
    assert accounted(smaller) == accounted(event)
    assert smaller.text == "hej"


def test_readings_are_held_back_first_one_document_for_each_file() -> None:
    said = "å" * 10_000
    documents = [
        reading(1, 1, said, DocumentKind.OTHER, (Reason.NO_CODE,)),
        reading(2, 1, said, DocumentKind.ANSWER),
        *(reading(number, number, said) for number in range(3, 60)),
    ]
    smaller = fitting(read([part(index, "svar.pdf") for index in range(60)], documents))
    assert len(smaller.documents) == 58
    first = smaller.documents[0]
    assert (first.kind, first.outcome) == (DocumentKind.ANSWER, Outcome.REVIEW)
    assert first.reasons == (Reason.NO_CODE, Reason.TOO_MANY_PARTS)
    assert [one.document_id for one in smaller.documents] == [
        document_id_of(MAIL_ID, number) for number in range(1, 59)
    ]
    assert {one.filename for one in smaller.parts} == {"svar.pdf"}


def test_more_documents_than_a_mail_may_bring_are_for_a_person() -> None:
    documents = [reading(number, 0) for number in range(1, MOST_DOCUMENTS + 2)]
    smaller = fitting(read([part(0, "svar.pdf")], documents))
    assert len(smaller.documents) == 1
    assert smaller.mail_reasons == (Reason.TOO_MANY_PARTS,)


@pytest.mark.parametrize("char", ["\x01", "\U0001f600", '"', "a"])
def test_the_largest_mail_that_can_be_told_of_fits(char: str) -> None:
    """A control character takes six bytes in JSON, more than any other."""
    parts = [part(index, char * 200, char * 100) for index in range(MOST_LISTED)]
    documents = [
        reading(index + 1, index, char * 500, reasons=tuple(Reason)) for index in range(MOST_LISTED)
    ]
    event = read(parts, documents, text=char * 20_000, quoted=char * 1000)
    smaller = fitting(event)
    assert size(smaller) <= MOST_EVENT_BYTES
    assert len(smaller.documents) == MOST_DOCUMENTS
    assert accounted(smaller) == set(range(MOST_LISTED))
    assert [one.index for one in smaller.parts] == list(range(MOST_LISTED))
    assert smaller.correspondence.manners == event.correspondence.manners
