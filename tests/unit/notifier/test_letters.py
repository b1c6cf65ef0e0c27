"""Letters as bytes: names, files, calendars, threads, and how one gets rid of them."""

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.notifier.addresses import deliverable
from services.notifier.compose_letter import compose_letter
from services.notifier.files import safe_name
from shared.events import (
    AnsweredMail,
    Appointment,
    Disposition,
    LetterFile,
    LetterKind,
    LetterOrdered,
)
from tests.unit.notifier.builders import (
    NOON,
    correspondence,
    house,
    letter,
    mail_id,
    parsed,
    text_of,
)

PDF = b"%PDF-1.7 " + bytes(range(256)) * 20
SWEDISH_NAME = "Svarsformulär för Håbo, nämnd för vård och omsorg.pdf"
TOKEN = "k" * 32
APPOINTMENT = Appointment(
    uid="seminarium-1",
    title="Lanseringsseminarium för fyra initiativ, så här går det till",
    starts_at=datetime(2024, 6, 19, 11, 0, tzinfo=UTC),
    ends_at=datetime(2024, 6, 19, 12, 30, tzinfo=UTC),
    place="Digitalt",
    description="Vi berättar om initiativen.\nStäll frågor; ta med kollegor, chefer.",
)


def file(name: str = SWEDISH_NAME) -> LetterFile:
    return LetterFile(name=name, content_type="application/pdf", content="a" * 64)


def composed(event: LetterOrdered, **section: Any) -> bytes:
    return compose_letter(event, house(**section), dated=NOON, read=lambda digest: PDF)


def mail(event: LetterOrdered, **section: Any) -> EmailMessage:
    return parsed(composed(event, **section))


def test_it_says_that_it_was_sent_by_a_machine_and_answers_nothing() -> None:
    found = mail(letter())
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["In-Reply-To"] is None
    assert found["List-Unsubscribe"] is None
    assert found["Message-ID"] == f"<update.{'0' * 31}1@skr.se>"
    assert found["To"].addresses[0].display_name == "Umeå kommun"


def test_the_bytes_are_ascii_and_their_lines_short() -> None:
    data = composed(letter(files=(file(),), appointment=APPOINTMENT))
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_it_is_the_same_when_it_is_composed_again() -> None:
    event = letter(files=(file(),), appointment=APPOINTMENT)
    assert composed(event) == composed(event)


def test_for_whom_it_is_stands_above_the_letter() -> None:
    event = letter(attention=("Kommundirektör", "It-chef"))
    assert text_of(composed(event)).startswith("Umeå kommun Att: Kommundirektör Att: It-chef")


def test_a_file_arrives_byte_for_byte_under_its_swedish_name() -> None:
    (part,) = mail(letter(files=(file(),))).iter_attachments()
    assert part.get_content() == PDF
    assert part.get_filename() == SWEDISH_NAME
    assert part.get_content_type() == "application/pdf"


def test_programs_that_know_no_rfc_2231_find_the_name_in_the_type() -> None:
    old = email.message_from_bytes(composed(letter(files=(file(),))))
    part = next(part for part in old.walk() if part.get_content_type() == "application/pdf")
    words = email.header.decode_header(str(part.get_param("name")))
    assert "".join(word.decode(code or "ascii") for word, code in words) == SWEDISH_NAME


