"""Ej kopplade handlingar: what waits for a person, oldest first."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response

from services.registry.store.answers import initiatives
from services.registry.tables import Initiative
from services.registry.web import in_queue, queries
from services.registry.web.pages.matter import just_done
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import first_image, initiatives_by_id, municipality_name
from services.registry.web.visit import Visit, Visitor
from shared.events import Reason
from shared.outbox import now

pages = Pages()

_SIZE = 25


_AGES = {"1": "Äldre än ett dygn", "3": "Äldre än tre dygn", "7": "Äldre än en vecka"}


@pages.get("/ej-kopplade", Permission.SEE_MAIL)
def queue(visit: Visitor) -> Response:
    """The list, filtered by reason, mailbox, initiative, municipality, age and who has it."""
    with visit.read() as session:
        found = in_queue.queue(session, _filter(visit), visit.page_number(), _SIZE)
        known = initiatives_by_id(initiatives(session))
        done = just_done(visit, session)
    return visit.page(
        "queue.html",
        done=done,
        matters=found.matters,
        counts=found.counts,
        choices=_named(found.choices, known),
        filtered=any(visit.asked(name) for name in _FILTERS),
        initiatives=known,
        image=first_image,
        municipality_name=municipality_name,
    )


def _named(
    choices: in_queue.QueueChoices, known: Mapping[str, Initiative]
) -> dict[str, Mapping[str, str]]:
    """What each filter can be set to, with what it is called."""
    return {
        "initiatives": {id: known[id].name if id in known else id for id in choices.initiatives},
        "municipalities": {code: municipality_name(code) for code in choices.municipalities},
        "mailboxes": {mailbox: mailbox for mailbox in choices.mailboxes},
        "ages": _AGES,
    }


_FILTERS = ("anledning", "brevlada", "initiativ", "kommun", "alder", "lediga", "nya")


def _filter(visit: Visit) -> queries.QueueFilter:
    reason, age, known = visit.asked("anledning"), visit.asked("alder"), visit.asked("nya")
    return queries.QueueFilter(
        reason=Reason(reason) if reason in set(Reason) else None,
        mailbox=visit.asked("brevlada"),
        initiative=visit.asked("initiativ"),
        municipality=visit.asked("kommun"),
        before=now() - timedelta(days=int(age)) if age in _AGES else None,
        free_for=visit.user.name if visit.asked("lediga") else "",
        after=int(known) if known.isascii() and known.isdigit() and len(known) < 10 else 0,
    )
