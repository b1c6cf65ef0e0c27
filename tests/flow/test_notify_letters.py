"""Letters that the registry orders, on real databases and a real SMTP server."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.notifier import store
from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.notifier.order import order_letter, steer_mailing
from services.notifier.tables import MessageState
from shared import outbox
from shared.archive import Area
from shared.events import (
    WITHDRAWN,
    AnsweredMail,
    Disposition,
    LetterFile,
    LetterKind,
    MailingState,
    MailingSteered,
    MessageFate,
    ResolutionUndone,
)
from shared.identifiers import digest_of
from tests.unit.notifier.builders import (
    NOON,
    correspondence,
    document,
    letter,
    mail_id,
    notifier,
    parsed,
    registered,
    rows,
    settled,
)
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, states, until

MAILING = UUID(int=7)


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(1000, 1000), migrated=True)
    yield made
    made.database.close()


def steered(
    state: MailingState = MailingState.RUNNING, second: int = 1, **pace: float
) -> MailingSteered:
    return MailingSteered(
        occurred_at=NOON + timedelta(seconds=second), mailing_id=MAILING, state=state, **pace
    )


async def test_an_ordered_letter_arrives_with_its_file_and_the_registry_is_told(
    office: Notifier, relay: ScriptedRelay
) -> None:
    digest = office.archive.put(b"%PDF-1.7 blankett", Area.DERIVED)
    blank = LetterFile(name="Blankett Umeå.pdf", content_type="application/pdf", content=digest)
    order_letter(office, letter(files=(blank,), mailing_id=MAILING))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (mail,) = relay.accepted
    (part,) = parsed(mail.data).iter_attachments()
    assert (part.get_filename(), part.get_content()) == (blank.name, b"%PDF-1.7 blankett")
    (told,) = settled(office.database)
    assert (told.fate, told.letter_id, told.mailing_id) == (MessageFate.SENT, UUID(int=1), MAILING)
    assert told.content is not None
    assert office.archive.get(told.content, Area.DERIVED) == mail.data


def test_a_letter_is_ordered_once_whichever_event_says_so(office: Notifier) -> None:
    event = letter()
    assert order_letter(office, event) is MessageState.QUEUED
    assert order_letter(office, event) is None
    assert order_letter(office, letter()) is None
    assert len(rows(office.database)) == 1


async def test_a_repeat_after_a_broken_connection_is_the_same_to_the_last_byte(
    office: Notifier, relay: ScriptedRelay
) -> None:
    relay.script.append("drop after")
    order_letter(office, letter(mailing_id=MAILING))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    first, second = relay.accepted
    assert first.data == second.data


async def test_a_file_that_is_lost_fails_its_letter_and_no_other(
    office: Notifier, relay: ScriptedRelay
) -> None:
    lost = LetterFile(name="x.pdf", content_type="application/pdf", content=digest_of(b"lost"))
    order_letter(office, letter(1, files=(lost,)))
    order_letter(office, letter(2))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.FAILED: 1, MessageState.SENT: 1}
    assert rows(office.database)[0].reason.startswith("not_in_archive")


async def test_a_letter_that_cannot_be_made_fails_and_holds_up_no_other(
    office: Notifier, relay: ScriptedRelay
) -> None:
    def signed(mail: bytes) -> bytes:
        if b"kommun1@" in mail:
            raise ValueError("this one not")
        return mail

    order_letter(office, letter(1))
    order_letter(office, letter(2))
    async with sending(replace(office, signed=signed), relay):
        await until(lambda: all_settled(office))
    assert states(office) == {MessageState.FAILED: 1, MessageState.SENT: 1}
    assert rows(office.database)[0].reason == "not_composed: ValueError: this one not"


def test_a_sender_that_died_before_it_composed_a_letter_leaves_no_doubt(office: Notifier) -> None:
    order_letter(office, letter(1))
    moment = outbox.now()
    for _ in range(3):
        moment += 2 * office.lease
        with office.database.write() as session:
            assert store.take(session, "x", now=moment, lease=office.lease, pace=office.pace)
        moment += 2 * office.lease
        with office.database.write() as session:
            store.recover(session, moment)
    (row,) = rows(office.database)
    assert (row.state, row.doubts) == (MessageState.QUEUED, 0)


async def test_answers_leave_before_letters_and_letters_before_mailings(
    office: Notifier, relay: ScriptedRelay
) -> None:
    for number in range(1, 21):
        order_letter(office, letter(number, mailing_id=MAILING))
    order_letter(office, letter(50))
    office.answer(registered(document()))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    kinds = [parsed(mail.data)["Message-ID"].partition(".")[0] for mail in relay.accepted]
    assert kinds[0] == "<receipt"
    assert parsed(relay.accepted[1].data)["Message-ID"].startswith(f"<update.{UUID(int=50).hex}")
    assert len(kinds) == 22


# --- The gate --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "reason"),
    [
        ("", "unsafe_recipient"),
        ("Kommunen", "unsafe_recipient"),
        ("a@b.se\r\nBcc: c@d.se", "unsafe_recipient"),
        ("Registratur+x@skr.se", "own_address"),
        ("noreply@umea.se", "no_person"),
    ],
)
def test_whom_nothing_may_be_sent_to_is_shown_with_the_reason(
    office: Notifier, recipient: str, reason: str
) -> None:
    assert order_letter(office, letter(recipient=recipient)) is MessageState.HELD_BACK
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.HELD_BACK, reason)
    assert rows(office.database)[0].recipient.isprintable()


def test_who_may_not_be_answered_gets_no_letter_in_answer_either(office: Notifier) -> None:
    robot = AnsweredMail(
        mail_id=mail_id(1),
        received_at=NOON,
        disposition=Disposition.NEED,
        correspondence=correspondence(manners={"auto-submitted": "auto-replied"}),
    )
    order_letter(office, letter(kind=LetterKind.TEMPLATE_REQUEST, answers=robot))
    (told,) = settled(office.database)
    assert (told.reason, told.mail_id) == ("auto_submitted", mail_id(1))


def test_a_newsletter_that_cannot_be_ended_does_not_leave(office: Notifier) -> None:
    order_letter(office, letter(kind=LetterKind.NEWSLETTER, unsubscribe="k" * 32))
    assert rows(office.database)[0].reason == "cannot_unsubscribe"


def test_letters_and_answers_have_caps_of_their_own(notifier_url: str, tmp_path: Path) -> None:
    office = notifier(
        notifier_url, tmp_path / "archive", caps=Caps(100, 1, letters=3), migrated=True
    )
    for number in range(1, 6):
        order_letter(office, letter(number, mailing_id=MAILING))
    assert office.answer(registered(document())) is MessageState.QUEUED
    assert Counter((row.state, row.reason) for row in rows(office.database)) == {
        (MessageState.QUEUED, ""): 4,
        (MessageState.HELD_BACK, "cap_letters"): 2,
    }
    assert {told.reason for told in settled(office.database)} == {"cap_letters"}
    office.database.close()


# --- Mailings --------------------------------------------------------------------------------


async def test_a_mailing_leaves_at_its_pace_and_answers_do_not_wait_for_it(
    office: Notifier, relay: ScriptedRelay
) -> None:
    steer_mailing(office, steered(per_minute=600, per_minute_per_domain=10_000))
    for number in range(1, 200):
        order_letter(office, letter(number, mailing_id=MAILING))
    async with sending(office, relay):
        begun = time.monotonic()
        await until(lambda: len(relay.accepted) >= 5)
        office.answer(registered(document()))
        await until(lambda: any("receipt" in mail.message_id for mail in relay.accepted), 5)
        left, seconds = len(relay.accepted), time.monotonic() - begun
    assert left <= 600 / 63 * (seconds + 3) + 2, "what it may save up, and no more"


async def test_no_domain_is_crowded_and_the_others_go_on(
    office: Notifier, relay: ScriptedRelay
) -> None:
    steer_mailing(office, steered(per_minute=60_000, per_minute_per_domain=1))
    for number in range(1, 6):
        order_letter(office, letter(number, mailing_id=MAILING))
        order_letter(
            office, letter(100 + number, mailing_id=MAILING, recipient=f"a@kommun{number}.se")
        )
    async with sending(office, relay):
        await until(lambda: len(relay.accepted) == 6)
        await until(lambda: states(office)[MessageState.SENT] == 6)
    domains = Counter(mail.recipient.partition("@")[2] for mail in relay.accepted)
    assert domains["umea.se"] == 1
    assert states(office)[MessageState.QUEUED] == 4


async def test_a_paused_mailing_waits_and_goes_on_when_it_is_resumed(
    office: Notifier, relay: ScriptedRelay
) -> None:
    steer_mailing(office, steered(MailingState.PAUSED))
    order_letter(office, letter(1, mailing_id=MAILING))
    order_letter(office, letter(2))
    async with sending(office, relay):
        await until(lambda: states(office) == {MessageState.SENT: 1, MessageState.QUEUED: 1})
        steer_mailing(office, steered(second=2))
        await until(lambda: all_settled(office))
    assert len(relay.accepted) == 2


async def test_a_stopped_mailing_is_held_back_and_each_recipient_shown(
    office: Notifier, relay: ScriptedRelay
) -> None:
    steer_mailing(office, steered(MailingState.PAUSED))
    for number in range(1, 251):
        order_letter(office, letter(number, mailing_id=MAILING))
    steer_mailing(office, steered(MailingState.STOPPED, second=2))
    order_letter(office, letter(251, mailing_id=MAILING))
    steer_mailing(office, steered(second=3))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert relay.accepted == []
    told = settled(office.database)
    assert len(told) == 251
    assert {(each.fate, each.reason) for each in told} == {
        (MessageFate.HELD_BACK, "mailing_stopped")
    }


def test_what_was_said_earlier_and_comes_later_changes_nothing(office: Notifier) -> None:
    assert steer_mailing(office, steered(second=5)) is True
    assert steer_mailing(office, steered(MailingState.STOPPED, second=4)) is False
    assert order_letter(office, letter(1, mailing_id=MAILING)) is MessageState.QUEUED


async def test_a_letter_does_not_leave_before_its_time(
    office: Notifier, relay: ScriptedRelay
) -> None:
    order_letter(office, letter(1, send_after=outbox.now() + timedelta(seconds=1.5)))
    begun = time.monotonic()
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert time.monotonic() - begun >= 1.2


# --- Addresses beyond ASCII --------------------------------------------------------------------


async def test_an_address_with_swedish_letters_arrives_where_the_relay_can_take_it(
    office: Notifier, relay: ScriptedRelay
) -> None:
    order_letter(office, letter(1, recipient="åsa@åmål.se"))
    order_letter(office, letter(2, recipient="anna@åmål.se"))
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    assert {mail.recipient for mail in relay.accepted} == {
        "åsa@xn--ml-xiab.se",
        "anna@xn--ml-xiab.se",
    }


@pytest.mark.parametrize("undone_first", [False, True])
@pytest.mark.parametrize("answers", [False, True])
def test_a_letter_about_what_is_taken_back_never_leaves_whichever_comes_first(
    office: Notifier, undone_first: bool, answers: bool
) -> None:
    answered = AnsweredMail(
        mail_id=mail_id(1),
        received_at=NOON,
        disposition=Disposition.QUESTION,
        correspondence=correspondence(),
    )
    ordered = letter(answers=answered if answers else None)
    undone = ResolutionUndone(
        occurred_at=NOON, resolution=ordered.letter_id, mail_id=mail_id(1 if answers else 2)
    )
    if undone_first:
        office.withdraw(undone)
    order_letter(office, ordered)
    if not undone_first:
        office.withdraw(undone)
    (told,) = settled(office.database)
    assert (told.fate, told.reason) == (MessageFate.HELD_BACK, WITHDRAWN)
