"""Hantera: one item of the queue, the verdict on it, and taking the verdict back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from services.registry.domain.answer import Pair
from services.registry.domain.candidates import candidates
from services.registry.domain.resolution import ASKABLE, AskAgain, Objection
from services.registry.eventlog import note
from services.registry.knowledge import sender_of
from services.registry.preview import letter_asking_again
from services.registry.resolve import NoSuchMatter, Refused
from services.registry.store.answers import initiatives
from services.registry.store.arrangements import first_arranged
from services.registry.store.correspondence import Line, of_document
from services.registry.store.details import (
    DocumentDetail,
    MailDetail,
    current_answer,
    document_detail,
    mail_detail,
    resolutions_of,
)
from services.registry.tables import (
    Answer,
    Document,
    Initiative,
    Resolution,
    ReviewItem,
    ReviewState,
)
from services.registry.web import queries, verdict_form
from services.registry.web.arranged import arrangement_shown
from services.registry.web.pages.document import shown
from services.registry.web.pages.mails import letters_of, parts_shown
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.views import Image, first_image, initiatives_by_id, municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.events import Correspondence
from shared.letters.letter import Letter
from shared.municipalities import suggest
from shared.outbox import now

pages = Pages()

_CHANGED = frozenset(
    {
        Objection.STALE,
        Objection.NOT_OPEN,
        Objection.BEING_READ,
        Objection.ANSWER_STANDS,
        Objection.REPLACED_MEANWHILE,
        Objection.BUILT_UPON,
    }
)
"""Objections that come of what others did, not of what was typed."""


@pages.get("/ej-kopplade/{item_id}", Permission.SEE_MAIL)
def matter(visit: Visitor, item_id: RowNumber) -> Response:
    """One item: the scan or the mail, what was read, every reason, and the verdict's form.

    Who waits for arranged pages to be read goes on to the first document of them.
    """
    if visit.asked("laser"):
        with visit.database.read() as session:
            onwards = first_arranged(session, visit.asked("laser"))
        if onwards is not None:
            return visit.see_other(f"/ej-kopplade/{onwards}")
    return _page(visit, item_id)


@pages.post("/ej-kopplade/{item_id}/hantera", Permission.RESOLVE)
def resolve(visit: Visitor, item_id: RowNumber) -> Response:
    """Carry out a verdict and go on to the next item; or say what forbids it, nothing lost."""
    verdict = verdict_form.verdict_in(visit.form)
    if verdict is None:
        return _page(visit, item_id, typed=visit.form, against=(Objection.NO_REASON,))
    try:
        done = visit.site.resolver.resolve(
            item_id, verdict_form.seen_in(visit.form), verdict, visit.user.name
        )
    except NoSuchMatter:
        raise NotFound from None
    if isinstance(done, Refused):
        return _page(visit, item_id, typed=visit.form, against=done.objections)
    with visit.database.read() as session:
        onwards = queries.neighbours(session, _item(session, item_id), visit.user.name).next_free
    place = f"/ej-kopplade/{onwards}" if onwards is not None else "/ej-kopplade"
    return visit.see_other(f"{place}?avgjort={done.resolution}")


@pages.post("/ej-kopplade/{item_id}/forhandsvisa", Permission.RESOLVE)
def preview(visit: Visitor, item_id: RowNumber) -> Response:
    """Show the mail that would ask for a new answer, with what was typed; nothing is done."""
    verdict = verdict_form.verdict_in({**visit.form, "gor": "begar"})
    assert isinstance(verdict, AskAgain)
    typed = {**visit.form, "gor": "begar"}
    if not verdict.reasons:
        return _page(visit, item_id, typed=typed, against=(Objection.NO_REASON,))
    with visit.database.read() as session:
        item = _item(session, item_id)
        document = session.get(Document, item.document_id) if item.document_id else None
        if document is None:
            raise NotFound
        letter = letter_asking_again(
            session, document, verdict, organisation=visit.site.organisation, at=now()
        )
    return _page(visit, item_id, typed=typed, letter=letter)


@pages.post("/avgoranden/{resolution_id}/angra", Permission.RESOLVE)
def undo(visit: Visitor, resolution_id: str) -> Response:
    """Take a verdict back and open its item again."""
    try:
        done = visit.site.resolver.undo(resolution_id, visit.user.name)
    except NoSuchMatter:
        raise NotFound from None
    with visit.database.read() as session:
        item_id = session.get_one(Resolution, resolution_id).item_id
    if isinstance(done, Refused):
        return _page(visit, item_id, against=done.objections)
    return visit.see_other(f"/ej-kopplade/{item_id}")


@pages.post("/ej-kopplade/{item_id}/ta", Permission.RESOLVE)
def claim(visit: Visitor, item_id: RowNumber) -> Response:
    """Tell the others that one works on the item; whoever had it loses it, visibly."""
    return _claim(visit, item_id, visit.user.name)


@pages.post("/ej-kopplade/{item_id}/slapp", Permission.RESOLVE)
def release(visit: Visitor, item_id: RowNumber) -> Response:
    """Tell the others that nobody works on the item."""
    return _claim(visit, item_id, None)


def just_done(visit: Visit, session: Session) -> Resolution | None:
    """The verdict that this page was reached by, so that it can be told and taken back."""
    done = session.get(Resolution, visit.asked("avgjort")) if visit.asked("avgjort") else None
    return done if done is not None and done.undone_at is None else None


def _page(
    visit: Visit,
    item_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    against: tuple[Objection, ...] = (),
    letter: Letter | None = None,
) -> Response:
    with visit.read() as session:
        item = _item(session, item_id)
        known = initiatives_by_id(initiatives(session))
        around = queries.neighbours(session, item, visit.user.name)
        found = document_detail(session, item.document_id) if item.document_id else None
        mail = mail_detail(session, item.mail_id) if found is None else None
        common: dict[str, Any] = {
            "item": item,
            "around": around,
            "correspondence": _letters(session, found, mail),
            "against": against,
            "letter": letter,
            "done": just_done(visit, session),
            "decisions": resolutions_of(session, item),
            "following": _address(first_image(around.document) if around.document else None),
        }
        form = _form(session, found, known, typed) if found else {"form": dict(typed or {})}
        relations = arrangement_shown(session, found.document) if found else {}
    status = 200 if not against else 409 if _CHANGED.intersection(against) else 422
    if found is not None:
        return visit.page(
            "matter_document.html",
            status=status,
            too_late=bool(visit.asked("forsent")),
            **common,
            **form,
            **relations,
            **shown(found, known),
        )
    assert mail is not None
    return visit.page(
        "matter_mail.html",
        status=status,
        answered_by=visit.site.questions_answered_by,
        **common,
        **form,
        detail=mail,
        parts=parts_shown(mail),
    )


def _letters(
    session: Session, found: DocumentDetail | None, mail: MailDetail | None
) -> Sequence[Line]:
    """The mails about the document, or about the mail that is the matter itself."""
    if found is not None:
        return of_document(session, found.document, found.mail)
    assert mail is not None
    return letters_of(session, mail)


def _form(
    session: Session,
    found: DocumentDetail,
    known: dict[str, Initiative],
    typed: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What the verdict's form needs, with what was typed or else what is proposed."""

    # Most often the form names what the machine did, whose current answer is known already.
    document = found.document
    known_answers = {(document.initiative, document.municipality): found.standing}

    def current_of(pair: Pair) -> Answer | None:
        key = (pair.initiative, pair.municipality)
        if key not in known_answers:
            known_answers[key] = current_answer(session, *key, document.document_id)
        return known_answers[key]

    def standing(pair: Pair) -> str | None:
        answer = current_of(pair)
        return answer.document_id if answer else None

    about = Correspondence.model_validate(found.mail.correspondence)
    ranked = candidates(found.reading, sender_of(session, about))
    proposal = verdict_form.proposed(found.reading, known, ranked, standing)
    form = dict(typed) if typed is not None else proposal
    pair = verdict_form.pair_in(form)
    current = current_of(pair) if pair else None
    asked = form.get("annan_kommun", "")
    return {
        "form": form,
        "candidates": ranked,
        "initiatives": verdict_form.own_first(known, found.reading),
        "chosen": pair,
        "current": current,
        "askable": ASKABLE,
        "near": [one.municipality.code for one in suggest(asked)] if asked else [],
        "every_municipality": verdict_form.municipality_choices(),
        "labelled": verdict_form.municipality_label,
        "named": municipality_name,
        "details": verdict_form.DETAILS,
        "ticked": verdict_form.ticked,
    }


def _address(image: Image | None) -> str | None:
    """Where a picture is, so that a browser can have it ready."""
    return image.address if image else None


def _claim(visit: Visit, item_id: int, name: str | None) -> Response:
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
