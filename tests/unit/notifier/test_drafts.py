"""From an event to a mail that may be queued, whatever its words come to."""

from dataclasses import replace

import pytest

from services.notifier.compose import Mail, compose_receipt
from services.notifier.drafts import draft_receipt
from shared.letters.parts import PartName
from shared.letters.template import Template
from shared.letters.wordings import FOR_ALL, Refused, Wordings
from tests.unit.notifier.builders import document, house, registered, text_of

OWN = {(PartName.NOTE_AUTOMATIC, FOR_ALL): Template("", "", "Hälsningar från staben.")}
EVENT = registered(document())


def test_a_mail_that_cannot_be_made_with_staffs_words_is_made_with_the_delivered_ones() -> None:
    def made(words: Wordings) -> Mail:
        mail = compose_receipt(EVENT, house(), words)
        if words.used:
            raise ValueError("går inte att skriva")
        return mail

    draft = replace(draft_receipt(EVENT, house(), Wordings(OWN)), compose_with=made)
    mail = draft.compose()
    assert "staben" not in text_of(mail.data)
    assert mail == compose_receipt(EVENT, house())
    (refused,) = draft.wordings.refused
    assert refused == Refused(PartName.NOTE_AUTOMATIC, FOR_ALL, "går inte att skriva")


def test_a_fault_that_is_not_the_words_is_not_put_on_them() -> None:
    def made(words: Wordings) -> Mail:
        raise OSError("the disk is full")

    draft = replace(draft_receipt(EVENT, house(), Wordings(OWN)), compose_with=made)
    with pytest.raises(OSError, match="the disk is full"):
        draft.compose()
    assert draft.wordings.refused == []


def test_words_change_nothing_but_the_words() -> None:
    worded = compose_receipt(EVENT, house(), Wordings(OWN)).data
    delivered = compose_receipt(EVENT, house()).data
    assert "Hälsningar från staben." in text_of(worded)
    headers = worded.partition(b"\r\n\r\n")[0]
    assert headers == delivered.partition(b"\r\n\r\n")[0]