def test_the_letter_names_its_files() -> None:
    event = letter(files=(file(),))
    for kind in ("plain", "html"):
        body = parsed(composed(event)).get_body(("html" if kind == "html" else "plain",))
        assert body is not None
        assert SWEDISH_NAME in body.get_content()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Temp\\svar.pdf", "svar.pdf"),
        ('a"b;c.pdf', "a_b_c.pdf"),
        ("rad\r\nBcc: x@y.se", "rad Bcc_ x@y.se"),
        ("...", "fil"),
        ("A\u030a.pdf", "Å.pdf"),
    ],
)
def test_a_file_name_cannot_do_harm(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("ö" * 200 + ".pdf").endswith("ö.pdf")
    assert len(safe_name("ö" * 200 + ".pdf")) == 120


def test_a_reminder_stands_in_the_thread_of_the_offer() -> None:
    found = mail(letter(in_reply_to="<offer.1@skr.se>", references=("<a@skr.se>",)))
    assert found["In-Reply-To"] == "<offer.1@skr.se>"
    assert found["References"] == "<a@skr.se> <offer.1@skr.se>"


def test_a_letter_that_answers_a_mail_stands_in_its_thread_and_says_so() -> None:
    answered = AnsweredMail(
        mail_id=mail_id(1),
        received_at=NOON,
        disposition=Disposition.NEED,
        correspondence=correspondence(mailbox="handslaget@skr.se"),
    )
    found = mail(
        letter(kind=LetterKind.NEED_RECEIPT, answers=answered, mailbox="handslaget@skr.se")
    )
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["In-Reply-To"] == "<svar-1@umea.se>"
    assert found["From"].addresses[0].addr_spec == "handslaget@skr.se"


def test_a_newsletter_can_be_ended_with_one_click() -> None:
    found = mail(
        letter(kind=LetterKind.NEWSLETTER, unsubscribe=TOKEN),
        unsubscribe_url="https://handslag.example.se/avsluta/{token}",
        unsubscribe_address="avsluta+{token}@skr.se",
    )
    assert found["List-Unsubscribe"] == (
        f"<https://handslag.example.se/avsluta/{TOKEN}>, "
        f"<mailto:avsluta+{TOKEN}@skr.se?subject=avsluta>"
    )
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"https://handslag.example.se/avsluta/{TOKEN}" in text_of(found.as_bytes())


def test_an_invitation_carries_a_calendar_file_in_swedish_time() -> None:
    data = composed(letter(kind=LetterKind.INVITATION, appointment=APPOINTMENT))
    (part,) = parsed(data).iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "PUBLISH"
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"DTSTART;TZID=Europe/Stockholm:20240619T130000\r\n" in raw
    assert b"BEGIN:VTIMEZONE" in raw
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert str(event["UID"]) == "seminarium-1@skr.se"
    assert event["DTSTART"].dt == APPOINTMENT.starts_at
    assert str(event["DESCRIPTION"]) == APPOINTMENT.description


def test_only_who_wants_an_answer_asks_for_one() -> None:
    asking = APPOINTMENT.model_copy(update={"reply_wanted": True})
    data = composed(letter(kind=LetterKind.INVITATION, appointment=asking))
    parts = [part for part in parsed(data).walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in parts] == ["REQUEST", "REQUEST"]
    assert b"ATTENDEE" in parts[0].get_payload(decode=True)
    assert "ATTENDEE" not in composed(letter(appointment=APPOINTMENT)).decode()


def test_what_is_cancelled_says_so() -> None:
    cancelled = APPOINTMENT.model_copy(update={"cancelled": True, "sequence": 2})
    (part,) = mail(letter(appointment=cancelled)).iter_attachments()
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert b"METHOD:CANCEL" in raw
    assert b"STATUS:CANCELLED" in raw


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Anna.Berg@Umea.se", "Anna.Berg@umea.se"),
        ("anna@åmål.se", "anna@xn--ml-xiab.se"),
        (" anna@umea.se ", "anna@umea.se"),
        ("åsa@åmål.se", "åsa@xn--ml-xiab.se"),
        ("a\u030asa@umea.se", "åsa@umea.se"),
        ("", None),
        ("anna", None),
        ("anna@umea", None),
        ("anna@umea.se>\r\nRCPT TO:<bo@x.se", None),
        ("anna berg@umea.se", None),
        ("å" * 40 + "@umea.se", None),
        ("anna\u202e@umea.se", None),
        ("anna@\u202eumea.se", None),
    ],
)
def test_an_address_becomes_what_smtp_takes_or_nothing(typed: str, sent: str | None) -> None:
    assert deliverable(typed) == sent


def test_only_an_address_that_needs_it_is_written_in_utf_8() -> None:
    assert composed(letter(recipient="anna@åmål.se")).isascii()
    data = composed(letter(recipient="åsa@åmål.se"))
    assert "<åsa@xn--ml-xiab.se>\r\n" in data.decode()


@given(text=st.text(min_size=1, max_size=200))
def test_no_header_can_be_injected_into_a_letter(text: str) -> None:
    event = letter(
        recipient_name=text,
        subject_line=text,
        heading=text,
        text=text,
        attention=(text,),
        in_reply_to=text,
        references=(text,),
        mailbox=text,
        files=(file(text),),
    )
    found: Message = email.message_from_bytes(composed(event))
    assert set(found.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "In-Reply-To",
        "References", "X-Auto-Response-Suppress", "X-Handslag-Loop", "Content-Language",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert len(found.get_all("To", [])) == 1
    assert not re.search(r"(?m)^[^ \t].*\bbcc\b", str(found["To"]), re.IGNORECASE)


def test_the_date_is_when_it_leaves() -> None:
    later = compose_letter(
        letter(), house(), dated=NOON + timedelta(days=3), read=lambda digest: PDF
    )
    assert parsed(later)["Date"].datetime == NOON + timedelta(days=3)


WORDS = st.lists(
    st.sampled_from(
        ["Åsa", "i", "kl.", "13.00–14.30", "(nämnd)", "vård,", '"x"', "<y>", "a@b.se", "=?x?="]
    )
)


@given(words=WORDS)
def test_subjects_and_names_are_read_as_they_were_written(words: list[str]) -> None:
    text = " ".join(words) or "x"
    data = composed(letter(subject_line=text[:250], recipient_name=text[:30].strip()))
    assert parsed(data)["Subject"] == " ".join(text[:250].split())
    assert parsed(data)["To"].addresses[0].display_name == " ".join(text[:30].split())
    assert max(len(line) for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")) <= 98
