"""Behov: the proposals that have come in, as a document or as a mail without one."""

from starlette.responses import Response

from services.registry.mailings.letters import as_shown
from services.registry.need_letters import (
    FILES,
    NoNeed,
    ask_for_template,
    template_asked,
    template_request,
    what_became_of,
)
from services.registry.tables import MailState
from services.registry.web import queries
from services.registry.web.needs import need_shown
from services.registry.web.pages.mailings_preview import letter_page
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import first_image
from services.registry.web.visit import NotFound, Visitor
from shared.events import Fate
from shared.letters.letter import as_html
from shared.outbox import now

pages = Pages()

_SIZE = 25
_FILE_NAMES = [name for name, _ in FILES.values()]


@pages.get("/behov", Permission.SEE_NEEDS)
def needs(visit: Visitor) -> Response:
    """Two lists: proposals with a document, and those that stand in the mail itself."""
    with visit.read() as session:
        arrivals = queries.arrivals(session, (Fate.NEED,), visit.page_number(), _SIZE)
        mails = queries.mails(session, (MailState.NEED,), "", visit.page_number("mejlsida"), _SIZE)
        listed = (*(one.mail for one in arrivals.items), *mails.items)
        asked = template_asked(session, {mail.mail_id for mail in listed})
        became = what_became_of(session, asked.values())
    return visit.page(
        "needs.html",
        arrivals=arrivals,
        mails=mails,
        image=first_image,
        shown=need_shown,
        asked=asked,
        became=became,
    )


@pages.get("/behov/{mail_id}/mall", Permission.SEE_NEEDS)
def template(visit: Visitor, mail_id: str) -> Response:
    """The letter that asks for a description in the template, before it is sent."""
    try:
        with visit.database.read() as session:
            order = template_request(session, mail_id, visit.site.printing.office, now())
            asked = template_asked(session, [mail_id]).get(mail_id)
            became = what_became_of(session, [asked] if asked is not None else [])
    except NoNeed:
        raise NotFound from None
    return visit.page(
        "need_template.html",
        mail_id=mail_id,
        order=order,
        asked=asked,
        became=became,
        files=_FILE_NAMES,
        sees_templates=Permission.SEND_MAILINGS,
    )


@pages.get("/behov/{mail_id}/mall/brev", Permission.SEE_NEEDS)
def framed(visit: Visitor, mail_id: str) -> Response:
    """The same letter as HTML, for the frame."""
    office = visit.site.printing.office
    try:
        with visit.database.read() as session:
            order = template_request(session, mail_id, office, now())
    except NoNeed:
        raise NotFound from None
    return letter_page(as_html(as_shown(order, _FILE_NAMES, office.organisation)))


@pages.post("/behov/{mail_id}/mall", Permission.SEE_NEEDS)
def ask(visit: Visitor, mail_id: str) -> Response:
    """Send it; asked twice is asked once."""
    office = visit.site.printing.office
    try:
        ask_for_template(
            visit.database, visit.site.archive, office, mail_id, who=visit.user.name, at=now()
        )
    except NoNeed:
        raise NotFound from None
    visit.site.stir()
    return visit.see_other(f"/behov/{mail_id}/mall")
