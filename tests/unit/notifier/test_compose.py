"""The mail as bytes: headers, threads, and that nothing can be smuggled into them."""

import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.compose import compose_decision, compose_receipt
from shared.events import Disposition, Fate, MailRegistered, Reason
from tests.unit.notifier.builders import (
    correspondence,
    document,
    house,
    parsed,
    registered,
    resolved,
)

EXCHANGE = "<" + "A" * 60 + "@" + "B" * 60 + ".eurprd01.prod.exchangelabs.com>"
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "X-Handslag-Loop", "MIME-Version", "Content-Type",
    "Content-Language",
}  # fmt: skip


def mail(event: MailRegistered | None = None) -> EmailMessage:
    return parsed(compose_receipt(event or registered(document()), house()).data)


def test_it_goes_to_the_return_path_from_the_mailbox_it_came_to() -> None:
    found = mail()
    assert found["To"] == "kommunen@umea.se"
    assert found["From"] == "SKR registratur <registratur@skr.se>"
    assert found["Reply-To"] is None


def test_the_needs_mailbox_has_its_own_name() -> None:
    event = registered(
        disposition=Disposition.NEED, correspondence=correspondence(mailbox="Handslaget@skr.se")
    )
    sender = mail(event)["From"].addresses[0]
    assert sender.addr_spec.lower() == "handslaget@skr.se"
    assert sender.display_name == "SKR Handslag för digitalisering"


@pytest.mark.parametrize("mailbox", ["x@elsewhere.example", "x@skr.se.evil.example", "skr.se", ""])
def test_a_mailbox_that_is_not_ours_is_never_written_from(mailbox: str) -> None:
    event = registered(document(), correspondence=correspondence(mailbox=mailbox))
    assert mail(event)["From"].addresses[0].addr_spec == "registratur@skr.se"


def test_it_says_that_it_is_an_automatic_answer() -> None:
    found = mail()
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["X-Handslag-Loop"] == "registratur@skr.se"


def test_swedish_letters_survive_in_headers_and_bodies() -> None:
    data = compose_receipt(registered(document()), house()).data
    assert data.isascii(), "any relay can carry it"
    assert parsed(data)["Subject"] == "Bekräftelse – svar mottaget, dnr SKR 2024/00123"
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_the_same_event_gives_the_same_bytes() -> None:
    event = registered(document())
    assert compose_receipt(event, house()).data == compose_receipt(event, house()).data


def test_the_message_id_follows_from_the_mail_alone() -> None:
    first, again = mail(registered(document())), mail(registered(document(), document(2)))
    other = mail(registered(document(), seed=2))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert re.fullmatch(r"<receipt\.m[0-9a-f]{23}@skr\.se>", first["Message-ID"])


def test_the_date_is_in_swedens_time() -> None:
    event = registered(document())
    assert mail(event)["Date"].endswith("+0200")
    assert parsedate_to_datetime(mail(event)["Date"]) == event.registered_at


def test_it_stands_in_the_senders_thread() -> None:
    event = registered(
        document(), correspondence=correspondence(references=("<a@umea.se>", "<b@umea.se>"))
    )
    found = mail(event)
    assert found["In-Reply-To"] == "<svar-1@umea.se>"
    assert str(found["References"]).split() == ["<a@umea.se>", "<b@umea.se>", "<svar-1@umea.se>"]


def test_the_long_identifiers_of_exchange_are_not_encoded() -> None:
    event = registered(
        document(), correspondence=correspondence(message_id=EXCHANGE, references=(EXCHANGE,))
    )
    data = compose_receipt(event, house()).data
    assert b"In-Reply-To: " + EXCHANGE.encode() in data


def test_a_very_long_thread_keeps_its_first_and_its_latest() -> None:
    references = tuple(f"<{number}@umea.se>" for number in range(500))
    event = registered(document(), correspondence=correspondence(references=references))
    kept = str(mail(event)["References"]).split()
    assert len(kept) == 21
    assert kept[0] == "<0@umea.se>"
    assert kept[-2:] == ["<499@umea.se>", "<svar-1@umea.se>"]


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        (Fate.RECORDED, "decision"),
        (Fate.DUPLICATE, "decision"),
        (Fate.RETURNED, "return_request"),
    ],
)
def test_a_decision_has_the_headers_of_a_receipt_and_a_message_id_of_its_own(
    fate: Fate, kind: str
) -> None:
    event = resolved(
        document(fate=fate, reasons=(Reason.NONE_MARKED,)),
        decision=255,
        correspondence=correspondence(references=("<a@umea.se>",)),
    )
    data = compose_decision(event, house()).data
    found = parsed(data)
    assert set(found.keys()) == HEADERS
    assert data.isascii()
    assert found["Message-ID"] == f"<{kind}.{'0' * 30}ff@skr.se>"
    assert found["In-Reply-To"] == "<svar-1@umea.se>"
    assert str(found["References"]).split() == ["<a@umea.se>", "<svar-1@umea.se>"]
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["X-Handslag-Loop"] == "registratur@skr.se"
    assert parsedate_to_datetime(found["Date"]) == event.send_after
    assert data == compose_decision(event, house()).data


@given(text=st.text(max_size=200), dnr=st.text(min_size=1, max_size=60))
def test_no_header_of_a_decision_can_be_injected(text: str, dnr: str) -> None:
    event = resolved(
        document(
            dnr=dnr, files=(text,), initiative_name=text, municipality_name=text, answer_label=text
        ),
        replaces_label=text,
        former_dnr=text,
        message=text,
        correspondence=correspondence(mailbox=text, message_id=text, references=(text,)),
    )
    found = parsed(compose_decision(event, house()).data)
    assert set(found.keys()) <= HEADERS
    assert found["To"] == "kommunen@umea.se"


@pytest.mark.parametrize(
    "message_id", ["", "svar", "<a b@c>", "<a@b>\r\nBcc: x@y.se", "<å@b>", "<" + "a" * 400 + "@b>"]
)
def test_an_identifier_that_is_none_is_left_out(message_id: str) -> None:
    found = mail(registered(document(), correspondence=correspondence(message_id=message_id)))
    assert found["In-Reply-To"] is None
    assert found["References"] is None
    assert found["Bcc"] is None


@given(
    text=st.text(max_size=200),
    dnr=st.text(min_size=1, max_size=60),
    message_id=st.text(max_size=80),
)
def test_no_header_can_be_injected(text: str, dnr: str, message_id: str) -> None:
    event = registered(
        document(
            dnr=dnr,
            files=(text,),
            initiative_name=text,
            municipality_name=text,
            answer_label=text,
        ),
        correspondence=correspondence(
            mailbox=text, message_id=message_id, references=(message_id, text), subject=text
        ),
    )
    found = mail(event)
    assert set(found.keys()) <= HEADERS
    assert found["To"] == "kommunen@umea.se"
    assert len(found["From"].addresses) == 1


def test_a_bounce_comes_back_with_the_token() -> None:
    assert house().envelope_sender("registratur@skr.se", "abc") == "registratur+abc@skr.se"
    special = house(bounce_address="studs+{token}@bounce.skr.se")
    assert special.envelope_sender("registratur@skr.se", "abc") == "studs+abc@bounce.skr.se"
