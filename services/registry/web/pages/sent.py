"""Utgående: one mail of ours, as it left, byte for byte."""

from sqlmodel import Session
from starlette.responses import Response

from services.registry.store.answers import initiatives
from services.registry.store.replies import replies_to
from services.registry.tables import Mail, Mailing, Message
from services.registry.web.pages.document import download
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.sent_mail import taken_apart
from services.registry.web.views import initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visitor
from shared.archive import Area, DamagedInArchive, NotInArchive

pages = Pages()


@pages.get("/utgaende/{name}", Permission.SEE_MAIL)
def sent(visit: Visitor, name: str) -> Response:
    """One mail: what became of it, what it said, and what was answered."""
    with visit.read() as session:
        message = _message(session, name)
        answered = session.get(Mail, message.mail_id) if message.mail_id else None
        mailing = session.get(Mailing, message.mailing_id) if message.mailing_id else None
        replies = replies_to(session, message.message_id)
        known = initiatives_by_id(initiatives(session))
    lost, shown = False, None
    if message.content is not None:
        try:
            shown = taken_apart(visit.site.archive.get(message.content, Area.DERIVED))
        except (NotInArchive, DamagedInArchive):
            lost = True
    return visit.page(
        "sent.html",
        message=message,
        answered=answered,
        mailing=mailing,
        replies=replies,
        mail=shown,
        lost=lost,
        initiatives=known,
        municipality_name=municipality_name,
    )


@pages.get("/utgaende/{name}/original", Permission.SEE_MAIL)
def original(visit: Visitor, name: str) -> Response:
    """The mail byte for byte."""
    with visit.database.read() as session:
        message = _message(session, name)
    if message.content is None:
        raise NotFound
    return download(visit.site.archive, message.content, f"{name}.eml")


def _message(session: Session, name: str) -> Message:
    """The mail whose Message-ID this is, without its angle brackets."""
    found = session.get(Message, f"<{name}>")
    if found is None:
        raise NotFound
    return found
