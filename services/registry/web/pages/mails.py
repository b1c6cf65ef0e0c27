"""Mejl: everything that has arrived, and one mail with all its parts and their fates."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from services.registry.store.correspondence import Line, of_mail
from services.registry.store.details import MailDetail, mail_detail
from services.registry.tables import Mail, MailState, Part
from services.registry.web import queries
from services.registry.web.pages.document import download
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.visit import NotFound, Visitor
from shared.archive import Area
from shared.events import PartFate

pages = Pages()

_SIZE = 50


@dataclass(frozen=True)
class PartShown:
    """One part of a mail, and the documents that it became."""

    part: Part
    documents: tuple[str, ...]


@pages.get("/mejl", Permission.SEE_MAIL)
def mails(visit: Visitor) -> Response:
    """Every mail, the last to arrive first."""
    with visit.read() as session:
        found = queries.mails(
            session, tuple(MailState), visit.asked("sok"), visit.page_number(), _SIZE
        )
    return visit.page("mails.html", mails=found)


@pages.get("/mejl/{mail_id}", Permission.SEE_MAIL)
def mail(visit: Visitor, mail_id: str) -> Response:
    """One mail."""
    with visit.read() as session:
        found = mail_detail(session, mail_id)
        if found is None:
            raise NotFound
        letters = letters_of(session, found)
    return visit.page("mail.html", detail=found, correspondence=letters, parts=parts_shown(found))


@pages.get("/mejl/{mail_id}/original", Permission.SEE_MAIL)
def original(visit: Visitor, mail_id: str) -> Response:
    """The mail as it arrived, byte for byte."""
    with visit.database.read() as session:
        found = session.get(Mail, mail_id)
    if found is None:
        raise NotFound
    return download(visit.site.archive, found.digest, f"{mail_id}.eml", Area.ORIGINALS)


@pages.get("/mejl/{mail_id}/delar/{number}", Permission.SEE_MAIL)
def part(visit: Visitor, mail_id: str, number: RowNumber) -> Response:
    """One file of a mail as it came; what was not read as a document stands in the original."""
    with visit.database.read() as session:
        found = session.get(Part, (mail_id, number))
    if found is None or found.digest is None or found.fate is not PartFate.DOCUMENT:
        raise NotFound
    return download(visit.site.archive, found.digest, found.filename)


def letters_of(session: Session, detail: MailDetail) -> list[Line]:
    """The mail, and every other one that has to do with it or its documents."""
    return of_mail(session, detail.mail, [document.document_id for document, _ in detail.documents])


def parts_shown(detail: MailDetail) -> Sequence[PartShown]:
    """The parts of a mail, each with the documents that stand in it."""
    return [
        PartShown(
            part,
            tuple(
                document.document_id
                for document, _ in detail.documents
                if part.number in document.parts
            ),
        )
        for part in detail.parts
    ]
