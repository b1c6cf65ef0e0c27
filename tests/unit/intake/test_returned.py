"""What comes back in answer to our mails: bounces in words, autoreplies, the wrong person."""

from pathlib import Path

import pytest

from services.intake.mail.message import parse
from services.intake.mail.parsed import Authenticity, DeliveryStatus, MailParsed, MessageLimits
from services.intake.mail.reply import reply_of
from services.intake.mail.triage import Facts, sort
from shared.events import Disposition, MailboxRole, ReplyKind

BOUNCES = Path(__file__).parent / "bounces"
TOKEN = "0123456789abcdef0123"
OURS = frozenset({"registratur@skr.example"})
OFFER = "<offer.0123456789abcdef0123456789abcdef@skr.example>"

QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mx.lund.example
To: registratur+{token}@skr.example
Subject: failure notice

Hi. This is the qmail-send program at mx.lund.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<lund.kommun@lund.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <registratur+{token}@skr.example>
To: annan@example.se
Subject: Erbjudande
"""
EXIM = """\
Return-Path: <>
X-Failed-Recipients: kommun@habo.example, it@habo.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.habo.example>
To: registratur+{token}@skr.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  kommun@habo.example
    host mx.habo.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<kommun@habo.example>:
    550 Unknown user
"""
EXCHANGE = """\
Return-Path: <>
From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@malmo.example
To: registratur+{token}@skr.example
Subject: =?utf-8?q?Gick_inte_att_leverera=3A_Erbjudande?=
Content-Type: text/plain; charset=utf-8

Det gick inte att leverera meddelandet till följande mottagare:

Anna Berg (anna.berg@malmo.example)
E-postadressen du angav hittades inte.

Diagnostikinformation för administratörer:

