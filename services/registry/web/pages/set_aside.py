"""Satt åt sidan: the mails that were not registered, each with its reason. Nothing is hidden."""

from starlette.responses import Response

from services.registry.tables import MailState
from services.registry.web import queries
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import Visitor

pages = Pages()

_SIZE = 50


@pages.get("/satt-at-sidan", Permission.SEE_MAIL)
def set_aside(visit: Visitor) -> Response:
    """The list, the last to arrive first."""
    with visit.read() as session:
        mails = queries.mails(
            session, (MailState.SET_ASIDE,), visit.asked("sok"), visit.page_number(), _SIZE
        )
    return visit.page("set_aside.html", mails=mails)
