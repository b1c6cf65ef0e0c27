"""Needs: what municipalities and others have proposed."""

from services.registry.api import build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_mark, encoded
from services.registry.api.models.mails import Need, NeedPage
from services.registry.api.routing import Routes
from services.registry.store.stretches import DocumentsWanted, documents_after, mails_after
from services.registry.tables import Audience, MailState
from services.registry.web.roles import Permission
from shared.events import Fate

routes = Routes("Behov")

_NEEDS = "needs"
_SEEN_BY = frozenset({Audience.NEEDS})


@routes.get("/needs", Permission.SEE_NEEDS)
def list_needs(call: ThisCall, limit: Limit = 100, cursor: Cursor = "") -> NeedPage:
    """Alla behov, det senast inkomna först

    De flesta är handlingar. Där document_id är null är mejlet självt behovet.
    """
    after = decoded_mark(cursor, _NEEDS)
    wanted = DocumentsWanted(_SEEN_BY, (Fate.NEED,))
    with call.database.read() as session:
        found = [
            *(
                build_mails.need_document(*row)
                for row in documents_after(session, wanted, after, limit + 1)
            ),
            *(
                build_mails.need_mail(*row)
                for row in mails_after(session, (MailState.NEED,), after, limit + 1)
            ),
        ]
    # A document's id begins with its mail's: both lists are ordered alike by moment and id.
    found.sort(key=_id)
    found.sort(key=lambda need: need.received_at, reverse=True)
    last = found[limit - 1] if len(found) > limit else None
    return NeedPage(
        items=found[:limit],
        next_cursor=encoded(_NEEDS, last.received_at, _id(last)) if last else None,
    )


def _id(need: Need) -> str:
    return need.document_id or need.mail_id
