"""A calendar file of an appointment (RFC 5545, 5546). Pure; only this imports icalendar."""

from datetime import datetime, timedelta
from typing import Final

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vRecur,
    vText,
)

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
    calendar.add_component(_stockholm())
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _stockholm() -> Timezone:
    """The rules since 1996, as rules: Outlook and others do not read lists of single days."""
    zone = Timezone()
    zone.add("tzid", SWEDEN.key)
    winter, summer = timedelta(hours=1), timedelta(hours=2)
    for kind, name, begins, month, before, after in (
        (TimezoneDaylight, "CEST", datetime(1996, 3, 31, 2), 3, winter, summer),  # noqa: DTZ001
        (TimezoneStandard, "CET", datetime(1996, 10, 27, 3), 10, summer, winter),  # noqa: DTZ001
    ):
        change = kind()
        change.add("tzname", name)
        change.add("dtstart", begins)
        change.add("rrule", vRecur(freq="yearly", bymonth=month, byday="-1su"))
        change.add("tzoffsetfrom", before)
        change.add("tzoffsetto", after)
        zone.add_component(change)
    return zone
