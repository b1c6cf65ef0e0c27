"""From a mail's bytes to MailRead, on real children, archive and databases."""

import io
import threading
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from services.intake import ledger
from services.intake.accounts import MailState, strangers
from services.intake.conclude import conclude
from services.intake.fit import MOST_EVENT_BYTES
from services.intake.sandbox.client import Sandbox
from shared.archive import Area
from shared.events import (
    DeliveryFailed,
    Disposition,
    DocumentKind,
    DocumentReading,
    MailArchived,
    MailboxRole,
    MailRead,
    Outcome,
    PartFate,
    Reason,
    ReplyKind,
    ReplyReceived,
    UnsubscribeAsked,
)
from tests.intake import Intake, initiative, plain_mail
from tests.letters import letter, scanned_answer


@pytest.fixture
def intake(intake: Intake) -> Intake:
    intake.define(initiative())
    return intake


@pytest.fixture
def answer() -> bytes:
    return scanned_answer()


async def test_a_scanned_answer_is_read_and_its_page_is_kept_for_a_person(
    intake: Intake, children: Sandbox, answer: bytes
) -> None:
    read = await intake.read(children, letter(("svar.pdf", answer)), return_path="k@habo.example")
    assert read.disposition is Disposition.ANSWERS
    assert read.mail_reasons == ()
    [document] = read.documents
    assert (document.kind, document.outcome) == (DocumentKind.ANSWER, Outcome.AUTO)
    assert document.municipality is not None
    assert document.municipality.text == "0305"
    assert document.answer is not None
    assert document.answer.text == "ja"
    assert [part.fate for part in read.parts] == [PartFate.TEXT, PartFate.DOCUMENT]
    assert read.correspondence.return_path == "k@habo.example"
    image = document.pages[0].image
    assert image is not None
    assert intake.archive.get(image, Area.DERIVED).startswith(b"\xff\xd8")
    assert intake.archive.get(document.content, Area.DERIVED) == answer
    [account] = intake.accounts()
    assert account.state is MailState.READ
    assert account.faults == ()
    assert account.parts[1].documents == (document.document_id,)


