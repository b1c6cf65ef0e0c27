"""A receipt's event always fits the bus, however many and long the names in a mail are."""

import pytest

from services.registry.registration import MOST_EVENT_BYTES, fitting
from shared.database import Database
from shared.events import (
    Correspondence,
    DocumentKind,
    Fate,
    MailRegistered,
    Outcome,
    Reason,
    RegisteredDocument,
)
from shared.identifiers import document_id_of
from tests.unit.registry.builders import NOW, form, mail, open_register, scan_part

EMOJI = "\U0001f600"
DOCUMENT = document_id_of("m" + "0" * 23, 1)


def told(char: str, *, documents: int, files: int) -> MailRegistered:
    event = mail()
    line = RegisteredDocument(
        document_id=DOCUMENT, dnr="SKR-2024/00001", handling=1, fate=Fate.REVIEW,
        files=(char * 150,) * files, initiative_name=char * 500, answer_label=char * 500,
        municipality_name="Upplands Väsby kommun", reasons=tuple(Reason),
    )  # fmt: skip
    return MailRegistered(
        occurred_at=NOW, mail_id=event.mail_id, received_at=NOW, registered_at=NOW,
        disposition=event.disposition, documents=(line,) * documents,
        correspondence=Correspondence(
            mailbox="r@skr.example", return_path="", from_address="k@habo.example",
            references=(char * 1000,) * 40,
            manners={f"{number:060}": char * 200 for number in range(40)},
        ),
    )  # fmt: skip


def size(event: MailRegistered) -> int:
    return len(event.model_dump_json().encode())


def test_what_fits_is_left_alone() -> None:
    event = told("a", documents=3, files=1)
    assert fitting(event) is event


@pytest.mark.parametrize("char", [EMOJI, "\x01"])
@pytest.mark.parametrize(("documents", "files"), [(100, 1), (1, 1000), (100, 50)])
def test_the_largest_mail_keeps_all_its_documents_and_its_manners(
    char: str, documents: int, files: int
) -> None:
    event = told(char, documents=documents, files=files)
    smaller = fitting(event)
    assert size(smaller) <= MOST_EVENT_BYTES
    assert [line.document_id for line in smaller.documents] == [DOCUMENT] * documents
    assert smaller.correspondence.manners == event.correspondence.manners


def test_a_mail_with_a_thousand_long_names_is_registered_and_told(registry_url: str) -> None:
    register = open_register(Database(registry_url, schema="registry"))
    indexes = tuple(range(1, 1000))
    parts = tuple(
        scan_part(index).model_copy(update={"filename": EMOJI * 400}) for index in indexes
    )
    document = form(
        None, kind=DocumentKind.OTHER, outcome=Outcome.REVIEW, reasons=(Reason.TOO_MANY_PARTS,)
    ).model_copy(update={"parts": indexes})
    register.record(mail(document, parts=parts, reasons=(Reason.TOO_MANY_PARTS,)))
    [event] = register.emitted(MailRegistered)
    assert size(event) <= MOST_EVENT_BYTES
    assert len(event.documents) == 1