Genererande server: ex1.malmo.example
postmaster2@malmo.example
Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'
"""
DELAYED = """\
Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@mx.habo.example>
To: registratur+{token}@skr.example
Subject: Warning: message delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its recipients
after more than 24 hours: kommun@habo.example. 451 4.7.1 Greylisted
"""


def parsed(source: str) -> MailParsed:
    data = source.format(token=TOKEN).replace("\n", "\r\n").encode()
    return parse(data, MessageLimits())[0]


def rule_of(mail: MailParsed) -> str:
    return sort(Facts(mail, MailboxRole.ANSWERS, False, mail.return_path, OURS)).rule


@pytest.mark.parametrize(
    ("source", "recipients", "status"),
    [
        (QMAIL, ["lund.kommun@lund.example"], "5.1.1"),
        (EXIM, ["kommun@habo.example", "it@habo.example"], "5.0.0"),
        (EXCHANGE, ["anna.berg@malmo.example"], "5.1.10"),
    ],
    ids=["qmail", "exim-before-4.80", "exchange"],
)
def test_a_bounce_in_words_tells_recipients_status_and_our_token(
    source: str, recipients: list[str], status: str
) -> None:
    mail = parsed(source)
    assert rule_of(mail) == "informal_bounce"
    assert mail.report is not None
    assert mail.report.token == TOKEN
    assert [each.recipient for each in mail.report.statuses] == recipients
    assert {(each.action, each.status) for each in mail.report.statuses} == {("failed", status)}
    assert all(each.diagnostic for each in mail.report.statuses)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("exim-4.96", "bounce"),
        ("opensmtpd-6.8", "informal_bounce"),
        ("postfix-3.7", "bounce"),
    ],
)
def test_what_real_mail_servers_send_back_is_recognised(name: str, rule: str) -> None:
    """Each was given an offer of ours, and a server behind it that refused the recipient."""
    data = (BOUNCES / f"{name}.eml").read_bytes()
    mail, documents = parse(data, MessageLimits())
    assert (rule_of(mail), documents) == (rule, [])
    assert mail.report is not None
    assert mail.report.token == TOKEN
    [status] = mail.report.statuses
    assert (status.recipient, status.action) == ("kommun@habo.example", "failed")
    assert status.status == "5.1.1", "what the refusing server said"
    assert "finns inte" in status.diagnostic


def test_a_delay_is_no_failure() -> None:
    mail = parsed(DELAYED)
    assert mail.report is not None
    assert [each.action for each in mail.report.statuses] == ["delayed"]


def test_a_bounce_that_names_nobody_still_tells_which_mail_of_ours_it_was() -> None:
    mail = parsed(QMAIL.replace("<lund.kommun@lund.example>:", ""))
    assert mail.report is not None
    assert mail.report.token == TOKEN
    assert mail.report.statuses == (
        DeliveryStatus(
            action="failed",
            recipient="",
            status="5.1.1",
            diagnostic="Sorry, no mailbox here by that name. (#5.1.1)",
        ),
    )


def test_a_person_who_writes_of_a_bounce_is_a_person() -> None:
    source = (
        "From: Anna <anna@umea.example>\nSubject: Studs\n\nMitt mejl kunde inte levereras, 5.1.1?"
    )
    assert parsed(source).report is None
    assert rule_of(parsed(source)) == "question"


def test_an_answer_in_a_mail_that_looks_like_a_bounce_is_read() -> None:
    source = (
        QMAIL.replace(
            "Subject: failure notice\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            "--b\nContent-Type: application/pdf; name=svar.pdf\n\n%PDF-1.7\n\n"
            "--b\nContent-Type: text/plain\n",
        )
        + "\n--b--\n"
    )
    assert rule_of(parsed(source)) == "answer_candidate"


# --- Replies -----------------------------------------------------------------------------------


def reply(text: str, *, subject: str = "SV: Erbjudande", **changes: object) -> MailParsed:
    values: dict[str, object] = {
        "return_path": "anna@umea.example",
        "from_address": "anna@umea.example",
        "from_name": "Anna",
        "subject": subject,
        "message_id": "<1@umea.example>",
        "references": (OFFER,),
        "manners": {},
        "text": text,
        "parts": (),
        "report": None,
        "authenticity": Authenticity.UNKNOWN,
    }
    return MailParsed.model_validate(values | changes)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tack, vi återkommer.", ReplyKind.REPLY),
        ("Jag har inte slutat.", ReplyKind.REPLY),
        ("Jag har slutat på kommunen. Kontakta bo@umea.example.", ReplyKind.LEFT),
        ("Anna Berg arbetar inte längre kvar här.", ReplyKind.LEFT),
        ("Jag är inte längre anställd i Umeå kommun.", ReplyKind.LEFT),
        ("Anna no longer works here.", ReplyKind.LEFT),
        ("Den här adressen används inte längre.", ReplyKind.LEFT),
        ("Jag har slutat för dagen och läser mejl i morgon.", ReplyKind.REPLY),
        ("Det här har nog hamnat fel, jag är sotare.", ReplyKind.WRONG_PERSON),
        ("Jag är inte längre kontaktperson för initiativet.", ReplyKind.WRONG_PERSON),
        ("Ni har skrivit till fel person.", ReplyKind.WRONG_PERSON),
        ("Tack.\n\n> Jag har slutat, skrev Bo", ReplyKind.REPLY),
        ("Tack.\n\nDen 12 juni 2024 kl. 10.00 Bo Ek skrev:\nfel person", ReplyKind.REPLY),
    ],
)
def test_what_a_reply_says_of_its_sender(text: str, kind: ReplyKind) -> None:
    found = reply_of(reply(text), automatic=False, own_addresses=OURS)
    assert found is not None
    assert (found.kind, found.answers) == (kind, (OFFER,))


def test_an_autoreply_to_the_envelope_is_known_by_its_token_and_suggests_an_address() -> None:
    mail = parsed(
        "Return-Path: <>\nFrom: Anna <anna@umea.example>\nTo: registratur+{token}@skr.example\n"
        "Subject: Automatiskt svar: Erbjudande\nAuto-Submitted: auto-replied\n\n"
        "Hej,\njag har slutat i kommunen. Kontakta bo.ek@umea.example eller\n"
        "registratur@skr.example. / anna@umea.example\n"
    )
    assert rule_of(mail) == "autoreply"
    found = reply_of(mail, automatic=True, own_addresses=OURS)
    assert found is not None
    assert (found.kind, found.token) == (ReplyKind.LEFT, TOKEN)
    assert found.suggested == ("bo.ek@umea.example",)


def test_an_autoreply_that_only_says_away_is_no_more_than_that() -> None:
    mail = reply("Jag är ledig till den 12 augusti.", subject="Autosvar")
    found = reply_of(mail, automatic=True, own_addresses=OURS)
    assert found is not None
    assert found.kind is ReplyKind.AWAY


def test_a_mail_that_answers_none_of_ours_is_no_reply() -> None:
    mail = reply("Jag har slutat.", references=("<1@umea.example>", "<offer.kort@x.se>"))
    assert reply_of(mail, automatic=False, own_addresses=OURS) is None


def test_what_it_says_changes_nothing_of_what_becomes_of_the_mail() -> None:
    mail = reply("Fel person. Skriv till bo@umea.example.")
    decided = sort(Facts(mail, MailboxRole.ANSWERS, False, mail.return_path, OURS))
    assert decided.disposition is Disposition.QUESTION
