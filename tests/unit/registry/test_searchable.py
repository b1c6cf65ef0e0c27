"""What intake made searchable is kept beside the document: the latest, once, in any order."""

from datetime import datetime, timedelta

from services.registry.searchable import TextKeeper
from services.registry.store.details import document_detail, searchable_copy
from services.registry.tables import DocumentText
from shared.events import DocumentSearchable
from tests.unit.registry.builders import NOW, Register, form, mail


def made(document_id: str, text: str = "Håbo kommun", at: datetime = NOW) -> DocumentSearchable:
    return DocumentSearchable(
        occurred_at=at,
        mail_id=document_id.rpartition("-")[0],
        document_id=document_id,
        text=text,
        pdf="ab" * 32,
        pages=1,
    )


def test_the_text_is_kept_and_the_document_can_show_its_copy(register: Register) -> None:
    read = mail(form("ja"))
    [document] = read.documents
    register.record(read)
    before = register.ask(lambda session: document_detail(session, document.document_id))
    assert before is not None
    assert not before.searchable
    event = made(document.document_id, "Håbo\x00 kommun")
    keeper = TextKeeper(register.database)
    for _ in range(2):
        keeper.keep(event)
    [kept] = register.all(DocumentText)
    assert (kept.text, kept.made_at) == ("Håbo kommun", NOW)
    after = register.ask(lambda session: document_detail(session, document.document_id))
    assert after is not None
    assert after.searchable
    assert (after.document, after.answer) == (before.document, before.answer)


def test_it_may_come_before_its_mail_is_registered(register: Register) -> None:
    read = mail(form("ja"))
    [document] = read.documents
    TextKeeper(register.database).keep(made(document.document_id))
    register.record(read)
    copy = register.ask(lambda session: searchable_copy(session, document.document_id))
    assert copy == "ab" * 32


def test_what_was_made_last_counts_whatever_order_it_is_told_in(register: Register) -> None:
    keeper = TextKeeper(register.database)
    document_id = mail(form("ja")).documents[0].document_id
    keeper.keep(made(document_id, "ny läsning", NOW + timedelta(days=1)))
    keeper.keep(made(document_id, "gammal läsning"))
    [kept] = register.all(DocumentText)
    assert kept.text == "ny läsning"
