"""What a mailing must be before it leaves, who may approve it, and how its letters say when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.registry.domain.mailing import (
    About,
    Fault,
    Meeting,
    against_choice,
    against_time,
    against_values,
    may_approve,
    needs_approval,
)
from services.registry.mailings.letters import hours_of, time_left
from shared.events import LetterKind
from shared.letters.kinds import Variable

DAY = date(2026, 9, 30)
NOON = datetime(2026, 9, 16, 10, 0, tzinfo=UTC)
ONE, OTHER = About("kompetens-2026", DAY), About("moln-2026", DAY + timedelta(days=31))


@pytest.mark.parametrize(
    ("kind", "about", "wrong"),
    [
        (LetterKind.OFFER, [ONE], []),
        (LetterKind.OFFER, [], ["no_initiative"]),
        (LetterKind.OFFER, [ONE, OTHER], ["several_days"]),
        (LetterKind.REMINDER, [ONE, OTHER], ["several_days"]),
        (LetterKind.UPDATE, [ONE, OTHER], ["one_initiative"]),
        (LetterKind.NEWSLETTER, [], []),
        (LetterKind.INVITATION, [ONE, OTHER], []),
    ],
)
def test_a_letter_is_about_what_it_can_speak_of(
    kind: LetterKind, about: list[About], wrong: list[str]
) -> None:
    assert [fault.kind for fault in against_choice(kind, about)] == wrong


def test_what_is_needed_must_be_written_and_is_not_a_template_itself() -> None:
    title = Variable("titel", "", "")
    link = Variable("länk", "", "", optional=True)
    news = Variable("nyheter", "", "", paragraphs=True)
    said = {"titel": "Två\nrader", "nyheter": "Hej {{kommun}}"}
    assert against_values((title, link, news), said) == [
        Fault("one_line", "titel", "titel"),
        Fault("braces", "nyheter", "nyheter"),
    ]
    assert against_values((title, link), {"titel": " "}) == [Fault("missing", "titel", "titel")]


def test_nothing_leaves_that_is_untrue_by_then() -> None:
    def found(
        kind: LetterKind, meeting: Meeting | None = None, text: str = "", days: int = 0
    ) -> str:
        leaves = NOON + timedelta(days=days)
        faults = against_time(kind, [ONE], meeting, text, leaves, leaves.date())
        return ",".join(fault.kind for fault in faults)

    hour = timedelta(hours=1)
    assert found(LetterKind.OFFER, days=14) == ""
    assert found(LetterKind.OFFER, days=15) == "day_passed"
    assert found(LetterKind.REMINDER, text="{{tid_kvar}}", days=15) == "time_is_up"
    assert found(LetterKind.REMINDER, text="Vi saknar svar", days=15) == ""
    assert found(LetterKind.INVITATION) == "no_time"
    assert found(LetterKind.INVITATION, Meeting(NOON + hour, NOON)) == "ends_first"
    assert found(LetterKind.INVITATION, Meeting(NOON - hour, NOON)) == "has_been"
    assert found(LetterKind.INVITATION, Meeting(NOON + hour, NOON + 2 * hour)) == ""


def test_a_second_person_has_neither_written_nor_submitted_it() -> None:
    assert may_approve("adam", ["petra"], "petra")
    assert not may_approve("petra", ["petra"], "adam")
    assert not may_approve("adam", ["petra"], "adam")
    assert [needs_approval(letters, 25) for letters in (25, 26)] == [False, True]
    assert needs_approval(1, 0)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (28, "om fyra veckor"),
        (15, "om 15 dagar"),
        (14, "om två veckor"),
        (7, "om sju dagar"),
        (2, "om två dagar"),
        (1, "i morgon"),
        (0, "i dag"),
        (-1, ""),
    ],
)
def test_how_long_is_left_is_said_in_words(days: int, said: str) -> None:
    assert time_left(DAY - timedelta(days=days), DAY) == said


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    begins = datetime(2026, 6, 17, 11, 0, tzinfo=UTC)
    assert (
        hours_of(begins, begins + timedelta(minutes=90))
        == "onsdagen den 17 juni 2026 kl. 13.00–14.30"
    )
    assert hours_of(begins, begins + timedelta(days=1)) == (
        "onsdagen den 17 juni 2026 kl. 13.00 till torsdagen den 18 juni 2026 kl. 13.00"
    )
