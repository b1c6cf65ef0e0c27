"""Behov: the proposals that have come in, as a document or as a mail without one."""

from starlette.responses import Response

from services.registry.tables import MailState
from services.registry.web import queries
from services.registry.web.needs import need_shown
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import first_image
from services.registry.web.visit import Visitor
from shared.events import Fate

pages = Pages()

_SIZE = 25


@pages.get("/behov", Permission.SEE_NEEDS)
def needs(visit: Visitor) -> Response:
    """Two lists: proposals with a document, and those that stand in the mail itself."""
    with visit.read() as session:
        arrivals = queries.arrivals(session, (Fate.NEED,), visit.page_number(), _SIZE)
        mails = queries.mails(session, (MailState.NEED,), "", visit.page_number("mejlsida"), _SIZE)
    return visit.page(
        "needs.html", arrivals=arrivals, mails=mails, image=first_image, shown=need_shown
    )
