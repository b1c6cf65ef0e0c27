"""Ej kopplade handlingar: what waits for a person, oldest first."""

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from services.registry.eventlog import note
from services.registry.store.answers import initiatives
from services.registry.store.details import document_detail, mail_detail
from services.registry.store.queue import queue_counts
from services.registry.tables import ReviewItem, ReviewState
from services.registry.web import queries
from services.registry.web.pages.document import shown
from services.registry.web.pages.mails import parts_shown
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.views import first_image, initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visitor
from shared.events import Reason
from shared.outbox import now

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
    return visit.page(
        "queue.html",
        matters=matters,
        counts=counts,
        mailboxes=mailboxes,
        initiatives=known,
        image=first_image,
        municipality_name=municipality_name,
    )


@pages.get("/ej-kopplade/{item_id}", Permission.SEE_MAIL)
def matter(visit: Visitor, item_id: RowNumber) -> Response:
    """One item: the scan or the mail, what was read, and every reason."""
    with visit.database.read() as session:
        item = _item(session, item_id)
        known = initiatives_by_id(initiatives(session))
        around = queries.neighbours(session, item)
        mail = mail_detail(session, item.mail_id)
        assert mail is not None
        found = document_detail(session, item.document_id) if item.document_id else None
    common: dict[str, Any] = {"item": item, "around": around, "messages": mail.messages}
    if found is not None:
        return visit.page("matter_document.html", **common, **shown(found, known))
    return visit.page("matter_mail.html", **common, detail=mail, parts=parts_shown(mail))


@pages.post("/ej-kopplade/{item_id}/ta", Permission.RESOLVE)
def claim(visit: Visitor, item_id: RowNumber) -> Response:
    """Tell the others that one works on the item; whoever had it loses it, visibly."""
    return _claim(visit, item_id, visit.user.name)


@pages.post("/ej-kopplade/{item_id}/slapp", Permission.RESOLVE)
def release(visit: Visitor, item_id: RowNumber) -> Response:
    """Tell the others that nobody works on the item."""
    return _claim(visit, item_id, None)


def _claim(visit: Visitor, item_id: int, name: str | None) -> Response:
    at = now()
    with visit.database.write() as session:
        item = _item(session, item_id)
        if item.state is ReviewState.OPEN and item.claimed_by != name:
            note(
                session,
                at=at,
                who=visit.user.name,
                what="review.claimed" if name else "review.released",
                mail_id=item.mail_id,
                document_id=item.document_id,
                before={"claimed_by": item.claimed_by},
                after={"claimed_by": name},
            )
            item.claimed_by, item.claimed_at = name, at if name else None
    return visit.see_other(f"/ej-kopplade/{item_id}")


def _item(session: Session, item_id: int) -> ReviewItem:
    item = session.get(ReviewItem, item_id)
    if item is None:
        raise NotFound
    return item
