"""Exporter: all that can be taken away as files, and packages with everything about an answer."""

from collections.abc import Sequence

from starlette.responses import Response, StreamingResponse

from services.registry.exports.package import Office, answers_of, package
from services.registry.exports.zipped import safe_name
from services.registry.tables import Answer, CaseFile, Document, Initiative
from services.registry.web.pages.document import attachment
from services.registry.web.pages.exports import today
from services.registry.web.queries import summaries
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()


@pages.get("/export", Permission.SEE_ANSWERS)
def exports(visit: Visitor) -> Response:
    """What there is to take away."""
    with visit.read() as session:
        known = summaries(session)
    return visit.page("exports.html", known=known, open_data=visit.site.settings.open_data)


@pages.get("/export/svar/{document_id}.zip", Permission.SEE_MAIL)
def one_answer(visit: Visitor, document_id: str) -> Response:
    """Everything about one answer."""
    with visit.database.read() as session:
        if session.get(Answer, document_id) is None:
            raise NotFound
        document = session.get_one(Document, document_id)
        dnr = session.get_one(CaseFile, document.case_id).dnr
    return _zip(visit, [document_id], f"{dnr}-{document.handling}")


@pages.get("/export/initiativ/{initiative_id}.zip", Permission.SEE_MAIL)
def all_answers(visit: Visitor, initiative_id: str) -> Response:
    """Everything about all answers to an initiative, also those that were replaced or voided."""
    with visit.database.read() as session:
        if session.get(Initiative, initiative_id) is None:
            raise NotFound
        documents = answers_of(session, initiative_id)
    return _zip(visit, documents, f"{initiative_id}-{today(visit):%Y-%m-%d}")


def _zip(visit: Visit, documents: Sequence[str], name: str) -> Response:
    site = visit.site
    office = Office(site.database, site.archive, site.zone, site.organisation)
    return StreamingResponse(
        package(office, documents, now()),
        media_type="application/zip",
        headers={
            "Content-Disposition": attachment(f"{safe_name(name)}.zip"),
            "Cache-Control": "private",
        },
    )
