"""Receiving from a real Dovecot: every mail is kept once, and touched on the server last."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from services.intake import ledger
from services.intake.accounts import not_in_ledger
from services.intake.fetcher import FaultyMailbox, fetcher_for
from shared.events import MailArchived, MailboxRole
from tests.dovecot import Dovecot
from tests.intake import USER, Intake, mailbox, plain_mail, wait_for


def test_a_mail_is_kept_announced_and_then_moved(dovecot: Dovecot, intake: Intake) -> None:
    dovecot.add_user(USER)
    arrived_at = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # the night the clocks go back
    dovecot.append(USER, plain_mail("svar"), at=arrived_at)
    with intake.fetching(mailbox(dovecot, done_folder="Mottaget")):
        wait_for(intake.settled)
    [row] = intake.mails()
    assert intake.originals() == [plain_mail("svar")]
    assert (row.mailbox, row.role, row.door, row.junk) == (USER, "answers", "imap", False)
    assert row.received_at == arrived_at
    [event] = intake.told(MailArchived)
    assert (event.mail_id, event.digest, event.received_at) == (row.mail_id, row.digest, arrived_at)
    assert event.role is MailboxRole.ANSWERS
    assert dovecot.uids(USER) == []
    assert dovecot.uids(USER, "Mottaget") == [1]


def test_without_a_done_folder_mail_gets_a_keyword_and_stays_unread(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("ett"), plain_mail("två"))
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
    flags = dovecot.flags(USER)
    assert len(flags) == 2
    assert all(b"HandslagKept" in of and b"\\Seen" not in of for of in flags.values())


def test_mail_in_the_junk_folder_has_arrived_too(dovecot: Dovecot, intake: Intake) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("skräp eller svar"), folder="Junk")
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
    [row] = intake.mails()
    assert row.junk


def test_a_mail_that_somebody_moves_out_of_the_junk_folder_is_announced_once_more(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("fråga"), folder="Junk")
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
        with dovecot.client(USER, "Junk") as registrar:
            registrar.copy(registrar.search("ALL"), "INBOX")
        wait_for(lambda: len(intake.locations()) == 2)
        dovecot.append(USER, plain_mail("fråga"), folder="Junk")
        wait_for(lambda: len(intake.locations()) == 3)
    [row] = intake.mails()
    assert not row.junk
    assert [event.junk for event in intake.told(MailArchived)] == [True, False]
    with intake.database.write() as session:
        assert ledger.replay(session, row.mail_id)
    assert [event.junk for event in intake.told(MailArchived)] == [True, False, False]


def test_mail_that_comes_while_listening_is_kept_at_once(dovecot: Dovecot, intake: Intake) -> None:
    dovecot.add_user(USER)
    with intake.fetching(mailbox(dovecot, poll_s=60)) as fetcher:
        wait_for(lambda: fetcher._last_contact_at)
        time.sleep(0.3)
        began_at = time.monotonic()
        dovecot.deliver("kommun@kommun.example", USER, plain_mail("nytt"))
        wait_for(intake.mails)
        assert time.monotonic() - began_at < 10


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_the_connection_can_be_encrypted(dovecot: Dovecot, intake: Intake, scheme: str) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("hemligt"))
    place = dovecot.url(USER, scheme)
    with intake.fetching(mailbox(dovecot, imap=place)) as stranger:
        wait_for(stranger.check)
        assert "CERTIFICATE_VERIFY_FAILED" in str(stranger.check())
    with intake.fetching(mailbox(dovecot, imap=place, ca_file=dovecot.certificate)):
        wait_for(intake.settled)


def test_a_bearer_token_opens_the_mailbox_and_is_renewed_ahead_of_its_end(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("ett"))
    tokens = dovecot.tokens
    tokens.user, tokens.lifetime_s = USER, 2.0
    oauth2 = {
        "client_id": tokens.client_id,
        "client_secret": tokens.client_secret,
        "token_url": f"{tokens.url}/token",
    }
    box = mailbox(dovecot, password=None, oauth2=oauth2, poll_s=0.5)
    with intake.fetching(box) as fetcher:
        wait_for(intake.settled)
        wait_for(lambda: len(tokens.given) >= 2)
        assert fetcher.check() is None
        tokens.refuses = True
        wait_for(fetcher.check)
        assert "answered 401" in str(fetcher.check())


def test_a_wrong_password_is_shown_and_later_mended_without_a_restart(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER, "another")
    dovecot.append(USER, plain_mail("svar"))
    with intake.fetching(mailbox(dovecot)) as fetcher:
        wait_for(fetcher.check)
        assert "login_refused" in str(fetcher.check())
        dovecot.add_user(USER)
        wait_for(intake.settled)
        wait_for(lambda: fetcher.check() is None)


def test_a_mailbox_without_password_is_shown_as_faulty(dovecot: Dovecot, intake: Intake) -> None:
    box = mailbox(dovecot, password=None)
    faulty = fetcher_for(0, box, intake.receiver, intake.database, "x")
    assert isinstance(faulty, FaultyMailbox)
    assert USER in str(faulty.check())
    assert "neither password nor oauth2" in str(faulty.check())


def test_a_folder_that_does_not_exist_is_shown_and_the_others_are_fetched(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("svar"), folder="Junk")
    with intake.fetching(mailbox(dovecot, folders=["inbox", "Junk", "Skräppost"])) as fetcher:
        wait_for(intake.settled)
        wait_for(fetcher.check)
        assert fetcher.check() == "no such folder: Skräppost"


def test_a_folder_that_cannot_be_opened_is_shown_and_those_after_it_are_fetched(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    with dovecot.client(USER) as client:
        client.create_folder("Avdelning")
    dovecot.append(USER, plain_mail("svar"), folder="Junk")
    [closed] = (dovecot.folder / "mail" / USER).glob(".Avdelning")
    closed.chmod(0)
    with intake.fetching(mailbox(dovecot, folders=["Avdelning", "Junk"])) as fetcher:
        wait_for(intake.settled)
        wait_for(lambda: fetcher._last_contact_at)
        assert str(fetcher.check()).startswith("cannot be opened: Avdelning: ")
        closed.chmod(0o700)
        wait_for(lambda: fetcher.check() is None)


def test_the_proof_asks_every_folder_that_the_server_opens(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    with dovecot.client(USER) as client:
        client.create_folder("Avdelning")
    dovecot.append(USER, plain_mail("svar"), folder="Junk")
    [closed] = (dovecot.folder / "mail" / USER).glob(".Avdelning")
    closed.chmod(0)
    found = not_in_ledger(intake.database, mailbox(dovecot, folders=["Avdelning", "Junk"]))
    closed.chmod(0o700)
    assert [(one.folder, one.uid) for one in found.messages] == [("Junk", 1)]
    assert [words.partition(":")[0] for words in found.closed_folders] == ["Avdelning"]


def test_a_new_uidvalidity_brings_a_full_rescan_without_duplicates(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("ett"), plain_mail("två"))
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
    dovecot.change_uidvalidity(USER, 4711)
    dovecot.append(USER, plain_mail("tre"))
    with intake.fetching(mailbox(dovecot)):
        wait_for(lambda: len(intake.locations()) == 5 and intake.settled())
    assert len(intake.mails()) == 3
    assert len(intake.told(MailArchived)) == 3


def test_the_same_mail_in_two_mailboxes_is_one_mail_with_two_locations(
    dovecot: Dovecot, intake: Intake
) -> None:
    other = dovecot.add_user("registrator@skr.example")
    dovecot.add_user(USER)
    for user in (USER, other):
        dovecot.append(user, plain_mail("samma"))
    second = mailbox(dovecot, address=other, imap=dovecot.url(other))
    with intake.fetching(mailbox(dovecot)), intake.fetching(second):
        wait_for(lambda: len(intake.locations()) == 2 and intake.settled())
    assert len(intake.mails()) == len(intake.told(MailArchived)) == 1


def test_the_same_message_id_with_another_body_is_another_mail(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    dovecot.append(USER, plain_mail("svar", "ja"), plain_mail("svar", "nej"))
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
    assert len(intake.mails()) == 2


def test_two_fetchers_on_one_mailbox_take_turns(dovecot: Dovecot, intake: Intake) -> None:
    dovecot.add_user(USER)
    with intake.fetching(mailbox(dovecot)) as first:
        wait_for(lambda: first._last_contact_at)
        with intake.fetching(mailbox(dovecot)) as second:
            dovecot.append(USER, *(plain_mail(f"svar {number}") for number in range(30)))
            wait_for(lambda: len(intake.mails()) == 30 and intake.settled())
            assert second._standby
            assert second.check() is None
    assert len(intake.locations()) == 30


def test_a_server_that_goes_away_is_met_again(dovecot: Dovecot, intake: Intake) -> None:
    dovecot.add_user(USER)
    with intake.fetching(mailbox(dovecot)) as fetcher:
        wait_for(lambda: fetcher._last_contact_at)
        dovecot.stop()
        wait_for(fetcher.check)
        assert "mailbox_unreachable" in str(fetcher.check())
        dovecot.start()
        dovecot.append(USER, plain_mail("efter avbrottet"))
        wait_for(intake.settled)
        wait_for(lambda: fetcher.check() is None)


def test_a_large_mail_is_fetched_in_pieces_and_kept_byte_for_byte(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    head = plain_mail("stort")
    exact = head + b"x" * (2 * 1024 * 1024 * 2 - len(head) - 2) + b"\r\n"
    odd = head + b"y" * 5_000_001 + b"\r\n"
    dovecot.append(USER, exact, odd)
    with intake.fetching(mailbox(dovecot)):
        wait_for(lambda: len(intake.locations()) == 2 and intake.settled())
    assert sorted(intake.originals(), key=len) == [exact, odd]


def test_received_at_is_when_the_server_got_it_not_when_it_was_fetched(
    dovecot: Dovecot, intake: Intake
) -> None:
    dovecot.add_user(USER)
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
    dovecot.append(USER, plain_mail("gammalt"), at=long_ago)
    with intake.fetching(mailbox(dovecot)):
        wait_for(intake.settled)
    assert intake.mails()[0].received_at == long_ago
