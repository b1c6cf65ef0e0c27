"""Kontaktpersoner: whom to reach per municipality and initiative, and what each was before."""

from dataclasses import asdict

from starlette.responses import Response

from services.registry.contacts import (
    Changed,
    NoSuchContact,
    Unchanged,
    add_contact,
    change_contact,
    end_contact,
    named_in,
)
from services.registry.domain.contact import ContactFault, Named
from services.registry.exports.contacts import contact_rows, export_contacts
from services.registry.exports.table import TableFormat
from services.registry.store.answers import initiatives
from services.registry.store.contacts import (
    ContactFilter,
    contact_history,
    contact_ids,
    contact_line,
    contact_lines,
    contacts_of_answer,
    gap_count,
    gaps,
)
from services.registry.store.correspondence import of_contact
from services.registry.tables import Answer, CaseFile, Document
from services.registry.unsubscribe import is_unsubscribed
from services.registry.web.pages.exports import MEDIA_TYPES, saved_as, today
from services.registry.web.queries import Slice, sliced
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.views import folded, initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.municipalities import all_municipalities, counties, display_name
from shared.outbox import now

pages = Pages()

_SIZE = 100
_FIELDS = {"name": "namn", "email": "epost", "phone": "telefon"}
"""Each value of a contact, and its field in the form."""
_CHANGED_MEANWHILE = frozenset({ContactFault.STALE, ContactFault.ENDED, ContactFault.ANSWER_ENDED})
"""Faults that come of what others did, not of what was typed."""


