"""En handling: its scan with the evidence, what was read, and all that has happened to it.

Page images and files are served only as part of a document that the person may see.
"""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from services.registry.amend import NoSuchAnswer, mark_of
from services.registry.domain.amendment import Amendment
from services.registry.domain.resolution import Objection
from services.registry.resolve import Refused
from services.registry.store.answers import former_answers, initiatives
from services.registry.store.correspondence import of_document
from services.registry.store.details import (
    DocumentDetail,
    document_detail,
    searchable_copy,
)
from services.registry.tables import Document, Initiative, Part
from services.registry.web import amendment_form
from services.registry.web.arranged import arrangement_shown
from services.registry.web.guard import Forbidden
from services.registry.web.needs import need_shown
from services.registry.web.queries import ANSWER_FATES
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.verdict_form import DETAILS
from services.registry.web.views import (
    document_state,
    heard_witnesses,
    initiatives_by_id,
    municipality_name,
    read_values,
    scan_pages,
)
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.archive import Archive, Area
from shared.events import DocumentReading, Fate

pages = Pages()

IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}
"""What a derived page image may be, by its first bytes; nothing else is ever shown."""

_CHANGED = frozenset({Objection.STALE, Objection.NOT_CURRENT})
"""Objections that come of what others did, not of what was typed."""

_FOREVER = "private, max-age=31536000, immutable"


@pages.get("/handlingar/{document_id}", Permission.SEE_ANSWERS)
def document(visit: Visitor, document_id: str) -> Response:
    """The page of one document."""
    return _page(visit, document_id)


@pages.post("/handlingar/{document_id}/makulera", Permission.RESOLVE)
def void(visit: Visitor, document_id: str) -> Response:
    """Makulera the answer that was recorded from the document; or say what forbids it."""
    return _amend(visit, document_id, amendment_form.voiding_in(visit.form), "makulera")


@pages.post("/handlingar/{document_id}/ratta", Permission.RESOLVE)
def correct(visit: Visitor, document_id: str) -> Response:
    """Rätta the answer that was recorded from the document; or say what forbids it."""
    return _amend(visit, document_id, amendment_form.correction_in(visit.form), "ratta")


@pages.get("/sidbilder/{document_id}/{digest}", Permission.SEE_ANSWERS)
def page_image(visit: Visitor, document_id: str, digest: str) -> Response:
    """One page's image. Its address holds the digest, so it can be kept forever."""
    with visit.database.read() as session:
        reading = visible_document(visit, session.get(Document, document_id)).reading
    images = {page.image for page in DocumentReading.model_validate(reading).pages}
    if digest not in images:
        raise NotFound
    content = visit.site.archive.get(digest, Area.DERIVED)
    for start, content_type in IMAGE_TYPES.items():
        if content.startswith(start):
            return Response(content, media_type=content_type, headers={"Cache-Control": _FOREVER})
    raise NotFound


@pages.get("/handlingar/{document_id}/filer/{number}", Permission.SEE_ANSWERS)
def file(visit: Visitor, document_id: str, number: RowNumber) -> Response:
    """One of the files that the document stands in, as it came."""
    with visit.database.read() as session:
        found = visible_document(visit, session.get(Document, document_id))
        part = session.get(Part, (found.mail_id, number)) if number in found.parts else None
    if part is None or part.digest is None:
        raise NotFound
    return download(visit.site.archive, part.digest, part.filename)


@pages.get("/handlingar/{document_id}/sokbar-pdf", Permission.SEE_ANSWERS)
def searchable(visit: Visitor, document_id: str) -> Response:
    """A copy of the document's pages with their text, written by us."""
    with visit.database.read() as session:
        visible_document(visit, session.get(Document, document_id))
        digest = searchable_copy(session, document_id)
    if digest is None:
        raise NotFound
    return download(visit.site.archive, digest, f"{document_id}-sökbar.pdf")


def _amend(visit: Visit, document_id: str, amendment: Amendment, how: str) -> Response:
    seen = visit.form.get("sedd", "")
    try:
        done = visit.site.amender.amend(document_id, seen, amendment, visit.user.name)
    except NoSuchAnswer:
        raise NotFound from None
    if isinstance(done, Refused):
        return _page(visit, document_id, against=done.objections, amending=how)
    return visit.see_other(f"/handlingar/{document_id}")


def _page(
    visit: Visit, document_id: str, against: tuple[Objection, ...] = (), amending: str = ""
) -> Response:
    with visit.read() as session:
        found = visible(visit, document_detail(session, document_id))
        known = initiatives_by_id(initiatives(session))
        about = found.document
        former = (
            former_answers(session, about.initiative, about.municipality, document_id)
            if about.initiative and about.municipality
            else []
        )
        relations = arrangement_shown(session, about)
        letters = of_document(session, about, found.mail)
    recorded = amendment_form.proposed(found.answer) if found.answer else {}
    return visit.page(
        "document.html",
        status=200 if not against else 409 if _CHANGED.intersection(against) else 422,
        correspondence=letters,
        former=former,
        may_open=lambda document: visit.may(_needed_for(document)),
        mark=mark_of(found.answer) if found.answer else "",
        details=DETAILS,
        against=against,
        amending=amending,
        correction=visit.form if amending == "ratta" else recorded,
        voiding=visit.form if amending == "makulera" else {},
        too_late=False,
        **relations,
        **shown(found, known),
    )


def shown(found: DocumentDetail, known: dict[str, Initiative]) -> dict[str, Any]:
    """What the templates of a document need."""
    read_as = found.reading.initiative.text if found.reading.initiative else ""
    initiative = known.get(found.document.initiative or read_as)
    certain = known.get(found.document.initiative or "")
    return {
        "detail": found,
        "document": found.document,
        "initiative": certain,
        "municipality": municipality_name(found.document.municipality),
        "state": document_state(found.document, certain, found.answer),
        "scans": scan_pages(found.reading, {part.number: part.filename for part in found.parts}),
        "values": read_values(found.reading, initiative),
        "witnesses": heard_witnesses(found.reading),
        "need": need_shown(found.document) if found.reading.need else None,
    }


def visible(visit: Visit, found: DocumentDetail | None) -> DocumentDetail:
    """Return the document if there is one and the person may see it; else raise."""
    visible_document(visit, found.document if found else None)
    assert found is not None
    return found


def visible_document(visit: Visit, found: Document | None) -> Document:
    """Return the document if there is one and the person may see it; else raise."""
    if found is None:
        raise NotFound
    if not visit.may(_needed_for(found)):
        raise Forbidden
    return found


def download(archive: Archive, digest: str, filename: str, area: Area = Area.DERIVED) -> Response:
    """Bytes from outside, handed over as a file to save: a browser must never open them here."""
    content = archive.get(digest, area)
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": attachment(filename), "Cache-Control": "private"},
    )


def _needed_for(found: Document) -> Permission:
    if found.fate in ANSWER_FATES:
        return Permission.SEE_ANSWERS
    return Permission.SEE_NEEDS if found.fate is Fate.NEED else Permission.SEE_MAIL


def attachment(filename: str) -> str:
    """The name twice: plain for old programs, and exact (RFC 6266, RFC 8187)."""
    name = "".join(sign for sign in filename if sign.isprintable() and sign not in "/\\") or "fil"
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in " .-_()") else "_" for sign in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
