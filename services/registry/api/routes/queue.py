"""The queue: what waits for a person, with the evidence."""

from typing import Annotated

from fastapi import Path

from services.registry.api import build, build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_mark, encoded
from services.registry.api.models.mails import QueueItemDetail, QueuePage
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.domain.candidates import candidates
from services.registry.knowledge import sender_of
from services.registry.store.details import document_detail, mail_detail, resolutions_of
from services.registry.store.stretches import matter, matters_after
from services.registry.web.queries import QueueFilter
from services.registry.web.roles import Permission
from shared.events import Reason

routes = Routes("Ej kopplade handlingar")

ItemNumber = Annotated[int, Path(ge=0, lt=2**31)]

_QUEUE = "queue"


@routes.get("/queue", Permission.SEE_MAIL)
def list_queue(
    call: ThisCall,
    reason: Reason | None = None,
    mailbox: str = "",
    initiative: str = "",
    municipality: str = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> QueuePage:
    """Det som väntar på en registrator, det som kom först först"""
    after = decoded_mark(cursor, _QUEUE, int)
    wanted = QueueFilter(
        reason=reason, mailbox=mailbox, initiative=initiative, municipality=municipality
    )
    with call.database.read() as session:
        rows = matters_after(session, wanted.conditions(), after, limit + 1)
    items = [build_mails.queue_item(*row) for row in rows[:limit]]
    more = len(rows) > limit
    return QueuePage(
        items=items,
        next_cursor=encoded(_QUEUE, items[-1].received_at, items[-1].item_id) if more else None,
    )


@routes.get("/queue/{item_id}", Permission.SEE_MAIL)
def get_queue_item(call: ThisCall, item_id: ItemNumber) -> QueueItemDetail:
    """Ett ärende i kön: vad som lästes och var, varför det väntar, och vems det kan vara"""
    with call.database.read() as session:
        row = matter(session, item_id)
        if row is None:
            raise Problem("not_found")
        item = row[0]
        found = document_detail(session, item.document_id) if item.document_id else None
        mail = mail_detail(session, item.mail_id)
        assert mail is not None
        ranked = candidates(found.reading, sender_of(session, mail.correspondence)) if found else ()
        decisions = resolutions_of(session, item)
    return QueueItemDetail(
        **vars(build_mails.queue_item(*row)),
        document=build.document_detail(found) if found else None,
        mail=build_mails.mail_detail(mail),
        candidates=[build.candidate(one) for one in ranked],
        resolutions=[build_mails.resolution(one) for one in decisions],
    )
