"""Two consumers that register at the same moment: one row, the other reviewed; both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.registry import record as record_module
from services.registry.accounts import accounts
from services.registry.tables import Answer, CaseFile, Document, Mail, ReviewItem
from shared.events import (
    AnswerRecorded,
    Disposition,
    Fate,
    MailRead,
    MailRegistered,
    Outcome,
    Reason,
)
from tests.unit.registry.builders import MOLN, Register, form, mail

WAIT_S = 1.0


@pytest.fixture
def decide_together(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make so many consumers decide on the same register before any of them saves.

    SQLite lets only one in at a time: there the others wait in vain, and go on.
    """

    def meet(parties: int) -> None:
        barrier = threading.Barrier(parties, timeout=WAIT_S)

        def reached(name: str) -> None:
            if name == "registry.record.decided" and not barrier.broken:
                try:
                    barrier.wait()
                except threading.BrokenBarrierError:
                    return

        monkeypatch.setattr(record_module, "failpoint", reached)

    return meet


def record_at_once(register: Register, events: list[MailRead]) -> None:
    with ThreadPoolExecutor(len(events)) as pool:
        list(pool.map(register.record, events))


def test_of_two_different_answers_at_once_one_stands_and_one_is_reviewed(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    decide_together(2)
    record_at_once(
        register,
        [mail(form("ja", scan="a"), name="a"), mail(form("nej", scan="b"), name="b")],
    )
    (answer,) = register.all(Answer)
    (waiting,) = register.all(ReviewItem)
    assert waiting.reasons == [Reason.CONFLICT]
    assert waiting.document_id != answer.document_id
    assert sorted(one.handling for one in register.all(Document)) == [1, 2]
    assert len(register.all(CaseFile)) == 1
    assert len(register.emitted(AnswerRecorded)) == 1
    assert len(register.emitted(MailRegistered)) == 2


def test_where_the_case_is_already_open_the_database_itself_refuses_the_second_answer(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    unsigned = form("ja", scan="u", outcome=Outcome.RETURN, reasons=(Reason.SIGNATURE_MISSING,))
    register.record(mail(unsigned, name="first"))
    decide_together(2)
    record_at_once(
        register,
        [mail(form("ja", scan="a"), name="a"), mail(form("nej", scan="b"), name="b")],
    )
    assert len(register.all(Answer)) == 1
    (waiting,) = register.all(ReviewItem)
    assert waiting.reasons == [Reason.CONFLICT]
    assert sorted(one.handling for one in register.all(Document)) == [1, 2, 3]


def test_of_two_identical_scans_at_once_one_is_the_others_duplicate(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    decide_together(2)
    record_at_once(register, [mail(form("ja"), name="a"), mail(form("ja"), name="b")])
    assert sorted(one.fate for one in register.all(Document)) == [Fate.DUPLICATE, Fate.RECORDED]


def test_the_same_event_at_once_is_registered_once(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    decide_together(2)
    event = mail(form("ja"))
    record_at_once(register, [event, event])
    assert len(register.all(Mail)) == 1
    assert len(register.emitted(MailRegistered)) == 1


def test_two_readings_of_the_same_mail_at_once_are_registered_once(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    decide_together(2)
    record_at_once(register, [mail(form("ja"), name="same"), mail(form("ja"), name="same")])
    assert len(register.all(Mail)) == 1
    assert len(register.emitted(MailRegistered)) == 1


def test_a_crowd_loses_nothing_and_gives_no_number_twice(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    decide_together(4)
    crowd = [
        mail(
            form("ja" if number % 2 else "nej", scan=f"{number}-1"),
            form("ja", initiative=MOLN, scan=f"{number}-2"),
            name=str(number),
        )
        for number in range(8)
    ] + [mail(name=f"q{number}", disposition=Disposition.QUESTION) for number in range(8)]
    record_at_once(register, crowd)
    assert len(register.all(Mail)) == 16
    assert len(register.all(Answer)) == 2
    assert len(register.all(ReviewItem)) == 14 + 8
    numbers = [case.dnr for case in register.all(CaseFile)]
    assert sorted(numbers) == [f"SKR 2024/{number:05d}" for number in range(1, 11)]
    assert all(account.complete for account in accounts(register.database))


def test_mails_that_name_the_same_cases_in_another_order_do_not_lock_each_other_out(
    register: Register, decide_together: Callable[[int], None]
) -> None:
    register.record(mail(form("ja", scan="1"), form("ja", initiative=MOLN, scan="2"), name="first"))
    unknown = form(None, initiative=None, municipality=None, scan="?", outcome=Outcome.REVIEW)
    both = [form("nej", scan="3"), form("nej", initiative=MOLN, scan="4")]
    for number in range(3):
        decide_together(2)
        record_at_once(
            register,
            [
                mail(unknown, *both, name=f"a{number}"),
                mail(*reversed(both), unknown, name=f"b{number}"),
            ],
        )
    assert len(register.all(Document)) == 2 + 6 * 3
    assert all(account.complete for account in accounts(register.database))
