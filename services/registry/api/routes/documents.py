"""Documents, and their files and pictures."""

from services.registry.api import build, build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_mark, encoded
from services.registry.api.models.documents import DocumentDetail, DocumentPage
from services.registry.api.models.mails import LogPage
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.store.details import document_detail
from services.registry.store.stretches import DocumentsWanted, documents_after
from services.registry.web.roles import Permission
from shared.events import Fate

routes = Routes("Handlingar")

_DOCUMENTS = "documents"


@routes.get("/documents", Permission.SEE_ANSWERS)
def list_documents(
    call: ThisCall,
    fate: Fate | None = None,
    initiative: str = "",
    municipality: str = "",
    dnr: str = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> DocumentPage:
    """Handlingar som nyckelns roll får se, den senast inkomna först"""
    after = decoded_mark(cursor, _DOCUMENTS)
    wanted = DocumentsWanted(
        seen_by=call.caller.sees,
        fates=(fate,) if fate else (),
        initiative=initiative,
        municipality=municipality,
        dnr=dnr,
    )
    with call.database.read() as session:
        rows = documents_after(session, wanted, after, limit + 1)
    last = rows[limit - 1][0] if len(rows) > limit else None
    return DocumentPage(
        items=[build.document(*row) for row in rows[:limit]],
        next_cursor=encoded(_DOCUMENTS, last.received_at, last.document_id) if last else None,
    )


@routes.get("/documents/{document_id}", Permission.SEE_ANSWERS)
def get_document(call: ThisCall, document_id: str) -> DocumentDetail:
    """En handling, med allt som lästes i den och var det står på sidan"""
    with call.database.read() as session:
        found = document_detail(session, document_id)
    call.seen(found.document if found else None)
    assert found is not None
    return build.document_detail(found)


@routes.get("/documents/{document_id}/log", Permission.SEE_ANSWERS)
def list_document_log(call: ThisCall, document_id: str) -> LogPage:
    """Allt som har hänt med en handling, det första först"""
    with call.database.read() as session:
        found = document_detail(session, document_id)
    call.seen(found.document if found else None)
    if found is None:
        raise Problem("not_found")
    return LogPage(items=[build_mails.log_line(line) for line in found.log], next_cursor=None)
