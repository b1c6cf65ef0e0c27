"""A recorded answer is voided or corrected by a person: written, told, refused; both databases."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.registry.amend import Amended, Amender, NoSuchAnswer, mark_of, said_in
from services.registry.domain.amendment import Amendment, Correct, Void
from services.registry.domain.resolution import Details, Objection
from services.registry.resolve import Refused, Resolver
from services.registry.settings import RegistrySection
from services.registry.store.answers import AnswerState, answer_lines, former_answers
from services.registry.tables import (
    Answer,
    AnswerStatus,
    ContactPerson,
    EventLog,
    Resolution,
    ReviewItem,
)
from shared.events import AnswerRecorded, AnswerVoided, Outcome, Reason, SignatureState
from tests.flow.test_resolve import attach
from tests.unit.registry.builders import KOMPETENS, UMEA, Register, form, mail, typed

LATER = datetime(2024, 9, 13, 8, 0, tzinfo=UTC)
RUT = "rut"
WHY = "Kommunen skickade fel papper."


@pytest.fixture
def amender(register: Register) -> Amender:
    return Amender(register.database, lambda: LATER, lambda: None)


def recorded(register: Register) -> Answer:
    register.record(mail(form("ja", **typed())))
    (answer,) = register.all(Answer)
    return answer


def amend(amender: Amender, answer: Answer, amendment: Amendment) -> Amended | Refused:
    return amender.amend(answer.document_id, mark_of(answer), amendment, RUT)


def corrected(answer: Answer, *, said: str = "nej", why: str = WHY, **details: str) -> Correct:
    now = said_in(answer)
    return Correct(replace(now, answer=said, details=replace(now.details, **details)), why)


def logged(register: Register, what: str) -> EventLog:
    (line,) = [one for one in register.all(EventLog) if one.what == what]
    return line


# --- makulera --------------------------------------------------------------------------------


def test_a_voided_answer_stays_with_who_when_and_why_and_the_municipality_is_silent_again(
    register: Register, amender: Amender
) -> None:
    answer = recorded(register)
    assert amend(amender, answer, Void(WHY)) == Amended()
    (kept,) = register.all(Answer)
    assert (kept.status, kept.answer) == (AnswerStatus.VOIDED, "ja")
    assert (kept.ended_at, kept.ended_by, kept.ended_why) == (LATER, RUT, WHY)
    (line,) = register.ask(lambda session: answer_lines(session, KOMPETENS, (UMEA,)))
    assert line.state is AnswerState.MISSING
    (told,) = register.emitted(AnswerVoided)
    assert (told.initiative, told.municipality, told.by) == (KOMPETENS, UMEA, RUT)
    entry = logged(register, "answer.voided")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.who, entry.before["status"], entry.before["answer"]) == (RUT, "current", "ja")
    assert entry.after == {"status": "voided", "why": WHY}


def test_the_next_answer_after_a_voided_one_is_recorded_by_itself(
    register: Register, amender: Amender
) -> None:
    old = recorded(register)
    amend(amender, old, Void(WHY))
    register.record(mail(form("nej", scan="b"), name="b"))
    assert [one.answer for one in register.all(Answer) if one.status == "current"] == ["nej"]
    (former,) = register.ask(
        lambda session: former_answers(session, KOMPETENS, UMEA, besides="another")
    )
    assert former.answer.document_id == old.document_id


# --- rätta -----------------------------------------------------------------------------------


def test_a_corrected_answer_says_the_right_thing_and_the_log_what_stood_before(
    register: Register, amender: Amender
) -> None:
    answer = recorded(register)
    change = corrected(answer, said="nej", contact_name="Bo Ek", contact_email="bo@umea.se")
    assert amend(amender, answer, change) == Amended()
    (kept,) = register.all(Answer)
    assert (kept.status, kept.answer, kept.contact_name) == (AnswerStatus.CURRENT, "nej", "Bo Ek")
    assert (kept.recorded_by, kept.recorded_at) == (RUT, LATER)
    assert kept.received_at == answer.received_at
    (contact,) = register.all(ContactPerson)
    assert (contact.name, contact.email) == ("Bo Ek", "bo@umea.se")
    assert [one.answer for one in register.emitted(AnswerRecorded)] == ["ja", "nej"]
    entry = logged(register, "answer.corrected")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["answer"], entry.after["answer"]) == ("ja", "nej")
    assert entry.before["details"]["contact_name"] == answer.contact_name
    assert (entry.after["details"]["contact_name"], entry.after["why"]) == ("Bo Ek", WHY)


def test_a_verdict_whose_answer_was_corrected_is_not_taken_back(
    register: Register, amender: Amender
) -> None:
    register.record(mail(form("ja", outcome=Outcome.REVIEW, reasons=(Reason.MARK_DOUBTFUL,))))
    resolver = Resolver(register.database, RegistrySection(), lambda: LATER, lambda: None)
    (item,) = register.all(ReviewItem)
    assert item.id is not None
    resolver.resolve(item.id, item.revision, attach(), RUT)
    later = Amender(register.database, lambda: LATER.replace(hour=9), lambda: None)
    (answer,) = register.all(Answer)
    assert amend(later, answer, corrected(answer)) == Amended()
    (resolution,) = register.all(Resolution)
    assert resolver.undo(resolution.id, RUT) == Refused((Objection.BUILT_UPON,))


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amendment", "objection"),
    [
        (lambda _: Void("  "), Objection.NO_REASON),
        (lambda _: Void("x" * 2001), Objection.TEXT_TOO_LONG),
        (lambda answer: corrected(answer, why=""), Objection.NO_REASON),
        (lambda answer: corrected(answer, said="kanske"), Objection.UNKNOWN_ANSWER),
        (lambda answer: corrected(answer, contact_email="bo at umea"), Objection.BAD_ADDRESS),
        (lambda answer: corrected(answer, contact_name="x" * 301), Objection.TEXT_TOO_LONG),
        (lambda answer: Correct(said_in(answer), WHY), Objection.UNCHANGED),
        (
            lambda answer: Correct(replace(said_in(answer), signature=SignatureState.MISSING), WHY),
            Objection.NOT_SIGNED,
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    register: Register, amender: Amender, amendment, objection: Objection
) -> None:
    answer = recorded(register)
    assert amend(amender, answer, amendment(answer)) == Refused((objection,))
    assert register.all(Answer) == [answer]
    assert register.emitted(AnswerVoided) == []
    assert not [one for one in register.all(EventLog) if one.what.startswith("answer.")]


def test_a_form_that_was_shown_before_another_changed_the_answer_is_refused(
    register: Register, amender: Amender
) -> None:
    seen = recorded(register)
    amend(amender, seen, corrected(seen, said="ja", contact_name="Bo Ek"))
    assert amend(amender, seen, Void(WHY)) == Refused((Objection.STALE,))
    (kept,) = register.all(Answer)
    assert (kept.status, kept.contact_name) == (AnswerStatus.CURRENT, "Bo Ek")


def test_what_is_voided_already_is_neither_voided_nor_corrected(
    register: Register, amender: Amender
) -> None:
    amend(amender, recorded(register), Void(WHY))
    (voided,) = register.all(Answer)
    for amendment in (Void("igen"), Correct(said_in(voided), WHY)):
        assert amend(amender, voided, amendment) == Refused((Objection.NOT_CURRENT,))
    assert register.all(Answer)[0].ended_why == WHY


def test_a_document_without_an_answer_has_nothing_to_change(amender: Amender) -> None:
    with pytest.raises(NoSuchAnswer):
        amender.amend("finns-inte", "", Void(WHY), RUT)


def test_nul_is_left_out_for_the_database(register: Register, amender: Amender) -> None:
    answer = recorded(register)
    details = Details(contact_name="Bo\x00Ek")
    amend(amender, answer, Correct(replace(said_in(answer), details=details), "fel\x00"))
    assert register.all(Answer)[0].contact_name == "BoEk"
