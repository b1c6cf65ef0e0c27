"""Sök: documents and mails by whatever is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from starlette.responses import Response

from services.registry.store.answers import initiatives
from services.registry.store.search import Hit, Kind, find
from services.registry.tables import Answer, Audience, Initiative, ReviewItem, ReviewState
from services.registry.web import words
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import State, fate_state, initiatives_by_id
from services.registry.web.visit import Visit, Visitor
from shared.events import Fate

pages = Pages()

_SIZE = 20
_SEES = {
    Permission.SEE_ANSWERS: Audience.ANSWERS,
    Permission.SEE_NEEDS: Audience.NEEDS,
    Permission.SEE_MAIL: Audience.MAIL,
}
_KINDS = {"handlingar": Kind.DOCUMENT, "mejl": Kind.MAIL}


@dataclass(frozen=True)
class HitShown:
    """One thing that was found, where it leads, and how it stands."""

    hit: Hit
    address: str
    state: State
    initiative: Initiative | None


@pages.get("/sok", Permission.SEE_ANSWERS)
def search(visit: Visitor) -> Response:
    """What holds all that was typed; without anything typed, how to search."""
    wanted = visit.asked("q")
    with visit.read() as session:
        found = find(
            session,
            wanted,
            seen_by=_seen_by(visit),
            kind=_KINDS.get(visit.asked("slag")),
            number=visit.page_number(),
            size=_SIZE,
        )
        shown = _shown(session, found.items)
    return visit.page("search.html", wanted=wanted, found=found, hits=shown, kinds=_KINDS)


def _seen_by(visit: Visit) -> frozenset[Audience]:
    return frozenset(audience for permission, audience in _SEES.items() if visit.may(permission))


def _shown(session: Session, hits: Sequence[Hit]) -> list[HitShown]:
    if not hits:
        return []
    ids = [hit.document.document_id for hit in hits if hit.document]
    known = initiatives_by_id(initiatives(session))
    answers = dict(
        session.exec(
            select(Answer.document_id, Answer.answer).where(col(Answer.document_id).in_(ids))
        ).all()
    )
    waiting = {
        document_id or mail_id: f"/ej-kopplade/{item}"
        for item, mail_id, document_id in session.exec(
            select(ReviewItem.id, ReviewItem.mail_id, ReviewItem.document_id).where(
                col(ReviewItem.mail_id).in_([hit.mail.mail_id for hit in hits]),
                col(ReviewItem.state) == ReviewState.OPEN,
            )
        )
    }
    shown = []
    for hit in hits:
        document = hit.document
        if document is None:
            address = waiting.get(hit.mail.mail_id, f"/mejl/{hit.mail.mail_id}")
            label = words.word(hit.mail.state, words.MAIL_STATES)
            shape = "review" if hit.mail.mail_id in waiting else "other"
            shown.append(HitShown(hit, address, State(label, shape), None))
            continue
        initiative = known.get(document.initiative or "")
        state = fate_state(document, initiative, answers.get(document.document_id))
        address = f"/handlingar/{document.document_id}"
        if document.fate is Fate.REVIEW:
            address = waiting.get(document.document_id, address)
        shown.append(HitShown(hit, address, state, initiative))
    return shown
