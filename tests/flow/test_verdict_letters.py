"""Letters that follow from a verdict: who took a contact's place, who answers a question."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.registry.amend import Amended, Amender, mark_of, said_in
from services.registry.contact_letters import Confirming
from services.registry.domain.amendment import Correct
from services.registry.domain.resolution import Details, LeaveOut, ToQuestions
from services.registry.resolve import Resolved, Resolver
from services.registry.settings import RegistrySection
from services.registry.tables import Answer, Mail, MailState, OrderedLetter
from shared.events import (
    Disposition,
    LetterKind,
    LetterOrdered,
    Reason,
    ResolutionUndone,
)
from tests.flow.test_resolve import LATER, RUT, attach, carried_out, doubtful, uncoded
from tests.unit.registry.builders import NOW, Register, form, mail, typed

CONFIRMING = Confirming("svar@skr.se", "fragor@skr.se")
TO_UNDO = timedelta(minutes=5)


def resolver_of(
    register: Register, confirming: Confirming | None = CONFIRMING, **settings: Any
) -> Resolver:
    return Resolver(
        register.database, RegistrySection(**settings), lambda: LATER, lambda: None, confirming
    )


@pytest.fixture
def replaced(register: Register) -> str:
    """A newer answer names Bo where Anna stood; return the verdict."""
    register.record(mail(form("ja", **typed()), name="first"))
    register.record(mail(doubtful("nej", scan="b"), name="second"))
    (standing,) = register.all(Answer)
    verdict = attach(
        "nej",
        replaces=standing.document_id,
        contact_name="Bo Ek",
        contact_email="bo.ek@umea.se",
    )
    return carried_out(register, resolver_of(register), verdict)


def test_a_newer_answer_with_another_contact_tells_the_old_and_the_new(
    register: Register, replaced: str
) -> None:
    new, old = register.emitted(LetterOrdered)
    assert (new.recipient, old.recipient) == ("bo.ek@umea.se", "anna.ek@umea.se")
    assert new.kind is old.kind is LetterKind.CONTACT_CHANGED
    assert new.subject_line.startswith("Du är kontaktperson för Umeå kommun")
    assert old.subject_line.startswith("Du är inte längre kontaktperson för Umeå kommun")
    assert "svar@skr.se" in old.text
    assert "fragor@skr.se" in new.text
    assert {new.send_after, old.send_after} == {LATER + TO_UNDO}
    assert {one.municipality for one in register.all(OrderedLetter)} == {"2480"}


def test_neither_is_told_of_what_is_taken_back(register: Register, replaced: str) -> None:
    assert isinstance(resolver_of(register).undo(replaced, RUT), Resolved)
    told = {one.resolution for one in register.emitted(ResolutionUndone)}
    letters = {one.letter_id for one in register.emitted(LetterOrdered)}
    assert told == {UUID(replaced), *letters}


def test_a_newer_answer_with_the_same_contact_tells_nobody(register: Register) -> None:
    register.record(mail(form("ja", **typed()), name="first"))
    register.record(mail(doubtful("nej", scan="b"), name="second"))
    (standing,) = register.all(Answer)
    verdict = attach("nej", replaces=standing.document_id, contact_email="ANNA.EK@umea.se")
    carried_out(register, resolver_of(register), verdict)
    assert register.emitted(LetterOrdered) == []


def test_nobody_is_told_where_the_settings_say_so(register: Register) -> None:
    register.record(mail(form("ja", **typed()), name="first"))
    register.record(mail(doubtful("nej", scan="b"), name="second"))
    (standing,) = register.all(Answer)
    verdict = attach("nej", replaces=standing.document_id, contact_email="bo.ek@umea.se")
    carried_out(register, resolver_of(register, confirming=None), verdict)
    assert register.emitted(LetterOrdered) == []


def test_a_corrected_address_is_told_to_both(register: Register) -> None:
    register.record(mail(form("ja", **typed())))
    (answer,) = register.all(Answer)
    said = said_in(answer)
    details = Details(**{**vars(said.details), "contact_email": "bo.ek@umea.se"})
    correction = Correct(type(said)(said.answer, said.signature, details), "Fel avläst")
    amender = Amender(register.database, lambda: LATER, lambda: None, CONFIRMING)
    done = amender.amend(answer.document_id, mark_of(answer), correction, RUT)
    assert done == Amended()
    assert [one.recipient for one in register.emitted(LetterOrdered)] == [
        "bo.ek@umea.se",
        "anna.ek@umea.se",
    ]


def test_who_asked_is_told_that_the_question_is_handed_over_and_to_whom(
    register: Register,
) -> None:
    event = mail(uncoded(), subject="Får vi svara senare?")
    register.record(event)
    resolution = carried_out(register, resolver_of(register), ToQuestions())
    (letter,) = register.emitted(LetterOrdered)
    assert letter.kind is LetterKind.QUESTION_FORWARDED
    assert letter.recipient == event.correspondence.return_path
    assert letter.answers is not None
    assert letter.answers.mail_id == event.mail_id
    assert "programkontoret, som svarar er" in letter.text
    assert letter.send_after == LATER + TO_UNDO
    resolver_of(register).undo(resolution, RUT)
    (undone,) = register.emitted(ResolutionUndone)
    assert undone.resolution == letter.letter_id


def test_a_mail_without_a_document_can_be_handed_over_as_a_question_too(
    register: Register,
) -> None:
    event = mail(disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,))
    register.record(event)
    resolution = carried_out(register, resolver_of(register), ToQuestions())
    (kept,) = register.all(Mail)
    assert kept.state is MailState.HANDLED
    (letter,) = register.emitted(LetterOrdered)
    assert letter.document_id is None
    assert "SKR 2024/00001" in letter.text
    resolver_of(register).undo(resolution, RUT)
    assert register.all(Mail)[0].state is MailState.REVIEW


def test_a_question_is_not_acknowledged_where_nobody_is_named(register: Register) -> None:
    register.record(mail(uncoded()))
    carried_out(register, resolver_of(register, questions_answered_by=""), ToQuestions())
    assert register.emitted(LetterOrdered) == []


def test_other_verdicts_order_no_letter(register: Register) -> None:
    register.record(mail(uncoded(), received_at=NOW))
    carried_out(register, resolver_of(register), LeaveOut("Reklam"))
    assert register.emitted(LetterOrdered) == []
