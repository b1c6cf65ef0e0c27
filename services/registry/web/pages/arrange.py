"""Ordna sidorna: the pages of a mail that wait, put together to other documents and read anew."""

from sqlmodel import Session
from starlette.responses import Response

from services.registry.admin.forms import kept_forms
from services.registry.arranging.arrange import Hindered, NoSuchArrangement
from services.registry.domain.arrangement import (
    Hindrance,
    Plan,
    Waiting,
    hindrances,
)
from services.registry.resolve import NoSuchMatter
from services.registry.store.answers import initiatives
from services.registry.store.arrangements import arrangeable, mark_of
from services.registry.store.details import document_detail, mail_detail
from services.registry.tables import Arrangement, Document, ReviewItem
from services.registry.web import arrange_form, arrange_words
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.views import initiatives_by_id
from services.registry.web.visit import NotFound, Visit, Visitor

pages = Pages()

SHOW = "visa"
"""The button that shows what was chosen, without doing it."""


@pages.get("/ej-kopplade/{item_id}/sidor", Permission.RESOLVE)
def arrange(visit: Visitor, item_id: RowNumber) -> Response:
    """The pages of all documents of the mail that wait, as they belong together now."""
    return _page(visit, item_id)


@pages.post("/ej-kopplade/{item_id}/sidor", Permission.RESOLVE)
def ask(visit: Visitor, item_id: RowNumber) -> Response:
    """Have the pages read anew as they were arranged; or say what forbids it, nothing lost."""
    with visit.database.read() as session:
        plan = arrange_form.plan_in(visit.form, _document(session, item_id).document_id)
    if visit.form.get("gor") == SHOW:
        return _page(visit, item_id, plan)
    try:
        done = visit.site.arranger.ask(item_id, visit.form.get("sedda", ""), plan, visit.user.name)
    except NoSuchMatter:
        raise NotFound from None
    if isinstance(done, Hindered):
        return _page(visit, item_id, plan, done.hindrances)
    return visit.see_other(f"/ej-kopplade/{item_id}?laser={done.arrangement}")


@pages.post("/omordningar/{arrangement_id}/ta-tillbaka", Permission.RESOLVE)
def take_back(visit: Visitor, arrangement_id: str) -> Response:
    """End what is still being read; all is as it was."""
    try:
        done = visit.site.arranger.take_back(arrangement_id, visit.user.name)
    except NoSuchArrangement:
        raise NotFound from None
    return _back(visit, arrangement_id, done)


@pages.post("/omordningar/{arrangement_id}/angra", Permission.RESOLVE)
def undo(visit: Visitor, arrangement_id: str) -> Response:
    """Bring the former documents back."""
    try:
        done = visit.site.arranger.undo(arrangement_id, visit.user.name)
    except NoSuchArrangement:
        raise NotFound from None
    return _back(visit, arrangement_id, done)


def _back(visit: Visit, arrangement_id: str, done: object) -> Response:
    """To the first of the documents that gave way."""
    with visit.database.read() as session:
        arrangement = session.get_one(Arrangement, arrangement_id)
        found = document_detail(session, arrangement.gives_way[0])
    assert found is not None
    assert found.review is not None
    place = f"/ej-kopplade/{found.review.id}"
    return visit.see_other(f"{place}?forsent=1" if isinstance(done, Hindered) else place)


def _page(
    visit: Visit,
    item_id: int,
    plan: Plan | None = None,
    against: tuple[Hindrance, ...] = (),
) -> Response:
    forms = kept_forms(visit.database)
    with visit.read() as session:
        document = _document(session, item_id)
        waiting = arrangeable(session, document.mail_id, document.document_id)
        known = initiatives_by_id(initiatives(session))
        mail = mail_detail(session, document.mail_id)
        found = document_detail(session, document.document_id)
    assert mail is not None
    as_it_is = [one.as_waiting() for one in waiting]
    if not against and Hindrance.NO_PAGES in _of_pages(as_it_is, document):
        against = (Hindrance.NO_PAGES,)
    changed = {Hindrance.STALE, Hindrance.BEING_READ}.intersection(against)
    return visit.page(
        "arrange.html",
        status=200 if not against else 409 if changed else 422,
        item_id=item_id,
        detail=found,
        document=document,
        mark=mark_of(waiting),
        groups=arrange_form.groups(
            plan or arrange_form.first_plan(waiting, document.document_id),
            waiting,
            {part.number: part.filename for part in mail.parts},
        )
        if Hindrance.NO_PAGES not in against
        else (),
        read_as=arrange_form.choices(forms, known),
        as_it_is=[[f"{page.part}-{page.source_page}" for page in one.pages] for one in as_it_is],
        against=against,
        arrange_words=arrange_words,
    )


def _of_pages(waiting: list[Waiting], document: Document) -> tuple[Hindrance, ...]:
    """Whether there are pages to arrange, and not more than a person keeps in sight."""
    return hindrances(Plan({}, {}, document.document_id), waiting, ())


def _document(session: Session, item_id: int) -> Document:
    item = session.get(ReviewItem, item_id)
    if item is None or item.document_id is None:
        raise NotFound
    return session.get_one(Document, item.document_id)
