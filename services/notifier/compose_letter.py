"""From a letter that was ordered to the exact bytes of a mail. Pure, but for the files it is given.

mixed( alternative( text, HTML, calendar if an answer is wanted ), files …, calendar file )
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from services.notifier.addresses import deliverable, needs_utf8
from services.notifier.calendar import calendar_file, method_of
from services.notifier.compose import House, thread_of
from services.notifier.files import file_part, safe_name
from services.notifier.gate import LOOP_HEADER
from services.notifier.headers import mailbox_value, writing_policy
from shared.events import Appointment, Correspondence, LetterKind, LetterOrdered
from shared.letters.letter import as_html, as_text
from shared.letters.plain import SWEDEN, one_line
from shared.letters.written import written

CALENDAR_NAME: Final = "kalender.ics"
WANTED_FROM_ROBOTS: Final = "DR, RN, NRN, AutoReply"
"""What Exchange is asked to keep to itself: not that somebody is away, or has left for good."""
UNSUBSCRIBE_TEXT: Final = "# Vill du inte ha nyhetsbrevet?\n\nAvsluta prenumerationen här: {url}"
UNSUBSCRIBE_BY_MAIL: Final = (
    "# Vill du inte ha nyhetsbrevet?\n\nMejla {address}, så avslutar vi prenumerationen."
)

FileReader = Callable[[str], bytes]
"""From a digest to the bytes in the archive."""


def compose_letter(
    event: LetterOrdered, house: House, *, dated: datetime, read: FileReader
) -> bytes:
    """Compose a letter whose recipient the gate has found safe."""
    recipient = deliverable(event.recipient)
    assert recipient is not None, "the gate lets no other pass"
    sender = house.sender_for(event.mailbox or house.address)
    message_id = house.message_id(event.kind, event.letter_id.hex)
    mail = EmailMessage(policy=writing_policy(utf8=needs_utf8(recipient)))
    mail["From"] = mailbox_value(house.name_of(sender), sender)
    mail["To"] = mailbox_value(one_line(event.recipient_name, limit=120), recipient)
    mail["Subject"] = one_line(event.subject_line, limit=250)
    mail["Date"] = format_datetime(dated.astimezone(SWEDEN))
    mail["Message-ID"] = message_id
    for name, identifiers in thread_of(_answered(event)).items():
        mail[name] = identifiers
    mail["Auto-Submitted"] = "auto-replied" if event.answers else "auto-generated"
    mail["X-Auto-Response-Suppress"] = WANTED_FROM_ROBOTS
    mail[LOOP_HEADER] = sender
    for name, value in _unsubscribe_headers(event, house).items():
        mail[name] = value
    calendar = _calendar(event, house, sender, recipient) if event.appointment else None
    _add_bodies(mail, event, house, sender)
    mail["Content-Language"] = "sv"
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    if event.appointment and calendar and event.appointment.reply_wanted:
        mail.attach(_calendar_body(event.appointment, calendar))
    mail.set_boundary(f"=_{seed}")
    if event.files or calendar:
        mail.make_mixed(boundary=f"=-{seed}")
    for file in event.files:
        mail.attach(file_part(file.name, file.content_type, read(file.content)))
    if event.appointment and calendar:
        method = method_of(event.appointment)
        mail.attach(
            file_part(CALENDAR_NAME, "text/calendar", calendar, charset="utf-8", method=method)
        )
    return mail.as_bytes()


def _add_bodies(mail: EmailMessage, event: LetterOrdered, house: House, sender: str) -> None:
    files = [safe_name(file.name) for file in event.files]
    letter = written(
        subject=event.subject_line,
        heading=event.heading,
        text="\n\n".join(filter(None, (event.text, _unsubscribe_text(event, house)))),
        addressed_to=_addressed_to(event),
        files=[*files, *([CALENDAR_NAME] if event.appointment else [])],
        signature=(house.name_of(sender), house.organisation),
    )
    mail.set_content(as_text(letter), cte="quoted-printable")
    mail.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")


def _addressed_to(event: LetterOrdered) -> tuple[str, ...]:
    if not event.attention:
        return ()
    name = (event.recipient_name,) if event.recipient_name else ()
    return (*name, *(f"Att: {one_line(role)}" for role in event.attention))


def _answered(event: LetterOrdered) -> Correspondence:
    """What the letter stands in one thread with."""
    if event.answers is not None:
        return event.answers.correspondence
    return Correspondence(
        mailbox="",
        return_path="",
        from_address="",
        message_id=event.in_reply_to,
        references=event.references,
    )


def _unsubscribe_headers(event: LetterOrdered, house: House) -> dict[str, str]:
    """How a mail program offers to unsubscribe by one click (RFC 2369, RFC 8058)."""
    if event.kind is not LetterKind.NEWSLETTER:
        return {}
    address = house.unsubscribe_address_for(event.unsubscribe)
    url = house.unsubscribe_url_for(event.unsubscribe)
    ways = [f"<{url}>"] if url else []
    ways += [f"<mailto:{address}?subject=avsluta>"] if address else []
    headers = {"Precedence": "bulk", "List-Unsubscribe": ", ".join(ways)}
    if url:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _unsubscribe_text(event: LetterOrdered, house: House) -> str:
    if event.kind is not LetterKind.NEWSLETTER:
        return ""
    url = house.unsubscribe_url_for(event.unsubscribe)
    if url:
        return UNSUBSCRIBE_TEXT.format(url=url)
    return UNSUBSCRIBE_BY_MAIL.format(address=house.unsubscribe_address_for(event.unsubscribe))


def _calendar(event: LetterOrdered, house: House, sender: str, recipient: str) -> bytes:
    assert event.appointment is not None
    return calendar_file(
        event.appointment,
        domain=house.message_id_domain,
        organiser=sender,
        organiser_name=house.name_of(sender),
        invited=recipient,
        stamped=event.occurred_at,
    )


def _calendar_body(appointment: Appointment, calendar: bytes) -> EmailMessage:
    """The alternative that Outlook and Gmail make buttons of."""
    part = EmailMessage(policy=SMTP)
    part.set_content(calendar.decode(), subtype="calendar", charset="utf-8", cte="base64")
    part.set_param("method", method_of(appointment))
    del part["MIME-Version"]
    return part