@pages.get("/kontaktpersoner", Permission.SEE_ANSWERS)
def contacts(visit: Visitor) -> Response:
    """Those that count; or, if asked for, answers without anybody, or those that counted once."""
    shown = visit.asked("visa") if visit.asked("visa") in ("saknas", "tidigare") else ""
    wanted = contact_filter(visit, standing=shown != "tidigare")
    with visit.read() as session:
        known = initiatives_by_id(initiatives(session))
        missing = gap_count(session, wanted)
        ids = sliced(contact_ids(session, wanted), visit.page_number(), _SIZE)
        lines = Slice(contact_lines(session, ids.items), ids.number, _SIZE, ids.total)
        number = min(visit.page_number(), max(1, -(-missing // _SIZE)))
        without = gaps(session, wanted, limit=_SIZE, offset=(number - 1) * _SIZE)
    return visit.page(
        "contacts.html",
        shown=shown,
        lines=lines,
        without=Slice(without, number, _SIZE, missing),
        missing=missing,
        initiatives=known,
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        filtered=any(visit.asked(name) for name in ("initiativ", "lan", "kommun", "sok")),
        query=visit.here(visa="", sida="").partition("?")[2],
        municipality_name=municipality_name,
    )


@pages.get("/export/kontaktpersoner.{format}", Permission.SEE_ANSWERS)
def export(visit: Visitor, format: str) -> Response:
    """The contacts that count, filtered as the page is."""
    if format not in set(TableFormat):
        raise NotFound
    chosen = TableFormat(format)
    with visit.database.read() as session:
        lines = contact_lines(session, contact_ids(session, contact_filter(visit, standing=True)))
    content = export_contacts(contact_rows(lines, visit.site.zone), chosen)
    name = f"kontaktpersoner-{visit.asked('initiativ') or 'alla'}-{today(visit):%Y-%m-%d}.{format}"
    return Response(content, media_type=MEDIA_TYPES[chosen], headers=saved_as(name))


@pages.get("/kontaktpersoner/ny/{document_id}", Permission.RESOLVE)
def new_contact(visit: Visitor, document_id: str) -> Response:
    """The form by which somebody is added to an answer."""
    return _new(visit, document_id)


@pages.post("/kontaktpersoner/ny/{document_id}", Permission.RESOLVE)
def add(visit: Visitor, document_id: str) -> Response:
    """Add somebody to an answer; or say what forbids it, nothing lost."""
    try:
        done = add_contact(
            visit.database, document_id, typed_in(visit), who=visit.user.name, at=now()
        )
    except NoSuchContact:
        raise NotFound from None
    if isinstance(done, Changed):
        return visit.see_other(f"/kontaktpersoner/{done.contact_id}")
    return _new(visit, document_id, done)


@pages.get("/kontaktpersoner/{contact_id}", Permission.SEE_ANSWERS)
def contact(visit: Visitor, contact_id: RowNumber) -> Response:
    """One contact: who it is, what it was before, and the forms by which it is changed."""
    return _page(visit, contact_id)


@pages.post("/kontaktpersoner/{contact_id}/andra", Permission.RESOLVE)
def change(visit: Visitor, contact_id: RowNumber) -> Response:
    """Change name, address or number; or say what forbids it, nothing lost."""
    try:
        done = change_contact(
            visit.database,
            contact_id,
            seen_in(visit),
            typed_in(visit),
            who=visit.user.name,
            at=now(),
            confirming=visit.site.confirming,
        )
    except NoSuchContact:
        raise NotFound from None
    if isinstance(done, Changed):
        visit.site.stir()
        return visit.see_other(f"/kontaktpersoner/{contact_id}")
    return _page(visit, contact_id, done)


@pages.post("/kontaktpersoner/{contact_id}/avsluta", Permission.RESOLVE)
def end(visit: Visitor, contact_id: RowNumber) -> Response:
    """Let the contact count no longer."""
    try:
        done = end_contact(
            visit.database, contact_id, seen_in(visit), who=visit.user.name, at=now()
        )
    except NoSuchContact:
        raise NotFound from None
    if isinstance(done, Changed):
        return visit.see_other(f"/kontaktpersoner/{contact_id}")
    return _page(visit, contact_id, done)


def contact_filter(visit: Visit, *, standing: bool) -> ContactFilter:
    """What the address asks for."""
    county, wanted = visit.asked("lan"), folded(visit.asked("kommun"))
    return ContactFilter(
        initiative=visit.asked("initiativ"),
        municipalities=frozenset(
            one.code
            for one in all_municipalities()
            if (not county or one.county == county)
            and wanted in folded(f"{one.name} {display_name(one)} {one.code}")
        )
        if county or wanted
        else None,
        words=visit.asked("sok"),
        standing=standing,
    )


def typed_in(visit: Visit) -> Named:
    """Whom a form names."""
    return Named(**{key: visit.form.get(field, "").strip() for key, field in _FIELDS.items()})


def seen_in(visit: Visit) -> int:
    """The revision that a form was shown with; 0, which none has, if it says none."""
    seen = visit.form.get("sedd", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


def status_of(refused: Unchanged | None) -> int:
    """The HTTP status of a page that says why nothing was changed."""
    if refused is None:
        return 200
    return 409 if _CHANGED_MEANWHILE.intersection(refused.faults) else 422


def _page(visit: Visit, contact_id: int, refused: Unchanged | None = None) -> Response:
    with visit.read() as session:
        line = contact_line(session, contact_id)
        if line is None:
            raise NotFound
        history = contact_history(session, line.contact)
        others = contacts_of_answer(session, line.contact.document_id)
        known = initiatives_by_id(initiatives(session))
        letters = of_contact(session, line.contact) if visit.may(Permission.SEE_MAIL) else []
        silent = is_unsubscribed(session, line.contact.email)
    named = asdict(typed_in(visit) if "namn" in visit.form else named_in(line.contact))
    return visit.page(
        "contact.html",
        status=status_of(refused),
        line=line,
        contact=line.contact,
        form={field: named[key] for key, field in _FIELDS.items()},
        faults_found=refused.faults if refused else (),
        history=history,
        correspondence=letters,
        no_newsletters=silent,
        others=[other for other in others if other.contact.id != contact_id],
        initiative=known[line.contact.initiative],
        municipality=municipality_name(line.contact.municipality),
    )


def _new(visit: Visit, document_id: str, refused: Unchanged | None = None) -> Response:
    with visit.read() as session:
        answer = session.get(Answer, document_id)
        if answer is None:
            raise NotFound
        document = session.get_one(Document, document_id)
        case = session.get_one(CaseFile, document.case_id)
        others = contacts_of_answer(session, document_id)
        known = initiatives_by_id(initiatives(session))
    named = asdict(typed_in(visit))
    return visit.page(
        "contact_new.html",
        status=status_of(refused),
        answer=answer,
        number=f"{case.dnr}-{document.handling}",
        form={field: named[key] for key, field in _FIELDS.items()},
        faults_found=refused.faults if refused else (),
        others=others,
        initiative=known[answer.initiative],
        municipality=municipality_name(answer.municipality),
    )
