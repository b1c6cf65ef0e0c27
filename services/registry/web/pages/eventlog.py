"""Händelselogg: who did what, when, and what it was before and after."""

from datetime import date, datetime, time, timedelta

from starlette.responses import Response

from services.registry.store.log import LogFilter, log_page, log_people
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import Visit, Visitor

pages = Pages()

_SIZE = 100
SUBJECTS = {
    "resolved.": "Registratorers beslut",
    "answer.": "Svar",
    "contact.": "Kontaktpersoner",
    "document.": "Handlingar",
    "mail.": "Inkomna mejl",
    "message.": "Utgående mejl",
    "delivery.": "Mejl som kom tillbaka",
    "bounce.": "Studsar som hanterats",
    "review.": "Kön",
    "initiative.": "Initiativ",
    "form.": "Blanketter",
    "municipalities.": "Kommuner",
    "user.": "Konton",
    "token.": "Nycklar för program",
    "template.": "Brevmallar",
    "dead_letter.": "Drift",
}
"""What one may look for, by the beginning of an entry's key."""


@pages.get("/handelselogg", Permission.SEE_MAIL)
def eventlog(visit: Visitor) -> Response:
    """The log, the last first."""
    with visit.read() as session:
        found = log_page(
            session,
            log_filter(visit),
            size=_SIZE,
            below=_number(visit.asked("fore")),
            above=_number(visit.asked("efter")),
        )
        people = log_people(session)
    return visit.page(
        "eventlog.html",
        found=found,
        people=people,
        subjects=SUBJECTS,
        filtered=any(visit.asked(name) for name in FILTERS),
        query=visit.here(fore="", efter="").partition("?")[2],
    )


FILTERS = ("vem", "om", "dnr", "fran", "till")


def log_filter(visit: Visit) -> LogFilter:
    """What the address asks for; days are the office's, the last one included."""
    about = visit.asked("om")
    until = _day(visit, "till")
    return LogFilter(
        who=visit.asked("vem"),
        about=about if about in SUBJECTS else "",
        dnr=visit.asked("dnr"),
        since=_day(visit, "fran"),
        until=until + timedelta(days=1) if until else None,
    )


def _day(visit: Visit, name: str) -> datetime | None:
    try:
        day = date.fromisoformat(visit.asked(name))
    except ValueError:
        return None
    if not 1900 < day.year < 9999:
        return None
    return datetime.combine(day, time.min, tzinfo=visit.site.zone)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
