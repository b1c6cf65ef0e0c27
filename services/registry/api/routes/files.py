"""Bytes: a document's files, pictures and searchable copy, and whole mails as they came."""

from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from services.registry.api.call import Call, ThisCall
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.exports.package import Office, package
from services.registry.store.details import searchable_copy
from services.registry.tables import Answer, Document, Mail, Part
from services.registry.web.pages.document import IMAGE_TYPES, download
from services.registry.web.roles import Permission
from shared.archive import Area
from shared.events import DocumentReading
from shared.outbox import now

routes = Routes("Filer")

_BYTES = "application/octet-stream"


@routes.get("/documents/{document_id}/files/{number}", Permission.SEE_ANSWERS, file=_BYTES)
def get_document_file(call: ThisCall, document_id: str, number: int) -> Response:
    """En av filerna som handlingen finns i, som den kom"""
    with call.database.read() as session:
        found = _document(call, session, document_id)
        part = session.get(Part, (found.mail_id, number)) if number in found.parts else None
    if part is None or part.digest is None:
        raise Problem("not_found")
    return download(call.desk.archive, part.digest, part.filename)


@routes.get("/documents/{document_id}/pages/{number}", Permission.SEE_ANSWERS, file="image/*")
def get_document_page(call: ThisCall, document_id: str, number: int) -> Response:
    """Bilden av en sida"""
    with call.database.read() as session:
        reading = DocumentReading.model_validate(_document(call, session, document_id).reading)
    digest = next((page.image for page in reading.pages if page.number == number), None)
    if digest is None:
        raise Problem("not_found")
    content = call.desk.archive.get(digest, Area.DERIVED)
    for start, media_type in IMAGE_TYPES.items():
        if content.startswith(start):
            return Response(content, media_type=media_type)
    raise Problem("file_missing")


@routes.get(
    "/documents/{document_id}/searchable.pdf", Permission.SEE_ANSWERS, file="application/pdf"
)
def get_searchable_copy(call: ThisCall, document_id: str) -> Response:
    """En sökbar kopia av handlingen"""
    with call.database.read() as session:
        _document(call, session, document_id)
        digest = searchable_copy(session, document_id)
    if digest is None:
        raise Problem("not_found")
    return Response(call.desk.archive.get(digest, Area.DERIVED), media_type="application/pdf")


@routes.get("/mails/{mail_id}/original", Permission.SEE_MAIL, file="message/rfc822")
def get_mail_original(call: ThisCall, mail_id: str) -> Response:
    """Mejlet som det kom, byte för byte"""
    with call.database.read() as session:
        mail = session.get(Mail, mail_id)
    if mail is None:
        raise Problem("not_found")
    return download(call.desk.archive, mail.digest, f"{mail_id}.eml", Area.ORIGINALS)


@routes.get("/answers/{document_id}/package", Permission.SEE_MAIL, file="application/zip")
def get_answer_package(call: ThisCall, document_id: str) -> Response:
    """Allt om ett svar som zip: original, kopior, utskick, metadata och ERMS

    Varje fil har en kontrollsumma i manifest-sha256.txt.
    """
    with call.database.read() as session:
        if session.get(Answer, document_id) is None:
            raise Problem("not_found")
    desk = call.desk
    office = Office(desk.database, desk.archive, desk.zone, desk.organisation)
    return StreamingResponse(package(office, [document_id], now()), media_type="application/zip")


def _document(call: Call, session: Session, document_id: str) -> Document:
    return call.seen(session.get(Document, document_id))
