"""Ej kopplade handlingar: what waits for a person, oldest first."""

from starlette.responses import Response

from services.registry.store.answers import initiatives
from services.registry.store.queue import queue_counts
from services.registry.web import queries
from services.registry.web.pages.matter import just_done
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import first_image, initiatives_by_id, municipality_name
from services.registry.web.visit import Visitor
from shared.events import Reason

pages = Pages()

_SIZE = 25


@pages.get("/ej-kopplade", Permission.SEE_MAIL)
def queue(visit: Visitor) -> Response:
    """The list, filtered by reason and mailbox."""
    wanted = visit.asked("anledning")
    reason = Reason(wanted) if wanted in set(Reason) else None
    with visit.database.read() as session:
        matters = queries.queue(
            session, reason, visit.asked("brevlada"), visit.page_number(), _SIZE
        )
        counts = queue_counts(session)
        mailboxes = queries.queue_mailboxes(session)
        known = initiatives_by_id(initiatives(session))
        done = just_done(visit, session)
    return visit.page(
        "queue.html",
        done=done,
        matters=matters,
        counts=counts,
        mailboxes=mailboxes,
        initiatives=known,
        image=first_image,
        municipality_name=municipality_name,
    )