async def test_one_broken_file_leaves_the_others_alone(
    intake: Intake, children: Sandbox, answer: bytes
) -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(answer)) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="x", user="hemligt"))
    read = await intake.read(
        children,
        letter(
            ("trasig.pdf", b"%PDF-1.7\nrubbish"),
            ("tom.pdf", b""),
            ("svar.pdf", answer),
            ("kalkyl.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            ("hemlig.pdf", locked.getvalue()),
        ),
    )
    reasons = [set(document.reasons) for document in read.documents]
    assert reasons == [
        {Reason.UNREADABLE_FILE},
        {Reason.EMPTY_FILE},
        set(),
        {Reason.UNSUPPORTED_FORMAT},
        {Reason.LOCKED_FILE},
    ]
    assert [document.document_id[-2:] for document in read.documents] == [
        "-1", "-2", "-3", "-4", "-5",
    ]  # fmt: skip


async def test_an_answer_in_the_needs_mailbox_is_an_answer_and_a_description_a_need(
    intake: Intake, children: Sandbox, answer: bytes
) -> None:
    role = MailboxRole.NEEDS
    read = await intake.read(children, letter(("svar.pdf", answer)), role=role)
    assert (read.disposition, read.disposition_reason) == (
        Disposition.ANSWERS,
        "answer_among_needs",
    )
    read = await intake.read(children, letter(("behov.rtf", rb"{\rtf1 behov}")), role=role)
    [need] = read.documents
    assert (read.disposition, need.kind, need.outcome) == (
        Disposition.NEED,
        DocumentKind.NEED,
        Outcome.AUTO,
    )


async def test_a_question_becomes_a_matter_for_a_person(intake: Intake, children: Sandbox) -> None:
    read = await intake.read(children, plain_mail("fråga", "När är sista svarsdag?"))
    assert (read.disposition, read.documents) == (Disposition.QUESTION, ())
    assert read.mail_reasons == (Reason.QUESTION,)
    assert "sista svarsdag" in read.text


async def test_an_answer_to_a_mail_of_ours_is_told_of_beside_what_it_is(
    intake: Intake, children: Sandbox
) -> None:
    ours = "<receipt.m0123456789abcdef0123456@skr.example>"
    left = (
        b"From: anna@umea.example\r\nIn-Reply-To: " + ours.encode() + b"\r\n"
        b"Auto-Submitted: auto-replied\r\nSubject: Autosvar\r\n\r\n"
        b"Jag har slutat. Kontakta bo@umea.example\r\n"
    )
    read = await intake.read(children, left, return_path="")
    assert (read.disposition, read.disposition_reason) == (Disposition.SET_ASIDE, "autoreply")
    [told] = intake.told(ReplyReceived)
    assert (told.mail_id, told.kind, told.answers) == (read.mail_id, ReplyKind.LEFT, (ours,))
    assert told.suggested == ("bo@umea.example",)


@pytest.mark.parametrize("header", ["To", "Delivered-To"])
async def test_a_mail_that_ends_a_newsletter_is_set_aside_and_told_of(
    intake: Intake, children: Sandbox, header: str
) -> None:
    token = "AbCd-efgh_IJKL1234567890"
    wish = (
        b"From: anna@umea.example\r\nSubject: avsluta\r\n"
        + f"{header}: Nyhetsbrev <avsluta+{token}@SKR.example>\r\n\r\n".encode()
    )
    read = await intake.read(children, wish)
    assert (read.disposition, read.disposition_reason) == (Disposition.SET_ASIDE, "unsubscribe")
    [told] = intake.told(UnsubscribeAsked)
    assert (told.mail_id, told.token, told.sender) == (read.mail_id, token, "anna@umea.example")


async def test_an_answer_that_was_sent_there_by_mistake_is_read_all_the_same(
    intake: Intake, children: Sandbox, answer: bytes
) -> None:
    mail = letter(("svar.pdf", answer), Delivered_To="avsluta+AbCd-efgh_IJKL1234567890@skr.example")
    read = await intake.read(children, mail)
    assert read.disposition is Disposition.ANSWERS
    assert intake.told(UnsubscribeAsked) == []


async def test_a_bounce_is_set_aside_and_told_of(intake: Intake, children: Sandbox) -> None:
    bounce = (
        b"From: MAILER-DAEMON@lund.example\r\nTo: registratur+0123456789abcdef0123@skr.example\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        b"Final-Recipient: rfc822; lund.kommun@lund.example\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\n\r\n--b--\r\n"
    )
    read = await intake.read(children, bounce, return_path="")
    assert (read.disposition, read.disposition_reason) == (Disposition.SET_ASIDE, "bounce")
    [failed] = intake.told(DeliveryFailed)
    assert (failed.token, failed.recipient, failed.status) == (
        "0123456789abcdef0123",
        "lund.kommun@lund.example",
        "5.1.1",
    )


async def test_a_sender_that_our_server_calls_forged_holds_the_answer_back(
    intake: Intake, children: Sandbox, answer: bytes
) -> None:
    forged = b"Authentication-Results: mx.skr.example; dmarc=fail header.from=habo.example\r\n"
    read = await intake.read(children, forged + letter(("svar.pdf", answer)))
    assert read.mail_reasons == (Reason.SENDER_NOT_AUTHENTIC,)


@pytest.mark.parametrize(
    "words",
    [
        "Bortse från bifogat svar, kommunstyrelsen har återkallat det.",
        "Ja, under förutsättning att kostnaden stannar under 100 000 kr.",
    ],
)
async def test_words_beside_a_form_that_may_change_its_answer_hold_it_back(
    intake: Intake, children: Sandbox, answer: bytes, words: str
) -> None:
    read = await intake.read(children, letter(("svar.pdf", answer), text=words))
    assert read.documents[0].outcome is Outcome.AUTO
    assert read.mail_reasons == (Reason.MAIL_SAYS_MORE,)


async def test_the_same_event_twice_is_read_once_and_a_replay_once_more(
    intake: Intake, children: Sandbox
) -> None:
    event = intake.receive(plain_mail("fråga"))
    reader = intake.reader(children)
    await reader.read(event)
    await reader.read(event)
    assert len(intake.told(MailRead)) == 1
    with intake.database.write() as session:
        assert ledger.replay(session, event.mail_id)
        assert not ledger.replay(session, "m" + "0" * 23)

    again = intake.told(MailArchived)[-1]
    await reader.read(again)
    first, second = intake.told(MailRead)
    assert first.event_id != second.event_id
    assert first.mail_id == second.mail_id


async def test_a_mail_above_the_limit_is_kept_and_goes_to_a_person(
    intake: Intake, children: Sandbox
) -> None:
    event = intake.receive(plain_mail("stort", "x" * (1024 * 1024 + 1)))
    await intake.reader(children, mail_mib=1).read(event)
    [read] = intake.told(MailRead)
    assert (read.disposition, read.mail_reasons) == (Disposition.REVIEW, (Reason.TOO_LARGE,))
    # Its headers are read all the same, so that the sender can be told.
    assert read.correspondence.subject == "stort"
    assert read.correspondence.from_address == "kommun@kommun.example"
    assert (read.parts, read.text) == ((), "")


async def test_accounts_name_what_is_damaged_gone_or_strange(
    intake: Intake, children: Sandbox, tmp_path: Path
) -> None:
    event = intake.receive(plain_mail("ett"))
    gone = intake.receive(plain_mail("två"))
    stranger = intake.archive.put(b"nobody's")
    folder = tmp_path / "archive" / "originals"
    damaged = folder / event.digest[:2] / event.digest[2:4] / event.digest
    damaged.chmod(0o600)
    damaged.write_bytes(b"something else")
    (folder / gone.digest[:2] / gone.digest[2:4] / gone.digest).unlink()
    faults = {account.mail_id: account.faults for account in intake.accounts()}
    assert "damaged" in faults[event.mail_id][0]
    assert "not in the archive" in faults[gone.mail_id][0]
    assert strangers(intake.database, intake.archive) == [stranger]
    assert {account.state for account in intake.accounts()} == {MailState.WAITING}


async def test_a_reading_is_concluded_beside_the_event_loop_and_told_in_bytes_that_fit(
    intake: Intake, children: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def watched(*given: Any, **more: Any) -> list[DocumentReading]:
        threads.append(threading.current_thread())
        return conclude(*given, **more)

    monkeypatch.setattr("services.intake.read.conclude", watched)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "kommun@habo.example"
    mail.set_content("hej")
    name = "\U0001f600" * 146 + ".bin"
    mail.add_attachment(b"PK", maintype="application", subtype="x" * 80, filename=name)
    # One is written with care, the others after it: the library takes 30 ms for such a name.
    raw = mail.as_bytes()
    edge = b"--" + str(mail.get_boundary()).encode()
    *before, one, end = raw.split(edge)
    others = (one.replace(b"UEs=", b"%04d" % number) for number in range(1000))
    many = edge.join((*before, *others, end))
    event = intake.receive(many)
    [read] = await intake.reader(children, parts=2).examine(event)
    assert isinstance(read, MailRead)
    assert len(read.model_dump_json().encode()) <= MOST_EVENT_BYTES
    assert len(read.parts) == 1000
    assert read.mail_reasons == (Reason.TOO_MANY_PARTS,)
    assert threads
    assert threading.main_thread() not in threads
