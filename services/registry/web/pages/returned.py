"""Väntar på nytt svar: what the sender has been asked to send again."""

from starlette.responses import Response

from services.registry.store.answers import initiatives
from services.registry.web import queries
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import first_image, initiatives_by_id, municipality_name
from services.registry.web.visit import Visitor
from shared.events import Fate

pages = Pages()

_SIZE = 25


@pages.get("/vantar", Permission.SEE_MAIL)
def returned(visit: Visitor) -> Response:
    """The list, the last to arrive first."""
    with visit.read() as session:
        arrivals = queries.arrivals(session, (Fate.RETURNED,), visit.page_number(), _SIZE)
        known = initiatives_by_id(initiatives(session))
    return visit.page(
        "returned.html",
        arrivals=arrivals,
        initiatives=known,
        image=first_image,
        municipality_name=municipality_name,
    )
