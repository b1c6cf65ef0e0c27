"""Frågor: what registrars handed over, for whoever answers it."""

from starlette.responses import Response

from services.registry.eventlog import note
from services.registry.store.questions import counting_questions, questions
from services.registry.tables import HandedOver, Resolution
from services.registry.web.queries import Slice
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visitor
from shared.outbox import now

pages = Pages()

_SIZE = 25


@pages.get("/fragor", Permission.SEE_MAIL)
def handed_over(visit: Visitor) -> Response:
    """What waits for an answer, the oldest first; or, if asked for, what is answered."""
    answered = visit.asked("visa") == "besvarade"
    with visit.read() as session:
        waiting = session.exec(counting_questions()).one()
        total = session.exec(counting_questions(answered=True)).one() if answered else waiting
        number = min(visit.page_number(), max(1, -(-total // _SIZE)))
        found = questions(session, answered=answered, limit=_SIZE, offset=(number - 1) * _SIZE)
    return visit.page(
        "questions.html",
        found=Slice(found, number, _SIZE, total),
        answered=answered,
        waiting=waiting,
    )


@pages.post("/fragor/{resolution_id}/besvarad", Permission.SEE_MAIL)
def answer(visit: Visitor, resolution_id: str) -> Response:
    """Mark a question as answered; twice is once."""
    at = now()
    with visit.database.write() as session:
        question = session.get(HandedOver, resolution_id, with_for_update=True)
        if question is None:
            raise NotFound
        if question.answered_at is None:
            question.answered_at, question.answered_by = at, visit.user.name
            done = session.get_one(Resolution, resolution_id)
            note(
                session,
                at=at,
                who=visit.user.name,
                what="question.answered",
                mail_id=done.mail_id,
                document_id=done.document_id,
            )
    return visit.see_other("/fragor")
