"""A calendar file of an appointment (RFC 5545, 5546). Pure; only this imports icalendar."""

from datetime import datetime
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vText

from shared.events import Appointment
from shared.letters.plain import SWEDEN

PRODUCT: Final = "-//Handslag//Utskick//SV"


def method_of(appointment: Appointment) -> str:
    """What a calendar is asked to do with it."""
    if appointment.cancelled:
        return "CANCEL"
    return "REQUEST" if appointment.reply_wanted else "PUBLISH"


def calendar_file(
    appointment: Appointment,
    *,
    domain: str,
    organiser: str,
    organiser_name: str,
    invited: str,
    stamped: datetime,
) -> bytes:
    """The file's bytes: lines of at most 75 octets, moments in Swedish time with its rules."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method_of(appointment))
    event = Event()
    event.add("uid", f"{appointment.uid}@{domain}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", stamped)
    event.add("dtstart", appointment.starts_at.astimezone(SWEDEN))
    event.add("dtend", appointment.ends_at.astimezone(SWEDEN))
    event.add("summary", appointment.title)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    for name, value in (
        ("location", appointment.place),
        ("description", appointment.description),
        ("url", appointment.url),
    ):
        if value:
            event.add(name, value)
    who = vCalAddress(f"mailto:{organiser}")
    who.params["CN"] = vText(organiser_name)
    event["organizer"] = who
    if appointment.reply_wanted:
        guest = vCalAddress(f"mailto:{invited}")
        guest.params["RSVP"] = vText("TRUE")
        guest.params["PARTSTAT"] = vText("NEEDS-ACTION")
        event.add("attendee", guest, encode=False)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
