"""Mails in and out."""

from services.registry.api import build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_mark, encoded
from services.registry.api.models.mails import MailDetail, MailPage, MessagePage
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.store.details import mail_detail
from services.registry.store.stretches import mails_after, messages_after
from services.registry.tables import MailState
from services.registry.web.roles import Permission

routes = Routes("Mejl")

_MAILS = "mails"
_MESSAGES = "messages"


@routes.get("/mails", Permission.SEE_MAIL)
def list_mails(
    call: ThisCall, state: MailState | None = None, limit: Limit = 100, cursor: Cursor = ""
) -> MailPage:
    """Alla mejl som har kommit in, det senaste först"""
    after = decoded_mark(cursor, _MAILS)
    states = (state,) if state else tuple(MailState)
    with call.database.read() as session:
        rows = mails_after(session, states, after, limit + 1)
    last = rows[limit - 1][0] if len(rows) > limit else None
    return MailPage(
        items=[build_mails.mail(*row) for row in rows[:limit]],
        next_cursor=encoded(_MAILS, last.received_at, last.mail_id) if last else None,
    )


@routes.get("/mails/{mail_id}", Permission.SEE_MAIL)
def get_mail(call: ThisCall, mail_id: str) -> MailDetail:
    """Ett mejl med alla delar, och våra svar på det"""
    with call.database.read() as session:
        found = mail_detail(session, mail_id)
    if found is None:
        raise Problem("not_found")
    return build_mails.mail_detail(found)


@routes.get("/messages", Permission.SEE_MAIL)
def list_messages(
    call: ThisCall, mail_id: str = "", limit: Limit = 100, cursor: Cursor = ""
) -> MessagePage:
    """Våra utgående mejl och vad som blev av dem, det senaste först"""
    after = decoded_mark(cursor, _MESSAGES)
    with call.database.read() as session:
        rows = messages_after(session, mail_id, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return MessagePage(
        items=[build_mails.message(row) for row in rows[:limit]],
        next_cursor=encoded(_MESSAGES, last.settled_at, last.message_id) if last else None,
    )
